using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>Tells what changed from one snapshot to another in the terms of a site: flows, roles, certificates, versions. Pure.</summary>
internal static class SiteComparison
{
    // Which kind of difference tells a change at a place in the facts; a place is a prefix of the path.
    private static readonly (string Part, string Place, DifferenceKind Kind)[] Told =
    [
        ("firewall", "running.", DifferenceKind.Flow),
        ("firewall", "sockets.value", DifferenceKind.Listener),
        ("server", "sockets.value", DifferenceKind.Listener),
        ("server", "units.value", DifferenceKind.Component),
        ("server", "system.value", DifferenceKind.Component),
        ("certificates", "endpoints", DifferenceKind.Certificate),
        ("certificates", "files.value", DifferenceKind.Certificate),
        ("certificates", "unnamed", DifferenceKind.Certificate),
        ("legs", "looks", DifferenceKind.Certificate),
        ("replication", "guard.value", DifferenceKind.Role),
        ("replication", "channels.value", DifferenceKind.Replication),
        ("replication", "identity.value.version", DifferenceKind.Component),
        ("replication", "accounts.value", DifferenceKind.Account),
        ("replication", "privileged.value", DifferenceKind.Account),
        ("replication", "openAccounts.value", DifferenceKind.Account),
        ("loadBalancer", "statistics.value", DifferenceKind.Backend),
        ("loadBalancer", "process.value.version", DifferenceKind.Component),
        ("agents", "agents.value", DifferenceKind.Agent),
        ("legs", string.Empty, DifferenceKind.Tls),
        ("grades", string.Empty, DifferenceKind.Tls),
    ];

    /// <summary>The differences, by kind.</summary>
    public static IReadOnlyList<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
    [
        .. Safely(DifferenceKind.Flow, () => FlowComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Role, () => ReplicationComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Certificate, () => CertificateComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Tls, () => TlsComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Component, () => ComponentComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Listener, () => ListenerComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Backend, () => BackendComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Agent, () => AgentComparison.Compare(before, after)),
        .. Safely(DifferenceKind.Account, () => AccountComparison.Compare(before, after)),
    ];

    /// <summary>The kind of a difference of the same server that tells a changed fact; <see langword="null"/> if there is none.</summary>
    public static DifferenceKind? ToldAs(string part, string path, string server, IReadOnlyList<SnapshotDifference> told) =>
        Told.Where(row => row.Part == part && path.StartsWith(row.Place, StringComparison.Ordinal))
            .Select(row => (DifferenceKind?)row.Kind)
            .FirstOrDefault(
                kind => told.Any(
                    difference => difference.Kind == kind && string.Equals(difference.Server, server, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The servers of which both snapshots hold facts of a type, with both.</summary>
    public static IEnumerable<(string Server, TFacts Before, TFacts After)> Pairs<TFacts>(Snapshot before, Snapshot after)
        where TFacts : class =>
        from now in after.Facts
        where now.Value is TFacts
        let was = before.Facts.FirstOrDefault(
            facts => facts.Value is TFacts && string.Equals(facts.Server, now.Server, StringComparison.OrdinalIgnoreCase))
        where was is not null
        select (now.Server, (TFacts)was.Value!, (TFacts)now.Value!);

    /// <summary>The facts of a type of all servers.</summary>
    public static SiteCase<TFacts> Case<TFacts>(Snapshot snapshot)
        where TFacts : class => new(
            snapshot.Site,
            snapshot.Facts.Where(facts => facts.Value is TFacts)
                .ToDictionary(facts => facts.Server, facts => Reading.Of((TFacts)facts.Value!), StringComparer.OrdinalIgnoreCase),
            snapshot.Time);

    /// <summary>What came, went or changed among things that have names; nothing where both say the same.</summary>
    public static IEnumerable<SnapshotDifference> Named(
        DifferenceKind kind, string? server, IEnumerable<(string Name, string Text)> before, IEnumerable<(string Name, string Text)> after)
    {
        Dictionary<string, string> old = First(before);
        Dictionary<string, string> now = First(after);
        return from name in now.Keys.Union(old.Keys)
               let was = old.GetValueOrDefault(name)
               let becomes = now.GetValueOrDefault(name)
               where was != becomes
               select new SnapshotDifference { Kind = kind, Server = server, Target = name, Before = was, After = becomes };
    }

    // Facts of a file may be whatever its writer liked: a list with a hole costs one kind of difference, and is told.
    private static SnapshotDifference[] Safely(DifferenceKind kind, Func<IEnumerable<SnapshotDifference>> compare)
    {
        try
        {
            return [.. compare()];
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            return
            [
                new SnapshotDifference
                {
                    Kind = kind,
                    Target = "comparison",
                    After = $"could not be made: {exception.GetType().Name}: {exception.Message}",
                },
            ];
        }
    }

    // What two things of one name say is told together, in an order of its own.
    private static Dictionary<string, string> First(IEnumerable<(string Name, string Text)> items) => items
        .GroupBy(item => item.Name, StringComparer.Ordinal)
        .ToDictionary(
            same => same.Key,
            same => string.Join("; ", same.Select(item => item.Text).Distinct().Order(StringComparer.Ordinal)),
            StringComparer.Ordinal);
}
