using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>What may stand in the way of a planned switchover to one candidate, judged from what was read of the members.</summary>
internal static class SwitchoverObstacles
{
    /// <summary>What stands in the way of making one replica the primary, and what is only to be known.</summary>
    public static (List<FailoverBlocker> Blockers, List<FailoverBlocker> Warnings) Judge(
        SiteCase<ReplicationFacts> facts,
        ReplicationTopology topology,
        CandidateRanking ranking,
        string old,
        string candidate,
        FailoverOptions options)
    {
        List<FailoverBlocker> blockers = [.. ranking.Judge(candidate)];
        List<FailoverBlocker> warnings = [];
        JudgeLink(topology, old, candidate, ReplicationSurvey.Require(facts.Site), blockers);
        JudgeCandidate(topology, candidate, blockers);
        JudgeVersions(topology, old, candidate, blockers, warnings);
        JudgeLogs(topology, old, candidate, blockers, warnings);
        JudgeEvents(topology, old, candidate, blockers, warnings);
        ObjectObstacles.Judge(topology.Facts(old)!, candidate, topology.Facts(candidate)!, blockers, warnings);
        JudgeFollowers(topology, old, candidate, blockers, warnings);
        JudgeReverse(topology, old, candidate, blockers);
        JudgeTransactions(topology, old, options, blockers);
        return (blockers, warnings);
    }

    /// <summary>The events that the primary runs.</summary>
    public static IReadOnlyList<ScheduledEvent> EnabledOn(ReplicationFacts primary) =>
        primary.Events.Value is { SchedulerOn: true } events ? [.. events.Events.Where(one => one.Status == EventStatus.Enabled)] : [];

    /// <summary>Adds what stands in the way of a member.</summary>
    public static void Add(List<FailoverBlocker> blockers, string code, string? server, string message, string remediation) =>
        blockers.Add(new() { Code = code, Server = server, Message = message, Remediation = remediation });

    private static void JudgeLink(
        ReplicationTopology topology, string old, string candidate, DatabasePolicy policy, List<FailoverBlocker> blockers)
    {
        ReplicationLink link = topology.LinkTo(candidate, old)!;
        foreach (ReplicationLink hop in topology.Path(candidate, old))
        {
            JudgeChannel(hop, candidate, topology, blockers);
        }

        if (link.LagSeconds is null && link.BacklogTransactions > 0)
        {
            Add(
                blockers, "Lag", candidate,
                Invariant($"lacks {link.BacklogTransactions} transactions, and for how long can't be told{HeldUp(topology, candidate)}"),
                "Wait until it has applied them; a large one may take its time. If their number does not fall, find out why it does not apply.");
        }
        else if (link.LagSeconds > policy.MaxLagSeconds)
        {
            string behind = Invariant($"{link.LagSeconds:0.#} s behind, {link.BacklogTransactions} transactions");
            Add(
                blockers, "Lag", candidate, Invariant($"{behind}; the limit is {policy.MaxLagSeconds} s{HeldUp(topology, candidate)}"),
                "Wait until it has caught up, or raise maxLagSeconds in the inventory.");
        }

        if (link.Errant is null or not "")
        {
            Add(
                blockers, "ErrantTransactions", candidate, link.Errant ?? "could not be determined",
                "Repair-FoobarReplication saves them to a file and copies the candidate afresh from the primary.");
        }
    }

    // A replica that may be a source too waits for replicas of its own at what it applies, until it gives up waiting.
    private static string HeldUp(ReplicationTopology topology, string candidate) =>
        topology.Facts(candidate)?.SemiSync.Value is { SourceEnabled: true, SourceActive: true } semiSync
            && semiSync.Clients < semiSync.WaitCount
        ? Invariant($"; as a semi-synchronous source it waits up to {semiSync.TimeoutMilliseconds / 1000.0:0.#} s for ")
            + Invariant($"replicas of its own at what it applies, with {semiSync.Clients} of {semiSync.WaitCount} connected")
        : "";

