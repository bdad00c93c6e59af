using System.IO.Enumeration;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>Names with <c>*</c> in the table.</summary>
internal static class Wildcards
{
    /// <summary>Tells whether a name matches; case does not matter.</summary>
    public static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name);
}
