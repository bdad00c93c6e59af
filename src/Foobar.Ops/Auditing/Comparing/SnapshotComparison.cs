using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Tells what changed from one snapshot to another: first in the terms of a site (flows, roles, certificates ...), then the
/// inventory, facts, findings. Lists are compared by their items' names where items have one, else as sets, so that order alone
/// is no change; an area may compare its own facts by meaning. Numbers that change by themselves (counters, free bytes, times)
/// are left out unless asked for. Pure.
/// </summary>
public static class SnapshotComparison
{
    /// <summary>
    /// Compares two snapshots; what was added, removed or changed from <paramref name="before"/> to <paramref name="after"/>.
    /// </summary>
    /// <param name="before">The older snapshot.</param>
    /// <param name="after">The newer snapshot.</param>
    /// <param name="measurements">Whether facts that change by themselves are compared too.</param>
    public static IReadOnlyList<SnapshotDifference> Compare(Snapshot before, Snapshot after, bool measurements = false) =>
        Compare(before, after, measurements, AuditRegistry.Parts, AuditRegistry.AcrossAreas);

    internal static IReadOnlyList<SnapshotDifference> Compare(
        Snapshot before, Snapshot after, bool measurements, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> across)
    {
        IReadOnlyList<SnapshotDifference> told = SiteComparison.Compare(before, after);
        return
        [
            .. told.OrderBy(difference => difference.Kind),
            .. Inventories(before.Site, after.Site),
            .. Facts(before, after, measurements, parts)
                .Select(fact => fact with { ToldAs = SiteComparison.ToldAs(fact.Source!, fact.Target!, fact.Server!, told) }),
            .. Findings(
                Audit.Judge(before, AuditScope.Everything, parts, across), Audit.Judge(after, AuditScope.Everything, parts, across)),
        ];
    }

    /// <summary>Compares findings: those whose status changed, those that are new, those that are gone.</summary>
    public static IReadOnlyList<SnapshotDifference> Findings(IReadOnlyList<Finding> before, IReadOnlyList<Finding> after)
    {
        Dictionary<(string, string?, string?, int), Finding> old = ByTarget(before);
        Dictionary<(string, string?, string?, int), Finding> now = ByTarget(after);
        return
        [
            .. from key in now.Keys.Union(old.Keys).OrderBy(key => key.Item1, StringComparer.Ordinal)
               let was = old.GetValueOrDefault(key)
               let becomes = now.GetValueOrDefault(key)
               where was?.Status != becomes?.Status
               select new SnapshotDifference
               {
                   Kind = DifferenceKind.Finding,
                   Server = key.Item2,
                   Source = key.Item1,
                   Target = key.Item3,
                   Before = Shown(was),
                   After = Shown(becomes),
                   Severity = (becomes ?? was)!.Severity,
                   IsTrouble = IsTrouble(was) == IsTrouble(becomes) ? null : IsTrouble(becomes),
               },
        ];
    }

    private static bool IsTrouble(Finding? finding) =>
        finding?.Status is FindingStatus.Fail or FindingStatus.Warning or FindingStatus.Unknown;

    // The same control may say several things of one target; they are told apart by their order.
    private static Dictionary<(string Control, string? Server, string? Target, int Count), Finding> ByTarget(
        IEnumerable<Finding> findings) =>
        findings.GroupBy(finding => (finding.ControlId, finding.Server, finding.Target))
            .SelectMany(
                same => same.Select((finding, count) => (Key: (same.Key.ControlId, same.Key.Server, same.Key.Target, count), finding)))
            .ToDictionary(pair => pair.Key, pair => pair.finding);

    private static string? Shown(Finding? finding) => finding switch
    {
        null => null,
        { Status: FindingStatus.Unknown } => $"Unknown: {finding.Reason}",
        { Actual: { } actual } => $"{finding.Status}: {actual}",
        _ => finding.Status.ToString(),
    };

    private static IEnumerable<SnapshotDifference> Inventories(Site before, Site after) =>
        StructureComparison.Compare(JsonNode.Parse(InventoryWriter.Write(before)), JsonNode.Parse(InventoryWriter.Write(after)))
            .Select(difference => new SnapshotDifference
            {
                Kind = DifferenceKind.Inventory,
                Target = difference.Path,
                Before = difference.Before,
                After = difference.After,
            });

    private static IEnumerable<SnapshotDifference> Facts(
        Snapshot before, Snapshot after, bool measurements, IReadOnlyList<AuditPart> parts) =>
        from key in after.Facts.Concat(before.Facts).Select(facts => (facts.Server, facts.Part)).Distinct()
        from difference in Facts(Find(before, key), Find(after, key), measurements, parts.FirstOrDefault(part => part.Name == key.Part))
        select new SnapshotDifference
        {
            Kind = DifferenceKind.Fact,
            Server = key.Server,
            Source = key.Part,
            Target = difference.Path,
            Before = difference.Before,
            After = difference.After,
        };

    private static SnapshotFacts? Find(Snapshot snapshot, (string Server, string Part) key) =>
        snapshot.Facts.FirstOrDefault(facts => facts.Server == key.Server && facts.Part == key.Part);

    private static IEnumerable<FactDifference> Facts(SnapshotFacts? before, SnapshotFacts? after, bool measurements, AuditPart? part)
    {
        if (before?.Value is { } old && after?.Value is { } now && old.GetType() == now.GetType())
        {
            try
            {
                return
                [
                    .. part?.Compare(old, now) ?? StructureComparison.Compare(Node(old, measurements, part), Node(now, measurements, part)),
                ];
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                // As with judges: facts of a file may be whatever its writer liked.
                return [new FactDifference("facts", null, $"could not be compared: {exception.GetType().Name}: {exception.Message}")];
            }
        }

        return State(before) == State(after) ? [] : [new FactDifference("facts", State(before), State(after))];
    }

    private static string? State(SnapshotFacts? facts) =>
        facts is null ? null : facts.Failure is { } failure ? $"not read: {failure}" : "read";

    private static JsonNode? Node(object facts, bool measurements, AuditPart? part) => measurements
        ? JsonSerializer.SerializeToNode(facts, facts.GetType(), SnapshotJson.Options)
        : JsonSerializer.SerializeToNode(part?.Lasting(facts) ?? facts, facts.GetType(), SnapshotJson.Lasting);
}
