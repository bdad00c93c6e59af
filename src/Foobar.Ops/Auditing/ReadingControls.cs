using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>
/// The control over what was read at all. It looks at the facts, not at findings: a control over several servers may decide something of a
/// server that was never reached.
/// </summary>
internal static class ReadingControls
{
    private static readonly ControlInfo IsRead = new(
        "INV-003",
        "The server could be reached and read",
        Area.Inventory,
        Severity.Critical,
        "Of a server that was not reached nothing is known but what other servers tell of it: an audit without it has not passed.",
        "See the Reason: put right the server, the way to it, its host key or the login. A server that is no more is taken out of the "
            + "inventory.");

    /// <summary>What is known of the controls, in the order of their ids.</summary>
    public static IReadOnlyList<ControlInfo> All { get; } = [IsRead];

    /// <summary>
    /// Judges the servers of the scope. That a server was not read is told whatever areas are meant; only a scope that names its controls
    /// has to name this one.
    /// </summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="parts">The parts of the audit.</param>
    /// <param name="acrossAreas">The controls that need several parts.</param>
    public static IEnumerable<Finding> Judge(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        ServerRead[] servers = [.. Read(snapshot, scope, parts, acrossAreas)];
        bool all = scope.Holds(IsRead);
        bool unread = (scope with { Areas = [] }).Holds(IsRead);
        return servers.Length == 0 && all
            ? [IsRead.ToFinding(Verdict.NotApplicable(actual: "The audit needed no facts of a server."), null, snapshot.Time)]
            : servers.Where(server => server.IsRead ? all : unread)
                .Select(server => IsRead.ToFinding(server.Verdict, server.Server.Name, snapshot.Time));
    }

    /// <summary>The servers of the scope of which facts were wanted and none could be read.</summary>
    public static IReadOnlyList<Server> Unread(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas) =>
        [.. Read(snapshot, scope, parts, acrossAreas).Where(server => !server.IsRead).Select(server => server.Server)];

    /// <summary>Tells whether all facts that the controls of the scope need could be read.</summary>
    public static bool AllRead(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        HashSet<string> across = [.. acrossAreas.Where(control => scope.Holds(control.Info)).SelectMany(control => control.Parts)];
        HashSet<(string Part, string Server)> read =
        [
            .. snapshot.Facts.Where(facts => facts.Value is not null).Select(facts => (facts.Part, facts.Server.ToUpperInvariant())),
        ];
        return (
            from part in parts
            let together = across.Contains(part.Name) || part.NeedsAllServers(scope)
            where together || part.Controls.Any(scope.Holds)
            from server in snapshot.Site.Servers
            where part.AppliesTo(server, snapshot.Site) && (together || scope.Holds(server))
            select (part.Name, server.Name.ToUpperInvariant())).All(read.Contains);
    }

    /// <summary>Tells whether a finding says that its server could not be read.</summary>
    public static bool TellsUnread(Finding finding) => finding.ControlId == IsRead.Id && finding.Status == FindingStatus.Unknown;

    /// <summary>Tells whether a finding is one of these controls, which judge the reading and not the site.</summary>
    public static bool IsOne(Finding finding) => finding.ControlId == IsRead.Id;

    private static IEnumerable<ServerRead> Read(
        Snapshot snapshot, AuditScope scope, IReadOnlyList<AuditPart> parts, IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        HashSet<string> across = [.. acrossAreas.Where(control => scope.Holds(control.Info)).SelectMany(control => control.Parts)];
        AuditPart[] meant =
        [
            .. parts.Where(part => part.ReadsServer && (across.Contains(part.Name) || part.Controls.Any(scope.Holds))),
        ];
        HashSet<string> ofServers = [.. parts.Where(part => part.ReadsServer).Select(part => part.Name)];
        ILookup<string, SnapshotFacts> facts = snapshot.Facts.Where(one => ofServers.Contains(one.Part))
            .ToLookup(one => one.Server, StringComparer.OrdinalIgnoreCase);
        return snapshot.Site.Servers
            .Where(server => scope.Holds(server) && meant.Any(part => part.AppliesTo(server, snapshot.Site)))
            .Select(server => new ServerRead(server, [.. facts[server.Name]]));
    }

    private sealed record ServerRead(Server Server, IReadOnlyList<SnapshotFacts> Facts)
    {
        public bool IsRead => Facts.Any(facts => facts.Value is not null);

        public Verdict Verdict => IsRead
            ? Verdict.Pass(
                actual: FormattableString.Invariant(
                    $"{Facts.Count(facts => facts.Value is not null)} of {Facts.Count} kinds of facts were read"))
            : Verdict.Unknown(
                null,
                Facts.Count == 0
                    ? $"There are no facts of {Server.Name}."
                    : string.Join(' ', Facts.Select(facts => facts.Failure ?? "It was not read.").Distinct()));
    }
}
