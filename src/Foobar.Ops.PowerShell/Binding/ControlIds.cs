using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Turns what a user gave for controls into ids, by PowerShell's own wildcards: <c>FW-00[1-7]</c>.</summary>
internal static class ControlIds
{
    /// <summary>
    /// The ids of the controls that each pattern matches; a pattern that matches none, as that of a variable that is empty, stays as it is,
    /// for the audit to refuse.
    /// </summary>
    public static IReadOnlyList<string> Expand(IEnumerable<string?>? patterns, IEnumerable<ControlInfo> controls) =>
        [.. (patterns ?? []).SelectMany(pattern => Expand(pattern ?? string.Empty, controls)).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The same among the controls that an audit judges.</summary>
    public static IReadOnlyList<string> Expand(IEnumerable<string?>? patterns) =>
        Expand(patterns, AuditRegistry.Controls.Except(AuditRegistry.Tried));

    private static string[] Expand(string pattern, IEnumerable<ControlInfo> controls)
    {
        string[] ids = Wildcards.Test(pattern) is { } test ? [.. controls.Select(control => control.Id).Where(id => test(id))] : [];
        return ids.Length > 0 ? ids : [pattern];
    }
}
