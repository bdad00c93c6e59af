using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Detection;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>What stands in the way of an emergency failover. Pure.</summary>
internal static class FailoverPreflight
{
    /// <summary>Judges.</summary>
    /// <param name="facts">What the members that answer say.</param>
    /// <param name="candidate">The member that shall become the primary.</param>
    /// <param name="verdict">What has become of the primary.</param>
    /// <param name="loss">What may be lost.</param>
    /// <param name="acceptDataLoss">Whether the operator accepts that.</param>
    /// <param name="open">The members that the write endpoint lets through; <see langword="null"/> if it can't tell.</param>
    public static IReadOnlyList<FailoverBlocker> Judge(
        SiteCase<ReplicationFacts> facts,
        string candidate,
        PrimaryVerdict verdict,
        LossEstimate loss,
        bool acceptDataLoss,
        IReadOnlyList<string>? open)
    {
        List<FailoverBlocker> blockers = [];
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        if (!verdict.Dead)
        {
            blockers.Add(NotDead(verdict, topology));
        }

        // One that an emergency failover before this promoted, and did not open the endpoint to any more, is promoted again.
        foreach (string writer in topology.Writers.Select(member => member.Name)
            .Where(name => name != verdict.Primary && !(name == candidate && open is [])))
        {
            blockers.Add(new()
            {
                Code = "Primary",
                Server = writer,
                Message = "takes writes already",
                Remediation = "Look at Get-FoobarReplication: there must be one primary. Fence the one that must not write.",
            });
        }

        if (open?.Where(
            member => !string.Equals(member, verdict.Primary, StringComparison.OrdinalIgnoreCase)).ToArray() is { Length: > 0 } others)
        {
            blockers.Add(new()
            {
                Code = "Endpoint",
                Server = facts.Site.Policy.Database?.WriteEndpoint?.Server,
                Message = $"the write endpoint leads to {string.Join(", ", others)}, expected {verdict.Primary} alone",
                Remediation = "Put the other servers of the backend into maintenance.",
            });
        }

        JudgeCandidate(topology, candidate, blockers);
        blockers.AddRange(JudgeUnique(topology, candidate, inStep: true));
        if (loss.NeedsAcceptance && !acceptDataLoss && verdict.Dead)
        {
            blockers.Add(new()
            {
                Code = "DataLoss",
                Server = verdict.Primary,
                Message = loss.Reason.TrimEnd('.'),
                Remediation =
                    "Bring its machine within reach of SSH, so that its binary log can be read, or accept the loss by -AcceptDataLoss.",
            });
        }

        return blockers;
    }

    /// <summary>Who holds a lock on the candidate for which all that it received, and its promotion, would wait.</summary>
    /// <param name="candidate">The member that shall become the primary.</param>
    /// <param name="held">Each holder in one line.</param>
    public static IEnumerable<FailoverBlocker> JudgeLocks(string candidate, IReadOnlyList<string> held) =>
        held.Select(one => new FailoverBlocker
        {
            Code = "GlobalLock",
            Server = candidate,
            Message = one,
            Remediation = "A backup of the replica may be running: end that connection (KILL), then run the emergency failover again.",
        });

    /// <summary>
    /// The unique keys that the candidate lacks beside the members that answer. What it has still to apply may hold them: beside
    /// members that are ahead of it that is only told.
    /// </summary>
    /// <param name="topology">What the members that answer say.</param>
    /// <param name="candidate">The member that shall become the primary.</param>
    /// <param name="inStep">Whether it is held against those that are not ahead of it, or against those that are.</param>
    public static IEnumerable<FailoverBlocker> JudgeUnique(ReplicationTopology topology, string candidate, bool inStep) =>
        topology.Facts(candidate) is not { } own ? [] : ObjectObstacles.JudgeUnique(
            candidate, own,
            topology.Members.Where(member => member.Name != candidate)
                .Select(member => (member.Name, Facts: topology.Facts(member.Name)))
                .Where(other => other.Facts is { Refusal: null } facts && IsAhead(facts, own) != inStep)
                .Select(static other => (other.Name, other.Facts!)));