    // Of a chain, each member between the primary and the candidate has to pass on all that the primary writes.
    private static void JudgeChannel(
        ReplicationLink hop, string candidate, ReplicationTopology topology, List<FailoverBlocker> blockers)
    {
        (string replica, ReplicationChannel channel) = (hop.Replica, hop.Channel);
        string way = replica == candidate ? "" : $", and {candidate} replicates by way of it";
        if (!channel.Replicates)
        {
            Add(
                blockers, "ReplicationStopped", replica,
                $"receiver {channel.Receiver}, applier {channel.Applier}{way}. {channel.ReceiverError} {channel.ApplierError}".TrimEnd(),
                "Start replication, or bring the candidate back by Repair-FoobarReplication.");
        }

        if (FilteredReplica.Problem(channel) is { } problem)
        {
            bool isMariaDb = topology.Facts(replica)?.Identity.Value?.Flavor == DatabaseFlavor.MariaDb;
            Add(
                blockers, "Filtered", replica, problem + way,
                way.Length == 0
                    ? FilteredReplica.Advice(channel, isMariaDb, canCopy: true)
                    : $"What is behind a filtered or delayed replica can't become the primary: let {candidate} replicate from the primary "
                        + $"itself (Repair-FoobarReplication -Server {candidate}), or promote another one.");
        }

        foreach (string why in channel.NotUnderstood)
        {
            Add(
                blockers, "NotUnderstood", replica, why,
                "It may be a filter. See what it does (SHOW REPLICA STATUS; SHOW ALL SLAVES STATUS on MariaDB), and whether a newer "
                    + "version of the module knows it.");
        }

        if (!channel.AutoPosition)
        {
            Add(blockers, "NoGtid", replica, $"replicates by file and offset{way}", "Switch the channel to GTIDs first.");
        }
    }

    private static void JudgeCandidate(ReplicationTopology topology, string candidate, List<FailoverBlocker> blockers)
    {
        ReplicationFacts facts = topology.Facts(candidate)!;
        if (facts.Binlog.Value is not { Enabled: true, LogsReplicated: true })
        {
            Add(
                blockers, "NoBinaryLog", candidate,
                "keeps no complete binary log, so nobody could replicate from it",
                "log_bin and log_replica_updates need a restart.");
        }

        if (facts.Gtid.Value is { NumbersAgain: true })
        {
            Add(blockers, "BinlogState", candidate, BinlogState.Problem, BinlogState.Advice(facts.Gtid.Value.Position));
        }

        if (facts.Storage.Value is not { ReadOnly: false })
        {
            Add(
                blockers, "FileSystem", candidate,
                facts.Storage.Value is null
                    ? $"its file systems could not be read: {facts.Storage.Failure}"
                    : "its file system is mounted read-only",
                "Look at the kernel's log; remount it.");
        }
        else if (facts.Storage.Value.BinlogUsedPercent >= 98 || facts.Guard.Value is { EngineReadOnly: true })
        {
            Add(
                blockers, "FileSystem", candidate,
                facts.Guard.Value is { EngineReadOnly: true } ? "innodb_read_only is on" : "its disk is full",
                "Make room first.");
        }
    }

    // Within a series the old primary may replicate from a newer patch release: so goes every rolling upgrade.
    private static void JudgeVersions(
        ReplicationTopology topology, string old, string candidate, List<FailoverBlocker> blockers, List<FailoverBlocker> warnings)
    {
        if (DatabaseVersion.Parse(topology.Facts(candidate)!.Identity.Value?.Version) is not { } own
            || DatabaseVersion.Parse(topology.Facts(old)!.Identity.Value?.Version) is not { } theirs)
        {
            Add(blockers, "Version", candidate, "the versions could not be read", "Look at Get-FoobarReplication.");
        }
        else if (DatabaseVersion.SameSeries(own, theirs))
        {
            if (own < theirs)
            {
                Add(warnings, "Version", candidate, $"runs {own}, an older patch release than the primary's {theirs}", "Upgrade it soon.");
            }
        }
        else if (own < theirs)
        {
            Add(blockers, "Version", candidate, $"runs {own}, below the primary's {theirs}", "Upgrade the candidate first.");
        }
        else
        {
            Add(
                blockers, "Version", old,
                $"runs {theirs}, below the candidate's {own} of another series: it can't be relied on to replicate from it afterwards",
                "Upgrade the members to one series, replicas first; within a series any patch release may follow a newer one.");
        }
    }

