using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Places in a document in the notation of RFC 9535 (JSONPath, normalised but with the dot shorthand where it fits).</summary>
internal static partial class SourcePath
{
    /// <summary>The path of a member of an object.</summary>
    public static string Member(string parent, string name) => Shorthand().IsMatch(name)
        ? $"{parent}.{name}"
        : $"{parent}['{SourceValue.Shorten(name).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}']";

    /// <summary>The path of an item of an array.</summary>
    public static string Item(string parent, int index) => string.Create(CultureInfo.InvariantCulture, $"{parent}[{index}]");

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,60}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shorthand();
}
