using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>Who is primary, who shall be, and what stands in the way. Pure: from facts to a decision.</summary>
internal sealed record SwitchoverPreflight
{
    /// <summary>The primary; <see langword="null"/> if there is not exactly one.</summary>
    public string? Old { get; init; }

    /// <summary>The candidate; <see langword="null"/> if there is not exactly one.</summary>
    public string? New { get; init; }

    /// <summary>Why it was chosen among several; <see langword="null"/> if it was named, or is the only replica.</summary>
    public string? Choice { get; init; }

    /// <summary>What stands in the way; empty for nothing.</summary>
    public required IReadOnlyList<FailoverBlocker> Blockers { get; init; }

    /// <summary>What the operator should know, and does not stand in the way.</summary>
    public IReadOnlyList<FailoverBlocker> Warnings { get; init; } = [];

    /// <summary>The other replicas of the primary, and those between it and the candidate, which shall follow the new one.</summary>
    public IReadOnlyList<string> Followers { get; init; } = [];

    /// <summary>The replicas that keep their source, which follows the new primary or is it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>The scheduled events that run on the primary, and shall run on the new one.</summary>
    public IReadOnlyList<ScheduledEvent> Events { get; init; } = [];

    /// <summary>What keeps writes out of the primary's log, so that no transaction tells of them; empty for nothing known.</summary>
    public IReadOnlyList<string> Unlogged { get; init; } = [];

    /// <summary>Whether commits shall wait for a replica after the switch: declared, or switched on at the primary now.</summary>
    public bool SemiSync { get; init; }

    /// <summary>
    /// The names of the accounts that <c>read_only</c> does not bind on the primary; <see langword="null"/> if not known, or if a role has
    /// the privilege.
    /// </summary>
    public IReadOnlyList<string>? Unbound { get; init; }

    /// <summary>Who hands over to whom; <see langword="null"/> if that can't be told.</summary>
    public ConfirmedMove? Move => Old is null || New is null ? null : new(Old, New);

    /// <summary>What a switchover needs of it besides what its journal keeps.</summary>
    /// <param name="durability">What the candidate waits for at each commit when it is a primary.</param>
    public SwitchoverMeans Means(Durability durability) => new(durability, SemiSync, Unbound, Unlogged);

    /// <summary>Judges a planned switchover.</summary>
    public static SwitchoverPreflight Planned(SiteCase<ReplicationFacts> facts, FailoverOptions options)
    {
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        List<FailoverBlocker> blockers = [.. Others(topology)];
        List<FailoverBlocker> warnings = [];
        string? old = PrimaryOf(topology, blockers);
        CandidateRanking ranking = new(topology, ReplicationSurvey.Require(facts.Site));
        CandidateChoice? choice = null;
        IReadOnlyList<string> candidates = Candidates(topology, ranking, old, options, blockers);
        if (old is not null && candidates.Count > 0)
        {
            Dictionary<string, (List<FailoverBlocker> Blockers, List<FailoverBlocker> Warnings)> judged =
                candidates.ToDictionary(name => name, name => SwitchoverObstacles.Judge(facts, topology, ranking, old, name, options));
            choice = ranking.Best(candidates, name => judged[name].Blockers.Count, name => Behind(topology, old, name));
            blockers.AddRange(judged[choice.Name].Blockers);
            warnings.AddRange(judged[choice.Name].Warnings);
        }

        string? candidate = choice?.Name;
        SemiSyncFacts? semiSync = old is null ? null : topology.Facts(old)?.SemiSync.Value;
        return new()
        {
            Old = old,
            New = candidate,
            Choice = choice?.Reason,
            Blockers = blockers,
            Warnings = warnings,
            Followers = old is null || candidate is null ? [] : Replication.Followers.Moved(topology, old, candidate),
            Kept = old is null || candidate is null ? [] : Replication.Followers.Kept(topology, old, candidate),
            Events = old is null ? [] : SwitchoverObstacles.EnabledOn(topology.Facts(old)!),
            Unlogged = old is null ? [] : [.. topology.Facts(old)!.LogFilters.Value ?? [], .. topology.Facts(old)!.Unlogged.Value ?? []],
            SemiSync = facts.Site.Policy.Database is { SemiSync: true } || semiSync is { SourceEnabled: true, Clients: > 0 },
            Unbound = old is null ? null : UnboundOn(topology.Facts(old)!),
        };
    }

