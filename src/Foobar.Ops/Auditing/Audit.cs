using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>Judges snapshots. Pure: the same snapshot, scope and controls give the same findings in the same order.</summary>
public static class Audit
{
    /// <summary>Judges a snapshot with every control of a scope.</summary>
    /// <returns>The findings by area and control id, then by server in the order of the inventory, then as the control gave them.</returns>
    /// <exception cref="Errors.FoobarException"><c>ServerNotFound</c>, <c>ControlNotFound</c>: the scope names what does not exist.</exception>
    public static IReadOnlyList<Finding> Judge(Snapshot snapshot, AuditScope? scope = null) =>
        Judge(snapshot, scope ?? AuditScope.Everything, AuditRegistry.Parts, AuditRegistry.AcrossAreas);

    internal static IReadOnlyList<Finding> Judge(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        ControlInfo[] controls = [.. parts.SelectMany(part => part.Controls), .. acrossAreas.Select(control => control.Info)];
        scope.Check(snapshot.Site, [.. controls, .. SuppressionControls.All]);
        IEnumerable<Finding> ofParts = parts.SelectMany(part => part.Judge(snapshot, scope));
        IEnumerable<Finding> across = acrossAreas
            .Where(control => scope.Holds(control.Info))
            .SelectMany(control => SafeJudge.Apply(control.Control, snapshot, null, snapshot.Time))
            .Where(finding => scope.Holds(finding, snapshot.Site));
        Dictionary<string, int> order = snapshot.Site.Servers.Select((server, index) => (server.Name, index)).ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.OrdinalIgnoreCase);
        Finding[] findings = [.. ofParts.Concat(across)];
        return
        [
            .. findings.Concat(SuppressionControls.Judge(snapshot, findings, scope, controls).Where(finding => scope.Holds(finding, snapshot.Site)))
                .OrderBy(finding => finding.Area)
                .ThenBy(finding => finding.ControlId, StringComparer.Ordinal)
                .ThenBy(finding => finding.Server is { } server ? order.GetValueOrDefault(server, int.MaxValue) : -1)
                .Of(snapshot.Site),
        ];
    }
}
