using Foobar.Ops.Database;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.Replication;

/// <summary>A replica that was chosen among several, and by which rule.</summary>
/// <param name="Name">The replica.</param>
/// <param name="Reason">Why it and none of the others; <see langword="null"/> if there was no other.</param>
internal sealed record CandidateChoice(string Name, string? Reason);

/// <summary>
/// Which of several replicas shall become the primary when the operator names none: one that nothing stands in the way of, then
/// the most advanced, the one that the policy prefers, the nearest to the primary in a chain, the newest version, the one that
/// keeps what it commits, the least behind, the first in the inventory. Pure.
/// </summary>
/// <param name="topology">The members.</param>
/// <param name="policy">Whom it prefers, and whom it never promotes.</param>
internal sealed class CandidateRanking(ReplicationTopology topology, DatabasePolicy policy)
{
    /// <summary>Those of some replicas that the policy does not rule out.</summary>
    public IReadOnlyList<string> Allowed(IEnumerable<string> replicas) => [.. replicas.Where(name => !IsRuledOut(name))];

    /// <summary>What stands in the way of a replica by the policy alone.</summary>
    public IEnumerable<FailoverBlocker> Judge(string candidate) => !IsRuledOut(candidate) ? [] :
    [
        new()
        {
            Code = "NeverPromote", Server = candidate, Message = "is never promoted: policy.database.neverPromote names it",
            Remediation = "Promote another replica, or take it out of that list.",
        },
    ];

    /// <summary>The best of some replicas.</summary>
    /// <param name="replicas">The replicas, at least one.</param>
    /// <param name="obstacles">How much stands in the way of each.</param>
    /// <param name="lacks">How many transactions each lacks that another, or the primary, has; what is on its way is not counted.</param>
    public CandidateChoice Best(IReadOnlyList<string> replicas, Func<string, int> obstacles, Func<string, double> lacks)
    {
        Rule[] rules =
        [
            new("nothing stands in its way", name => obstacles(name) > 0 ? 1 : 0),
            new("it has received the most", lacks),
            new("policy.database.preferred names it first", Preference),
            new("no other replica stands between it and the primary", name => topology.Above(name).Count),
            new("it runs the newest version", name => -VersionRank(name, replicas)),
            new("it waits for the disk at each commit (sync_binlog, innodb_flush_log_at_trx_commit)", name => IsDurable(name) ? 0 : 1),
            new("it is the least behind", name => Math.Round(Lag(name), 1)),
            new("it stands first in the inventory", name => Position(name)),
        ];
        List<string> left = [.. replicas.OrderBy(Position)];
        Rule? decisive = null;
        foreach (Rule rule in rules.TakeWhile(_ => left.Count > 1))
        {
            double best = left.Min(rule.Rank);
            List<string> those = [.. left.Where(name => rule.Rank(name) <= best)];
            decisive = those.Count < left.Count ? rule : decisive;
            left = those;
        }

        return new(
            left[0], decisive is null ? null : $"{left[0]} was chosen of {string.Join(", ", replicas.OrderBy(Position))}: {decisive.Why}");
    }

    private int Position(string name) => topology.Members.ToList().FindIndex(member => member.Name == name);

    private bool IsRuledOut(string name) => policy.NeverPromote.Contains(name, StringComparer.OrdinalIgnoreCase);

    private double Preference(string name) =>
        policy.Preferred.ToList().FindIndex(one => string.Equals(one, name, StringComparison.OrdinalIgnoreCase)) is var at and >= 0
            ? at
            : policy.Preferred.Count;

    private double VersionRank(string name, IReadOnlyList<string> replicas)
    {
        Version? own = VersionOf(name);
        return own is null ? -1 : replicas.Count(other => VersionOf(other) is { } theirs && theirs < own);
    }

    private Version? VersionOf(string name) => DatabaseVersion.Parse(topology.Facts(name)?.Identity.Value?.Version);

    private bool IsDurable(string name) => topology.Facts(name)?.Binlog.Value is { SyncBinlog: 1, FlushLogAtCommit: 1 };

    // Of a chain, all its links.
    private double Lag(string name) =>
        topology.Links.Where(link => link.Replica == name || topology.Above(name).Contains(link.Replica))
            .Sum(static link => link.LagSeconds)
            ?? 0;

    /// <summary>One rule: the lower the rank, the better.</summary>
    private sealed record Rule(string Why, Func<string, double> Rank);
}