    // GTIDs count only what is logged: equal ones prove nothing about the rest.
    private static void JudgeLogs(
        ReplicationTopology topology, string old, string candidate, List<FailoverBlocker> blockers, List<FailoverBlocker> warnings)
    {
        string[] passing = [.. topology.Path(candidate, old).Select(static link => link.Replica).Reverse()];
        foreach (string member in (string[])[old, .. passing])
        {
            ReplicationFacts facts = topology.Facts(member)!;
            if (facts.LogFilters.Value is not { } filters)
            {
                Add(
                    blockers, "LogFilters", member,
                    $"whether it logs every database could not be read: {facts.LogFilters.Failure}",
                    "Grant REPLICATION CLIENT (BINLOG MONITOR on MariaDB) to the operator's account.");
            }
            else if (filters.Count > 0)
            {
                Add(
                    blockers, "LogFilters", member,
                    $"leaves databases out of its binary log: {string.Join(", ", filters)}",
                    "What is not logged is on no replica. Remove binlog_do_db and binlog_ignore_db, restart it, and copy its replicas "
                        + "afresh (Repair-FoobarReplication -Copy).");
            }
        }

        ReplicationFacts primary = topology.Facts(old)!;
        foreach (string member in passing.Where(member => topology.Facts(member)!.Apply.Value is { Lenient.Count: > 0 }))
        {
            IReadOnlyList<string> lenient = topology.Facts(member)!.Apply.Value!.Lenient;
            Add(
                blockers, "SkipsErrors", member,
                $"leaves out what it can't apply: {string.Join(", ", lenient)}",
                "Its rows may differ from the primary's though its GTIDs don't. Take the setting back, and copy it afresh "
                    + "(Repair-FoobarReplication -Copy).");
        }

        foreach (string unlogged in primary.Unlogged.Value ?? [])
        {
            Add(warnings, "Unlogged", old, unlogged, "What it writes is on no replica, and no proof covers it.");
        }

        foreach (ConnectedReplica reader in (primary.Readers.Value ?? [])
            .Where(reader => !topology.Declares(topology.Members.First(member => member.Name == old), reader)))
        {
            Add(
                warnings, "Reader", old,
                Invariant(
                    $"'{reader.User}' from {reader.Host} reads its binary log on connection {reader.ConnectionId}, and the inventory does not name it"),
                "It stays at the old primary: point it at the new one yourself.");
        }
    }

    private static void JudgeEvents(
        ReplicationTopology topology, string old, string candidate, List<FailoverBlocker> blockers, List<FailoverBlocker> warnings)
    {
        ReplicationFacts primary = topology.Facts(old)!;
        if (primary.Events.Value is null)
        {
            Add(
                warnings, "Events", old,
                $"its scheduled events could not be read: {primary.Events.Failure}",
                "Enable them on the new primary yourself, or grant EVENT to the operator's account.");
        }
        else if (EnabledOn(primary) is { Count: > 0 } events && topology.Facts(candidate)!.Events.Value is not { SchedulerOn: true })
        {
            Add(
                blockers, "Events", candidate,
                $"event_scheduler is not ON there, so {string.Join(", ", events)} would run nowhere",
                "SET PERSIST event_scheduler = ON (in a configuration file on MariaDB): events that came by replication do not run on a "
                    + "replica.");
        }
    }

