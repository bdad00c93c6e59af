using System.IO.Enumeration;

namespace Foobar.Ops.Findings;

/// <summary>Patterns with <c>*</c> and <c>?</c>, compared without regard to case.</summary>
internal static class Wildcard
{
    /// <summary>Tells whether a pattern matches the whole text.</summary>
    public static bool Matches(string pattern, string text) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: true);

    /// <summary>Tells whether any of the patterns matches the whole text.</summary>
    public static bool Any(IEnumerable<string> patterns, string text) => patterns.Any(pattern => Matches(pattern, text));
}
