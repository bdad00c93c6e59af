using Foobar.Ops.Findings;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>What is open, stored and left on the members.</summary>
internal static class StateControls
{
    private const double LongSeconds = 60;
    private const double TooLongSeconds = 600;
    private const double IdleSeconds = 10;

    // A switchover's waits are limited to less; an emergency that fetches much from a dead primary may take longer.
    private const double UnfinishedSeconds = 300;

    public static Control<SiteCase<ReplicationFacts>> LongTransactions { get; } = OfFact(
        Info(
            "DB-018", Severity.Medium, "No transaction is open for long",
            "It keeps old row versions, blocks changes of tables, and is lost at a failover.",
            "Find out who it is; KILL its connection if it is of no use."),
        facts => facts.Transactions,
        (_, open) => [open.MaxBy(transaction => transaction.AgeSeconds) switch
        {
            { AgeSeconds: > TooLongSeconds } oldest =>
                Verdict.Fail(Target(oldest), $"at most {TooLongSeconds} s", $"open for {Text(oldest.AgeSeconds)} s"),
            { AgeSeconds: > LongSeconds } oldest =>
                Verdict.Warning(Target(oldest), $"at most {LongSeconds} s", $"open for {Text(oldest.AgeSeconds)} s"),
            _ => Verdict.Pass(actual: $"{open.Count} open"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> IdleLocks { get; } = OfFact(
        Info(
            "DB-019", Severity.High, "No idle connection holds locks",
            "Others wait for it until they give up, and its work is lost at a failover.",
            "Find out why the application neither commits nor rolls back; KILL the connection."),
        facts => facts.Transactions,
        (_, open) =>
        {
            List<OpenTransaction> idle =
            [
                .. open.Where(transaction => transaction is { Idle: true, HoldsLocks: true, StateSeconds: >= IdleSeconds }),
            ];
            return idle.Count == 0
                ? [Verdict.Pass(actual: "none")]
                : idle.Select(
                    transaction => Verdict.Fail(
                        Target(transaction), "no locks held while idle",
                        $"idle for {Text(transaction.StateSeconds)} s with {transaction.RowsLocked} rows locked, "
                            + $"{transaction.RowsModified} changed"));
        });

    public static Control<SiteCase<ReplicationFacts>> DiskLeft { get; } = OfFact(
        Info(
            "DB-021", Severity.High, "There is room for binary logs",
            "A full disk stops every commit, and a primary that can't commit is down.",
            "Make room; PURGE BINARY LOGS that no replica needs; put logs on a disk of their own."),
        facts => facts.Storage,
        (member, storage) => [storage.BinlogUsedPercent switch
        {
            double used when used > member.Site.Policy.Servers.DiskFailPercent =>
                Verdict.Fail(storage.BinlogDirectory, $"at most {Text(member.Site.Policy.Servers.DiskFailPercent)} % used", Used(storage)),
            double used when used > member.Site.Policy.Servers.DiskWarnPercent => Verdict.Warning(
                storage.BinlogDirectory, $"at most {Text(member.Site.Policy.Servers.DiskWarnPercent)} % used", Used(storage)),
            _ => Verdict.Pass(storage.BinlogDirectory, Used(storage)),
        }]);

    public static Control<SiteCase<ReplicationFacts>> DiskWritable { get; } = OfFact(
        Info(
            "DB-022", Severity.Critical, "The file systems under the database are writable",
            "The kernel remounts a failing disk read-only: the database may still answer reads, and fails as soon as it is promoted.",
            "Look at the kernel's log; replace the disk; remount."),
        facts => facts.Storage,
        (_, storage) => [
            storage.ReadOnly
                ? Verdict.Fail(storage.DataDirectory, "writable", "mounted read-only")
                : Verdict.Pass(storage.DataDirectory, "writable"),
        ]);

    public static Control<SiteCase<ReplicationFacts>> Tables { get; } = OfFact(
        Info(
            "DB-025", Severity.Medium,
            "Every table is transactional and has a primary key",
            "A crash leaves other tables different on primary and replica; without a key a replica reads the whole table for each changed row.",
            "ALTER TABLE ... ENGINE = InnoDB; add a primary key."),
        facts => facts.Tables,
        (_, tables) => [tables switch
        {
            { NonTransactional.Count: > 0 } => Verdict.Fail("engine", "transactional tables only", Some(tables.NonTransactional)),
            { WithoutPrimaryKey.Count: > 0 } => Verdict.Warning("primary key", "on every table", Some(tables.WithoutPrimaryKey)),
            { Complete: false } => Verdict.Unknown(null, "the login may not read every table: GRANT SELECT ON *.* to it"),
            _ => Verdict.Pass(),
        }]);

    public static Control<SiteCase<ReplicationFacts>> NothingUnfinished { get; } = OfFact(
        Info(
            "DB-030", Severity.High, "No failover was left unfinished",
            "One whose process died leaves the site without a primary or without the way back, and keeps every other failover out until it "
                + "is ended.",
            "Resume-FoobarFailover on the machine that began it, as that user; if that machine is lost, Resume-FoobarFailover -TakeOver on "
                + "another one."),
        facts => facts.Unfinished,
        (member, unfinished) => unfinished.Select(mark => (member.Time - mark.Since).TotalSeconds > UnfinishedSeconds
                ? Verdict.Fail("operation", "ended", $"{mark}")
                : Verdict.Warning("operation", "ended", $"{mark}"))
            .DefaultIfEmpty(Verdict.Pass("operation", "none under way")));

    public static Control<SiteCase<ReplicationFacts>> Events { get; } = OfFact(
        Info(
            "DB-031", Severity.High,
            "Scheduled events run on the primary, and there alone",
            "Nobody enables events when roles are swapped by hand: what they do (purge, aggregate) then stops, or runs on a replica, where "
                + "it fails or makes errant transactions.",
            "On the primary ALTER EVENT ... ENABLE, with DEFINER = its definer; replication then disables it on the replicas. "
                + "event_scheduler = ON on every member.",
            "MySQL Reference Manual, Replication of Invoked Features"),
        facts => facts.Events,
        (member, events) => member.Role switch
        {
            MemberRole.Primary => JudgeOnPrimary(events),
            MemberRole.Replica or MemberRole.WritableReplica => events.Events.Where(one => one.Status == EventStatus.Enabled)
                .Select(one => Verdict.Fail($"{one}", "disabled on a replica", $"ENABLED: it runs here by the privileges of {one.Definer}"))
                .DefaultIfEmpty(Verdict.Pass(actual: "none enabled")),
            _ => [Verdict.NotApplicable(actual: $"is {member.Role}")],
        });

    private static IEnumerable<Verdict> JudgeOnPrimary(EventFacts events) => events.Events
        .Where(one => one.Status == EventStatus.ReplicaSideDisabled)
        .Select(one => Verdict.Fail($"{one}", "ENABLED or DISABLED on the primary", "disabled as on a replica: it runs nowhere"))
        .Concat(events is { SchedulerOn: false } && events.Events.Count(one => one.Status == EventStatus.Enabled) is > 0 and int waiting
            ? [Verdict.Warning("event_scheduler", "ON", $"OFF, so {waiting} enabled {(waiting == 1 ? "event does" : "events do")} not run")]
            : [])
        .DefaultIfEmpty(Verdict.Pass(actual: $"{events.Events.Count(one => one.Status == EventStatus.Enabled)} enabled"));

    private static string Target(OpenTransaction transaction) => $"connection {transaction.ConnectionId} of {transaction.User}";

    private static string Used(DatabaseStorage storage) =>
        $"{Text(storage.BinlogUsedPercent)} % used, {Text(storage.BinlogAvailableBytes / 1e9)} GB left";

    private static string Some(IReadOnlyList<string> names) => names.Count <= 5
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(5))} and {names.Count - 5} more";
}