    // Whoever replicates from a replica of the old primary stays behind it, and so behind the new one: but for those in a chain
    // between the old primary and the new one.
    private static void JudgeFollowers(
        ReplicationTopology topology, string old, string candidate, List<FailoverBlocker> blockers, List<FailoverBlocker> warnings)
    {
        foreach (string other in Replication.Followers.Moved(topology, old, candidate))
        {
            IReadOnlyList<ReplicationChannel> channels = topology.Facts(other)!.Channels.Value!;
            ReplicationLink link = topology.LinkTo(other, old)!;
            if (ReplicaSource.Obstacle(channels) is { } obstacle)
            {
                Add(
                    blockers, "ReplicaNotMovable", other, $"{obstacle}, so it could not follow {candidate}",
                    "Let it replicate over the default channel by GTID, or detach it first.");
            }
            else if (!link.Channel.Replicates && topology.Path(candidate, old).All(hop => hop.Replica != other))
            {
                Add(
                    blockers, "ReplicationStopped", other,
                    $"receiver {link.Channel.Receiver}, applier {link.Channel.Applier}, so it could not follow {candidate}. {link.Channel.ReceiverError} {link.Channel.ApplierError}"
                        .TrimEnd(),
                    "Start replication, bring it back by Repair-FoobarReplication, or detach it first.");
            }

            if (link.Errant is null or not "")
            {
                Add(
                    blockers, "ErrantTransactions", other, link.Errant ?? "could not be determined",
                    "Repair-FoobarReplication saves them to a file and copies it afresh from the primary.");
            }
        }

        foreach (ReplicationLink kept in topology.Links.Where(
            link => !link.Channel.Replicates && Replication.Followers.Kept(topology, old, candidate).Contains(link.Replica)))
        {
            Add(
                warnings, "ReplicationStopped", kept.Replica,
                $"does not replicate from {kept.Source} (receiver {kept.Channel.Receiver}, applier {kept.Channel.Applier}), and will not afterwards. {kept.Channel.ReceiverError} {kept.Channel.ApplierError}"
                    .TrimEnd(),
                $"Repair-FoobarReplication -Server {kept.Replica} lets it follow the primary.");
        }

        foreach (string idle in topology.Members.Select(member => member.Name)
            .Where(name => name != old && topology.RoleOf(name) == MemberRole.Fenced))
        {
            Add(
                warnings, "NoReplica", idle,
                "is a member that replicates from none, and stays so",
                $"Repair-FoobarReplication -Server {idle} lets it follow the primary.");
        }

        foreach (ReplicationLink foreign in topology.Links.Where(link => link.Source is null))
        {
            Add(
                warnings, "NoReplica", foreign.Replica,
                $"replicates from {foreign.Channel.SourcePlace}, which is no member, and stays there",
                "Look at Get-FoobarReplication.");
        }
    }

    // An account list that could not be read says nothing: the way back is proved before writes are moved.
    private static void JudgeReverse(ReplicationTopology topology, string old, string candidate, List<FailoverBlocker> blockers)
    {
        string[] replicas = topology.Facts(candidate)?.Accounts.Value is null || topology.RoleOf(candidate) == MemberRole.ClusterMember
            ? []
            : [old, .. Replication.Followers.Moved(topology, old, candidate)];
        IReadOnlyList<ReplicationAccount> accounts = topology.Facts(candidate)?.Accounts.Value ?? [];
        foreach (Server replica in topology.Members.Where(member => replicas.Contains(member.Name)))
        {
            if (ReplicationAccess.Of(topology, accounts, replica) is { Account: null } denied)
            {
                Add(
                    blockers, "Grants", candidate,
                    $"for {replica.Name}: expected {denied.Wanted}, found {denied.Obstacle}",
                    PairControls.Accounts.Info.Remediation);
            }
        }

        foreach (SharedId shared in SharedId.Of(topology))
        {
            Add(
                blockers, "ServerIds", null,
                $"{shared.Id}: expected one member, found {string.Join(" and ", shared.Members)}",
                PairControls.UniqueIds.Info.Remediation);
        }
    }

    private static void JudgeTransactions(ReplicationTopology topology, string old, FailoverOptions options, List<FailoverBlocker> blockers)
    {
        if (!topology.Facts(old)!.Transactions.TryGet(out IReadOnlyList<OpenTransaction>? open))
        {
            Add(
                blockers, "Transactions", old,
                $"the open transactions could not be read: {topology.Facts(old)!.Transactions.Failure}",
                "Grant PROCESS to the operator's account.");
            return;
        }

        foreach (OpenTransaction one in open.Where(
            one => one is { Idle: true, HoldsLocks: true, StateSeconds: >= 2 } || one.AgeSeconds > options.LongTransactionSeconds))
        {
            string what = one.Idle
                ? Invariant($"idle for {one.StateSeconds} s with {one.RowsLocked} rows locked and {one.RowsModified} changed")
                : Invariant($"open for {one.AgeSeconds} s");
            Add(
                blockers, one.Idle ? "IdleTransaction" : "LongTransaction", old,
                Invariant($"connection {one.ConnectionId} of {one.User}: {what}"),
                "Its work would be lost. Let it end, or KILL it.");
        }
    }
}