    // Of what was not read of either nothing follows: the difference is only told then.
    private static bool IsAhead(ReplicationFacts other, ReplicationFacts own) =>
        own.Identity.Value?.Flavor is not { } flavor || other.Gtid.Value is not { } theirs || own.Gtid.Value is not { } mine
            || GtidComparison.Backlog(flavor, theirs.Reached, mine.Reached) > 0;

    /// <summary>
    /// The members besides the two that shall follow the candidate, or may: those that replicate from the primary, those in a chain
    /// between the two, those whose source does not answer, those that hold what the candidate lacks, and those that can't be asked.
    /// </summary>
    public static IReadOnlyList<string> Others(ReplicationTopology topology, string primary, string candidate)
    {
        IReadOnlyList<string> moved = Followers.Moved(topology, primary, candidate);
        return [.. topology.Members.Select(member => member.Name).Where(name => name != primary && name != candidate
            && (IsSilent(topology, name)
                || moved.Contains(name)
                || IsCutOff(topology, name)
                || (Follows(topology, name, primary) && Lacks(topology, candidate, name) > 0)))];
    }

    /// <summary>The members that keep their source, which follows the candidate or is it.</summary>
    public static IReadOnlyList<string> Kept(ReplicationTopology topology, string primary, string candidate) =>
        [.. Followers.Kept(topology, primary, candidate).Except(Others(topology, primary, candidate))];

    /// <summary>
    /// The members that answer and hold what a primary wrote: its own replicas first, then those that replicate by way of others, which
    /// need not answer.
    /// </summary>
    public static IReadOnlyList<string> Replicas(ReplicationTopology topology, string primary) =>
        [
            .. topology.Members.Select(member => member.Name)
                .Where(name => name != primary && Follows(topology, name, primary))
                .OrderBy(name => topology.Path(name, primary) is { Count: 1 } ? 0 : 1),
        ];

    /// <summary>Whether a member's source does not answer, so that it gets nothing by way of it.</summary>
    public static bool IsCutOff(ReplicationTopology topology, string name) =>
        topology.Links.Any(link => link.Replica == name && link.Source is { } source && IsSilent(topology, source));

    private static bool IsSilent(ReplicationTopology topology, string name) =>
        topology.Failure(name) is not null || topology.Facts(name)?.Channels.Value is null;

    // What is above a member that does not answer is not known: it may be the primary.
    private static bool Follows(ReplicationTopology topology, string name, string primary) =>
        topology.Above(name).Any(above => above == primary || IsSilent(topology, above));

    /// <summary>Which members may be left behind, as far as it is known before.</summary>
    public static IEnumerable<FailoverBlocker> JudgeOthers(ReplicationTopology topology, string primary, string candidate)
    {
        foreach (string other in Others(topology, primary, candidate))
        {
            string? why = topology.Failure(other) is { } failure ? $"can't be asked: {failure.TrimEnd('.')}"
                : topology.Facts(other)?.Channels.Value is { } channels ? ReplicaSource.Obstacle(channels)
                : "its replication could not be read";
            if (why is not null)
            {
                yield return new()
                {
                    Code = "ReplicaNotMovable",
                    Server = other,
                    Message = $"{why}, so it may not follow {candidate}",
                    Remediation = $"Afterwards Repair-FoobarReplication -Server {other} lets it follow.",
                };
            }
        }

        foreach (string idle in topology.Members.Select(member => member.Name)
            .Where(name => name != primary && name != candidate && topology.RoleOf(name) == MemberRole.Fenced))
        {
            yield return new()
            {
                Code = "NoReplica",
                Server = idle,
                Message = "is a member that replicates from none, and stays so",
                Remediation = $"Repair-FoobarReplication -Server {idle} lets it follow.",
            };
        }
    }

