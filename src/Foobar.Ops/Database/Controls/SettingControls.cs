using Foobar.Ops.Findings;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>How members log, apply and keep what they commit.</summary>
internal static class SettingControls
{
    private const long Day = 86400;

    public static Control<SiteCase<ReplicationFacts>> GtidOn { get; } = OfFact(
        Info(
            "DB-008", Severity.High, "Transactions are counted by GTID, strictly",
            "Without GTIDs nobody can tell what a replica lacks; without the strict mode servers accept what GTIDs can't express.",
            "MySQL: gtid_mode = ON, enforce_gtid_consistency = ON. MariaDB: gtid_strict_mode = ON."),
        facts => facts.Gtid,
        (member, gtid) => [(gtid, member.Facts.Identity.Value?.Flavor) switch
        {
            ({ Enabled: false }, _) => Verdict.Fail("gtid_mode", "ON", "not ON"),
            ({ Enforced: true }, _) => Verdict.Pass(actual: "counted, strictly"),
            (_, DatabaseFlavor.MariaDb) => Verdict.Warning("gtid_strict_mode", "ON", "OFF: a replica may log transactions out of order"),
            _ => Verdict.Fail("enforce_gtid_consistency", "ON", "not ON"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Logs { get; } = OfFact(
        Info(
            "DB-009", Severity.High,
            "Every member logs what it commits and what it replicates",
            "A member without a complete binary log can't become a primary that others replicate from.",
            "log_bin on, log_replica_updates (log_slave_updates on MariaDB) on, no binlog_do_db and no binlog_ignore_db; all need a "
                + "restart."),
        facts => facts.Binlog,
        (member, binlog) => [(binlog, member.Facts.LogFilters) switch
        {
            ({ Enabled: false }, _) => Verdict.Fail("log_bin", "ON", "OFF"),
            ({ LogsReplicated: false }, _) => Verdict.Fail("log_replica_updates", "ON", "OFF"),
            (_, { Value: null }) =>
                Verdict.Unknown("filters", $"which databases are left out of the log could not be read: {member.Facts.LogFilters.Failure}"),
            (_, { Value.Count: > 0 }) =>
                Verdict.Fail("filters", "every database is logged", string.Join(", ", member.Facts.LogFilters.Value)),
            _ => Verdict.Pass(actual: "complete binary log"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> RowFormat { get; } = OfFact(
        Info(
            "DB-010", Severity.Medium, "Changes are logged as whole rows",
            "Statements can have another effect on the replica; partial rows can't be compared or applied elsewhere.",
            "SET PERSIST binlog_format = ROW, binlog_row_image = FULL (in a configuration file on MariaDB)."),
        facts => facts.Binlog,
        (_, binlog) => [binlog switch
        {
            { Enabled: false } => Verdict.NotApplicable("binlog_format", "no binary log"),
            { Format: not "ROW" } => Verdict.Fail("binlog_format", "ROW", binlog.Format),
            { RowImage: not (null or "FULL") } => Verdict.Warning("binlog_row_image", "FULL", binlog.RowImage),
            _ => Verdict.Pass(actual: "ROW"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Durable { get; } = OfFact(
        Info(
            "DB-011", Severity.High, "What is acknowledged is on disk",
            "With relaxed settings a power cut loses transactions that clients were told are safe, or leaves log and data contradicting "
                + "each other.",
            "sync_binlog = 1 and innodb_flush_log_at_trx_commit = 1."),
        facts => facts.Binlog,
        (member, binlog) =>
        {
            string actual = $"sync_binlog = {binlog.SyncBinlog}, innodb_flush_log_at_trx_commit = {binlog.FlushLogAtCommit}";
            const string Expected = "sync_binlog = 1, innodb_flush_log_at_trx_commit = 1";
            return [binlog is { SyncBinlog: 1, FlushLogAtCommit: 1 }
                ? Verdict.Pass(actual: actual)
                : member.Role == MemberRole.Replica
                    ? Verdict.Warning("durability", Expected, actual + " on a replica that may be promoted")
                    : Verdict.Fail("durability", Expected, actual)];
        });

    public static Control<SiteCase<ReplicationFacts>> SemiSync { get; } = OfFact(
        Info(
            "DB-012", Severity.High,
            "Acknowledged writes are on a replica too, where that is declared",
            "Without it a primary that dies takes its last acknowledged transactions with it.",
            "Load the semi-synchronous plugins and switch both sides on, on every member, so that it still works after a failover; then "
                + "restart the receiver thread."),
        facts => facts.SemiSync,
        JudgeSemiSync);

    public static Control<SiteCase<ReplicationFacts>> Parallel { get; } = OfFact(
        Info(
            "DB-023", Severity.Low, "Replicas apply in parallel and in order",
            "One applier falls behind many writers, and a failover then waits for it; out of order a replica shows states that never were.",
            "MySQL: replica_parallel_workers = 4, replica_preserve_commit_order = ON. MariaDB: slave_parallel_threads = 4."),
        facts => facts.Apply,
        (member, apply) => [(apply, member.Clustered) switch
        {
            (_, true) => Verdict.NotApplicable(actual: "is in a cluster"),
            ({ PreservesOrder: false, Workers: > 1 }, _) => Verdict.Fail("replica_preserve_commit_order", "ON", "OFF"),
            ({ Workers: <= 1 }, _) => Verdict.Warning("parallel appliers", "more than 1", Text(Math.Max(1, apply.Workers))),
            _ => Verdict.Pass(actual: $"{apply.Workers} appliers"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> CrashSafe { get; } = OfFact(
        Info(
            "DB-024", Severity.Medium, "A replica finds its place again after a crash",
            "Otherwise it applies transactions twice or leaves some out.",
            "MySQL: relay_log_recovery = ON. MariaDB: mysql.gtid_slave_pos in InnoDB."),
        facts => facts.Apply,
        (_, apply) => [apply.CrashSafe ? Verdict.Pass() : Verdict.Fail("replication position", "crash-safe", "not crash-safe")]);

    public static Control<SiteCase<ReplicationFacts>> Retention { get; } = OfFact(
        Info(
            "DB-020", Severity.Medium, "Binary logs are kept long enough",
            "A member that was away longer than the logs are kept can't catch up and has to be copied anew.",
            "binlog_expire_logs_seconds = 604800 (a week), and room for it."),
        facts => facts.Binlog,
        (_, binlog) => [binlog switch
        {
            { Enabled: false } => Verdict.NotApplicable("binlog_expire_logs_seconds", "no binary log"),
            { RetentionSeconds: 0 } => Verdict.Warning("binlog_expire_logs_seconds", "a limit", "kept for ever: the disk will fill"),
            { RetentionSeconds: < Day } => Verdict.Fail("binlog_expire_logs_seconds", "at least a day", $"{binlog.RetentionSeconds} s"),
            { RetentionSeconds: < 3 * Day } =>
                Verdict.Warning("binlog_expire_logs_seconds", "at least three days", $"{binlog.RetentionSeconds} s"),
            _ => Verdict.Pass(actual: $"{binlog.RetentionSeconds / Day} days"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Understood { get; } = OfFact(
        Info(
            "DB-033", Severity.Medium, "No setting means what is not taken into account",
            "A setting of logging, replication or durability that the judgement does not know may make every other finding wrong.",
            "Set the variable to its default, or see what it does and take it into account yourself."),
        facts => facts.UnknownSettings,
        (_, settings) => settings.Select(setting => Verdict.Unknown("variable", setting)).OrPass("every setting is known"));

    private static IEnumerable<Verdict> JudgeSemiSync(MemberCase member, SemiSyncFacts semiSync)
    {
        if (!member.Policy.SemiSync || member.Role is not (MemberRole.Primary or MemberRole.Replica))
        {
            return [Verdict.NotApplicable(actual: member.Policy.SemiSync ? $"is {member.Role}" : "not declared")];
        }

        bool primary = member.Role == MemberRole.Primary;
        if (!primary && member.Links.FirstOrDefault() is { Source: { } source } && member.Topology.RoleOf(source) == MemberRole.Replica)
        {
            return [Verdict.NotApplicable(actual: $"is behind {source}: no commit on the primary waits for it")];
        }

        return [semiSync switch
        {
            { Available: false } => Verdict.Fail("semi-sync", "available", "the plugins are not loaded"),
            { SourceEnabled: false } when primary => Verdict.Fail("semi-sync source", "ON", "OFF"),
            { SourceActive: false } when primary => Verdict.Fail(
                "semi-sync source", "active", $"waits for no replica ({semiSync.Clients} connected): commits are acknowledged without one"),
            { ReplicaEnabled: false } when !primary => Verdict.Fail("semi-sync replica", "ON", "OFF"),
            { ReplicaActive: false } when !primary => Verdict.Fail("semi-sync replica", "active", "enabled, but does not acknowledge"),
            { WaitPoint: "AFTER_COMMIT" } when primary =>
                Verdict.Warning("semi-sync wait point", "AFTER_SYNC", "AFTER_COMMIT: others see a commit that a failover may take back"),
            _ => Verdict.Pass(actual: primary ? $"{semiSync.Clients} replica(s) acknowledge" : "acknowledges"),
        }];
    }
}
