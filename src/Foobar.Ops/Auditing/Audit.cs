using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>Judges snapshots. Pure: the same snapshot, scope and controls give the same findings in the same order.</summary>
public static class Audit
{
    /// <summary>Judges a snapshot with every control of a scope.</summary>
    /// <returns>The findings by area and control id, then by server in the order of the inventory, then as the control gave them.</returns>
    /// <exception cref="Errors.FoobarException"><c>ServerNotFound</c>, <c>ControlNotFound</c>: the scope names what does not
    /// exist.</exception>
    public static IReadOnlyList<Finding> Judge(Snapshot snapshot, AuditScope? scope = null) =>
        Judge(snapshot, scope ?? AuditScope.Everything, AuditRegistry.Parts, AuditRegistry.AcrossAreas);

    internal static IReadOnlyList<Finding> Judge(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        scope.Check(snapshot.Site, [.. Controls(parts, acrossAreas), .. SuppressionControls.All, .. ReadingControls.All]);
        Finding[] findings = [.. parts.SelectMany(part => part.Judge(snapshot, scope)).Concat(JudgeAcross(snapshot, scope, acrossAreas))];
        Dictionary<string, int> order = snapshot.Site.Servers.Select((server, index) => (server.Name, index))
            .ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. findings.Concat(JudgeInventory(snapshot, findings, scope, parts, acrossAreas))
                .OrderBy(finding => finding.Area)
                .ThenBy(finding => finding.ControlId, StringComparer.Ordinal)
                .ThenBy(finding => finding.Server is { } server ? order.GetValueOrDefault(server, int.MaxValue) : -1)
                .Of(snapshot.Site),
        ];
    }

    /// <summary>Judges the whole snapshot with the controls that need several areas.</summary>
    internal static IEnumerable<Finding> JudgeAcross(Snapshot snapshot, AuditScope scope, IReadOnlyList<CrossAreaControl> acrossAreas) =>
        acrossAreas
            .Where(control => scope.Holds(control.Info))
            .SelectMany(control => SafeJudge.Apply(control.Control, snapshot, null, snapshot.Time))
            .Where(finding => scope.Holds(finding, snapshot.Site));

    /// <summary>The servers of the scope of which facts were wanted and none could be read, in the order of the inventory.</summary>
    public static IReadOnlyList<Server> Unread(Snapshot snapshot, AuditScope scope) =>
        ReadingControls.Unread(snapshot, scope, AuditRegistry.Parts, AuditRegistry.AcrossAreas);

    /// <summary>Tells whether all facts that the controls of a scope need could be read.</summary>
    public static bool AllRead(Snapshot snapshot, AuditScope scope) =>
        ReadingControls.AllRead(snapshot, scope, AuditRegistry.Parts, AuditRegistry.AcrossAreas);

    /// <summary>Judges which servers were read, and by the findings of all other controls what the inventory accepts for a while.</summary>
    internal static IEnumerable<Finding> JudgeInventory(
        Snapshot snapshot,
        IReadOnlyList<Finding> findings,
        AuditScope scope,
        IReadOnlyList<AuditPart> parts,
        IReadOnlyList<CrossAreaControl> acrossAreas) =>
        SuppressionControls.Judge(snapshot, findings, scope, [.. Controls(parts, acrossAreas)])
            .Concat(ReadingControls.Judge(snapshot, scope, parts, acrossAreas))
            .Where(finding => scope.Holds(finding, snapshot.Site));

    private static IEnumerable<ControlInfo> Controls(IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas) =>
        parts.SelectMany(part => part.Controls).Concat(acrossAreas.Select(control => control.Info));
}