    /// <summary>
    /// The replica that is asked for, or the one that has received the most of a primary, and by the rules of
    /// <see cref="CandidateRanking"/> among equal ones. What it lacks it takes from the others before it is promoted, if they
    /// keep a log from which it can.
    /// </summary>
    public static CandidateChoice? Choose(
        ReplicationTopology topology, DatabasePolicy policy, IReadOnlyList<string> replicas, string? wanted, List<FailoverBlocker> blockers)
    {
        CandidateRanking ranking = new(topology, policy);
        CandidateChoice choice;
        if (wanted is null)
        {
            IReadOnlyList<string> allowed = ranking.Allowed(replicas) is { Count: > 0 } some ? some : replicas;
            choice = ranking.Best(allowed, name => Obstacles(topology, name), name => replicas.Max(other => Lacks(topology, name, other)));
        }
        else if (replicas.FirstOrDefault(name => string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase)) is { } named)
        {
            choice = new(named, null);
        }
        else
        {
            blockers.Add(new()
            {
                Code = "Candidate",
                Server = wanted,
                Message = FailoverBlocker.NoMember(topology, wanted)
                    ?? "does not replicate from the primary: "
                        + $"{(replicas.Count > 0 ? $"only {string.Join(", ", replicas)} does" : "no member that answers does")}",
                Remediation = "Name a replica of the primary.",
            });
            return null;
        }

        string chosen = choice.Name;
        blockers.AddRange(ranking.Judge(chosen));
        foreach (string other in replicas.Where(other => Lacks(topology, chosen, other) > 0))
        {
            ReplicationChannel? late = topology.Facts(other)!.Channels.Value?.FirstOrDefault(static channel => channel.DelaySeconds > 0);
            string? why = late is not null ? Invariant($"{other} applies {late.DelaySeconds} s late")
                : topology.Facts(other)!.Binlog.Value is not { Enabled: true, LogsReplicated: true }
                    ? $"{other} keeps no complete binary log"
                : topology.Facts(chosen)!.Channels.Value is not { } channels || ReplicaSource.Obstacle(channels) is not null
                    ? $"{chosen} can't be given another source"
                : null;
            if (why is not null)
            {
                blockers.Add(new()
                {
                    Code = "Candidate",
                    Server = chosen,
                    Message = Invariant(
                        $"lacks {Lacks(topology, chosen, other)} transactions that {other} has received, and can't take them: {why}"),
                    Remediation = late is null
                        ? $"Promote {other}."
                        : $"Let {other} apply at once (SOURCE_DELAY = 0; MASTER_DELAY on MariaDB), then try again.",
                });
            }
        }