    private static IReadOnlyList<string>? UnboundOn(ReplicationFacts primary) =>
        primary.Privileged.Value is { } accounts && accounts.All(account => account.Host.Length > 0)
            ? [.. accounts.Select(account => account.User).Distinct()]
            : null;

    // The marker is on every member, and the primary's is the newest; a member that can't be asked is told of elsewhere.
    private static IEnumerable<FailoverBlocker> Others(ReplicationTopology topology)
    {
        Reading<IReadOnlyList<OperationMark>>[] readings =
        [
            .. topology.Members.Select(member => topology.Facts(member.Name))
                .OfType<ReplicationFacts>()
                .Where(facts => facts.Refusal is null)
                .Select(facts => facts.Unfinished),
        ];
        return topology.Members
            .Select(member => (Marks: topology.Facts(member.Name)?.Unfinished.Value ?? [], Denied: DeniedBy(topology, member.Name)))
            .Where(one => one.Denied is not { BacklogTransactions: > 0 })
            .SelectMany(one => one.Marks.Select(mark => (Mark: $"{mark}", one.Denied)))
            .DistinctBy(one => one.Mark)
            .Select(one => one.Denied is { } primary
                ? new FailoverBlocker
                {
                    Code = "MarkerContradicted",
                    Server = primary.Replica,
                    Message = $"says {one.Mark}, and the primary {primary.Source}, whose every transaction it has, says nothing of it",
                    Remediation =
                        $"A filter may have kept the marker from {primary.Source}: see Test-FoobarReplication -Control DB-013. Then "
                            + $"Repair-FoobarReplication {primary.Replica} -Copy.",
                }
                : new FailoverBlocker { Code = FailoverBlocker.Running, Message = one.Mark, Remediation = OperationMarker.Recommendation })
            .Concat(readings.Where(reading => reading.Value is null).Select(reading => reading.Failure).Distinct()
                .Select(failure => new FailoverBlocker
                {
                    Code = "OperationUnknown",
                    Message = $"whether another failover is under way can't be told: {failure}",
                    Remediation = "Let the operator's account read and write the schema foobar_ops.",
                }));
    }

    // The link to a primary that says that nothing is under way. A replica that still applies what that primary sent tells of
    // what was before; one that has everything contradicts it.
    private static ReplicationLink? DeniedBy(ReplicationTopology topology, string member) =>
        topology.PrimaryOf(member) is { } primary
            && topology.Facts(primary)?.Unfinished.Value is []
            && topology.LinkTo(member, primary) is { BacklogTransactions: not null } link
            ? link
            : null;

