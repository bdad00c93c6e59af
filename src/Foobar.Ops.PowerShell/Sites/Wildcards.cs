using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>PowerShell's wildcards.</summary>
internal static class Wildcards
{
    /// <summary>The test of a pattern, without regard to case; <see langword="null"/> for a plain name.</summary>
    public static Predicate<string>? Test(string name) =>
        WildcardPattern.ContainsWildcardCharacters(name) ? WildcardPattern.Get(name, WildcardOptions.IgnoreCase).IsMatch : null;

    /// <summary>Whether a text is what a name or a pattern means, without regard to case.</summary>
    public static bool Match(string name, string text) => WildcardPattern.Get(name, WildcardOptions.IgnoreCase).IsMatch(text);
}