        return choice;
    }

    private static int Obstacles(ReplicationTopology topology, string candidate)
    {
        List<FailoverBlocker> blockers = [];
        JudgeCandidate(topology, candidate, blockers);
        return blockers.Count + JudgeUnique(topology, candidate, inStep: true).Count();
    }

    /// <summary>How many transactions one lacks of all that the other has received or executed.</summary>
    public static double Lacks(ReplicationTopology topology, string one, string other)
    {
        if (one == other || topology.Facts(one) is not { } mine || topology.Facts(other) is not { } theirs)
        {
            return 0;
        }

        return GtidComparison.Backlog(mine.Identity.Value?.Flavor ?? DatabaseFlavor.MySql, Held(theirs), Held(mine));
    }

    /// <summary>All that a replica has executed or received.</summary>
    public static string Held(ReplicationFacts facts) =>
        string.Join(
            ',',
            new[] { facts.Gtid.Value?.Reached }
                .Concat((facts.Channels.Value ?? []).Select(channel => channel.Received))
                .Where(text => !string.IsNullOrEmpty(text)));

    // What a replica that others replicate from does not pass on.
    private static IReadOnlyList<string> LeftOut(ReplicationTopology topology, string name) =>
        topology.Facts(name) is { } facts && facts.Channels.Value is { Count: > 0 } channels
            ? [.. channels.SelectMany(static channel => channel.Filters), .. facts.LogFilters.Value ?? []]
            : [];

    // One that an emergency failover before this stopped at the end.
    private static bool HasApplied(ReplicationFacts facts, ReplicationChannel channel) =>
        facts.Identity.Value?.Flavor is { } flavor
            && facts.Gtid.Value?.Reached is { } reached
            && GtidComparison.Backlog(flavor, channel.Received, reached) == 0;

    private static FailoverBlocker NotDead(PrimaryVerdict verdict, ReplicationTopology topology) => new()
    {
        Code = verdict.Cause == PrimaryCause.Unclear ? "PrimaryUnclear" : "PrimaryAlive",
        Server = verdict.Primary,
        Message = $"{verdict.Reason.TrimEnd('.')} [{string.Join("; ", verdict.Reports)}]",
        Remediation = verdict.Cause switch
        {
            PrimaryCause.Alive => "Move writes by a planned switchover: Invoke-FoobarFailover without -Emergency.",
            PrimaryCause.CutFromReplica => "Mend the network between the two: the application's writes work.",
            PrimaryCause.CutFromOperator =>
                "Mend the way from this machine to it, or switch over from a machine that reaches it: the application's writes work.",
            PrimaryCause.CutFromBalancer => "Mend the network between the load balancer and it, or move writes by a planned switchover.",
            _ => "See why the observers can't look; at least two must, the load balancer among them.",
        } + string.Concat(
            from link in topology.Links
            where link.Source is { } source && source != verdict.Primary && IsSilent(topology, source)
            select $" {link.Replica} replicates from {link.Source}, which does not answer: Repair-FoobarReplication -Server {link.Replica} lets it follow the primary."),
    };

    private static void JudgeCandidate(ReplicationTopology topology, string candidate, List<FailoverBlocker> blockers)
    {
        if (topology.Facts(candidate) is not { Refusal: null } facts || facts.Channels.Value is not { } channels)
        {
            Add("Unreachable", topology.Failure(candidate) ?? "its replication could not be read", "Bring the candidate back first.");
            return;
        }

        foreach (ReplicationChannel channel in channels)
        {
            if (channel.Applier != ReplicationThread.Running && !(channel.ApplierError is null && HasApplied(facts, channel)))
            {
                Add(
                    "ReplicationStopped",
                    $"does not apply what it received: {channel.ApplierError ?? channel.Applier.ToString()}",
                    "Start its applier, or put right what stopped it: it could not be brought up to what it received.");
            }

            if (FilteredReplica.Problem(channel) is { } problem)
            {
                bool isMariaDb = facts.Identity.Value?.Flavor == DatabaseFlavor.MariaDb;
                Add("Filtered", problem, FilteredReplica.Advice(channel, isMariaDb, canCopy: false));
            }

            if (!channel.AutoPosition)
            {
                Add("NoGtid", "replicates by file and offset", "Without GTIDs it can't be told what it lacks.");
            }
        }

        foreach ((string above, IReadOnlyList<string> left) in topology.Above(candidate)
            .Select(above => (above, LeftOut(topology, above)))
            .Where(static one => one.Item2.Count > 0))
        {
            Add(
                "Filtered",
                $"replicates by way of {above}, which leaves out: {string.Join(", ", left)}",
                $"Promote another replica: what {above} leaves out is on none behind it.");
        }

        if (facts.Binlog.Value is not { Enabled: true, LogsReplicated: true })
        {
            Add(
                "NoBinaryLog",
                "keeps no complete binary log, so nobody could replicate from it",
                "log_bin and log_replica_updates need a restart.");
        }

        if (facts.Gtid.Value is { NumbersAgain: true })
        {
            Add("BinlogState", BinlogState.Problem, BinlogState.Advice(facts.Gtid.Value.Position));
        }

        if (facts.Storage.Value is null or { ReadOnly: true } or { BinlogUsedPercent: >= 98 }
            || facts.Guard.Value is { EngineReadOnly: true })
        {
            Add(
                "FileSystem",
                facts.Storage.Value is null
                    ? $"its file systems could not be read: {facts.Storage.Failure}"
                    : facts.Storage.Value.ReadOnly ? "its file system is mounted read-only" : "its disk is full or its engine read-only",
                "Make it writable first.");
        }

        void Add(string code, string message, string remediation) =>
            blockers.Add(new() { Code = code, Server = candidate, Message = message, Remediation = remediation });
    }
}