    private static string? PrimaryOf(ReplicationTopology topology, List<FailoverBlocker> blockers)
    {
        List<string> primaries =
        [
            .. topology.Members.Select(member => member.Name).Where(name => topology.RoleOf(name) == MemberRole.Primary),
        ];
        foreach (Server member in topology.Members)
        {
            if (topology.Failure(member.Name) is { } failure)
            {
                JudgeSilent(topology, member.Name, failure, primaries, blockers);
            }
            else if (topology.RoleOf(member.Name) is MemberRole.Unknown && topology.Facts(member.Name) is { } facts)
            {
                SwitchoverObstacles.Add(
                    blockers, "Role", member.Name,
                    $"what it is could not be read: {facts.Channels.Failure ?? facts.Guard.Failure}",
                    "See why its database does not tell, and try again: a replica that is not known would be left behind.");
            }
            else if (topology.RoleOf(member.Name) is MemberRole.WritableReplica)
            {
                SwitchoverObstacles.Add(
                    blockers, "Role", member.Name, "is a replica that takes writes",
                    "A switchover is for one primary and its replicas: make the replica read-only.");
            }
            else if (topology.Facts(member.Name)?.Cluster.Value is { Kind: not ClusterKind.None } cluster)
            {
                SwitchoverObstacles.Add(
                    blockers, "Role", member.Name, $"is a member of a cluster ({cluster.Kind})",
                    "A switchover is for one primary and its replicas: use the cluster's own switch.");
            }
        }

        // That there is none is what follows from a member that does not answer, and told with it.
        if (primaries.Count > 1 || (primaries.Count == 0 && topology.Members.All(member => topology.Failure(member.Name) is null)))
        {
            SwitchoverObstacles.Add(
                blockers, "Primary", null,
                primaries.Count == 0 ? "no member is a primary" : $"{string.Join(" and ", primaries)} take writes",
                "Look at Get-FoobarReplication; there must be exactly one primary.");
        }

        return primaries.Count == 1 ? primaries[0] : null;
    }

    private static void JudgeSilent(
        ReplicationTopology topology, string member, string failure, List<string> primaries, List<FailoverBlocker> blockers)
    {
        bool alone = primaries is [{ } primary] && topology.Links.All(link => link.Source != primary);
        string consequence = primaries.Count == 0
            ? "; of those that answer none is a primary"
            : alone ? $"; {primaries[0]} has no replica that answers" : "";
        string dead = primaries.Count == 0 ? " If it was the primary, and is dead: Invoke-FoobarFailover -Emergency." : "";
        SwitchoverObstacles.Add(
            blockers, "Unreachable", member, failure.TrimEnd('.') + consequence,
            $"Bring the member back, or see why it can't be reached.{dead}");
    }

    // What is committed between two looks is on its way: nobody lacks it.
    private static double Behind(ReplicationTopology topology, string old, string candidate) =>
        topology.LinkTo(candidate, old) is { LagSeconds: not 0 } link ? link.BacklogTransactions ?? double.MaxValue : 0;

    /// <summary>The replicas of which one may become the primary; that there is none is told.</summary>
    private static IReadOnlyList<string> Candidates(
        ReplicationTopology topology, CandidateRanking ranking, string? old, FailoverOptions options, List<FailoverBlocker> blockers)
    {
        List<string> candidates = old is null
            ? []
            : [.. topology.Members.Select(member => member.Name).Where(name => topology.Path(name, old).Count > 0)];
        string[] silent = [.. topology.Members.Select(member => member.Name).Where(name => topology.Failure(name) is not null)];
        if (options.To is not { } wanted)
        {
            if (old is not null && candidates.Count == 0 && silent.Length == 0)
            {
                SwitchoverObstacles.Add(
                    blockers, "Candidate", null, "the primary has no replica", "Name the member that shall become the primary.");
            }

            return candidates.Count <= 1 ? candidates : ranking.Allowed(candidates) is { Count: > 0 } allowed ? allowed : candidates;
        }

        // A member that does not answer is told as such.
        if (silent.Length > 0 && (old is null || silent.Contains(wanted, StringComparer.OrdinalIgnoreCase)))
        {
            return [];
        }

        string? named = candidates.FirstOrDefault(name => string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase));
        if (named is null)
        {
            string known = candidates.Count > 0 ? $"only {string.Join(", ", candidates)} does" : "no member does";
            SwitchoverObstacles.Add(
                blockers, "Candidate", wanted,
                string.Equals(wanted, old, StringComparison.OrdinalIgnoreCase)
                    ? "is the primary already"
                    : FailoverBlocker.NoMember(topology, wanted) ?? $"does not replicate from {old ?? "the primary"}: {known}",
                "Name a replica of the primary.");
        }

        return named is null ? [] : [named];
    }
}
