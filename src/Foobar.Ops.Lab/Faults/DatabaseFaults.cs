using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the databases and their replication; web-01 is the primary, web-02 the replica.</summary>
internal static class DatabaseFaults
{
    private const string RefuseWrites = "mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || mysql -e 'SET GLOBAL read_only = ON'";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row(
            "replication-stopped", "DB-003", "The replica has stopped applying", "web-02", "mysql -e 'STOP REPLICA SQL_THREAD'",
            "mysql -e 'START REPLICA SQL_THREAD'") with
            { AlsoSeenBy = ["TOP-009"] },
        Row("replica-writable", "DB-006", "The replica takes writes", "web-02", "mysql -e 'SET GLOBAL read_only = OFF'", RefuseWrites) with
            { AlsoSeenBy = ["DB-002"] },
        new VariantFault(
            Row("role-not-persisted", "DB-007", "The replica refuses writes only until its next restart", "web-02",
                "mysql -e 'RESET PERSIST super_read_only'", "mysql -e 'SET PERSIST super_read_only = ON'") with
                { AppliesTo = options => options.Database == DatabaseFlavour.MySql },
            // Read after what a failover leaves there (zz-foobar-role.cnf).
            Row("role-not-persisted", "DB-007", "The replica refuses writes only until its next restart", "web-02",
                "printf '[mariadb]\\nread_only = OFF\\n' >/etc/mysql/mariadb.conf.d/zzz-later.cnf",
                "rm -f /etc/mysql/mariadb.conf.d/zzz-later.cnf")),
        Row("relaxed-durability", "DB-011", "The primary acknowledges what is not on disk", "web-01",
            "mysql -e 'SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2'",
            "mysql -e 'SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1'"),
        Row(
            "replica-not-receiving", "DB-003", "The replica has stopped receiving", "web-02", "mysql -e 'STOP REPLICA IO_THREAD'",
            "mysql -e 'START REPLICA IO_THREAD'") with
            { AlsoSeenBy = ["DB-012", "TOP-009"] },
        Row(
            "replica-cannot-connect", "DB-003", "The replica looks for its source on another port", "web-02", Source("SOURCE_PORT = 3307"),
            Source("SOURCE_PORT = 3306")) with
            { AlsoSeenBy = ["DB-012", "TOP-009"] },
        Row(
            "replication-delayed", "DB-013", "The replica applies an hour late", "web-02", Source("SOURCE_DELAY = 3600"),
            Source("SOURCE_DELAY = 0")),
        Row("replication-by-position", "DB-028", "The replica finds its place by file and offset", "web-02",
            Source("SOURCE_AUTO_POSITION = 0", "MASTER_USE_GTID = no"), Source("SOURCE_AUTO_POSITION = 1", "MASTER_USE_GTID = slave_pos")),
        Row(
            "replication-filtered", "DB-013", "The replica leaves out one schema", "web-02", Filter("(scratch)", "scratch"),
            Filter("()", "")) with
            { AlsoSeenBy = ["TOP-009"] },
        Row(
            "replica-super-writable", "DB-006", "Privileged accounts can write on the replica", "web-02",
            "mysql -e 'SET GLOBAL super_read_only = OFF'", RefuseWrites) with
            { AppliesTo = options => options.Database == DatabaseFlavour.MySql },
        Row(
            "replica-out-of-order", "DB-023",
            "The replica commits in another order than its source",
            "web-02", PreserveOrder("OFF"), PreserveOrder("ON")) with
            { AppliesTo = options => options.Database == DatabaseFlavour.MySql },
        Row(
            "nobody-takes-writes",
            "DB-002",
            "The primary refuses writes",
            "web-01",
            RefuseWrites,
            "mysql -e 'SET GLOBAL read_only = OFF'") with
            { AlsoSeenBy = ["DB-003", "DB-007", "LB-011"] },
        Row(
            "statement-format", "DB-010", "The primary logs statements instead of rows", "web-01",
            "mysql -e \"SET GLOBAL binlog_format = 'STATEMENT'\"",
            "mysql -e \"SET GLOBAL binlog_format = 'ROW'\""),
        Row("short-retention", "DB-020", "The primary keeps its binary logs for an hour", "web-01",
            "mysql -e 'SET GLOBAL binlog_expire_logs_seconds = 3600'", "mysql -e 'SET GLOBAL binlog_expire_logs_seconds = 604800'"),
        Row("same-server-id", "DB-017", "The replica has the primary's server id", "web-02",
            "mysql -e 'SET GLOBAL server_id = @@global.server_id - 1'", "mysql -e 'SET GLOBAL server_id = @@global.server_id + 1'"),
        Row(
            "replication-grant-missing", "DB-015",
            "The old primary could not replicate from the new one after a failover",
            "web-02", Grant("REVOKE REPLICATION SLAVE ON *.* FROM"), Grant("GRANT REPLICATION SLAVE ON *.* TO")) with
            { AlsoSeenBy = ["DB-034"] },
        Row("table-without-transactions", "DB-025", "A table knows no transactions", "web-01",
            "mysql -e 'CREATE TABLE shop.visits (id INT PRIMARY KEY) ENGINE = MyISAM'", "mysql -e 'DROP TABLE IF EXISTS shop.visits'"),
        Row("idle-transaction", "DB-019", "An idle connection on the primary holds locks", "web-01",
            "systemd-run --quiet --collect --unit=foobar-idle sh -c '(echo \"BEGIN; SELECT * FROM shop.orders FOR UPDATE;\"; sleep 3600) | "
                + "mysql --unbuffered'; sleep 11",
            "systemctl stop foobar-idle.service 2>/dev/null || true"),
        Row("account-past-the-fence", "DB-029", "An account of a batch job may write in spite of read_only", "web-01",
            "mysql -e \"CREATE USER IF NOT EXISTS batch@'%' IDENTIFIED BY '$(head -c 18 /dev/urandom | base64)' REQUIRE SSL\"; mysql -e "
                + "\"GRANT CONNECTION_ADMIN ON *.* TO batch@'%'\" 2>/dev/null || mysql -e \"GRANT READ ONLY ADMIN ON *.* TO batch@'%'\"",
            "mysql -e \"DROP USER IF EXISTS batch@'%'\""),
        Row("account-without-a-name", "DB-042", "An account without a name and a password is open to every host", "web-01",
            "mysql -e \"CREATE USER IF NOT EXISTS ''@'%' IDENTIFIED BY '' REQUIRE SSL\"",
            "mysql -e \"DROP USER IF EXISTS ''@'%'\""),
        Row("failover-left-unfinished", "DB-030", "A failover was begun an hour ago by a machine that is gone", "web-01",
            $"mysql -e \"{OperationTable}\"; mysql -e \"REPLACE INTO foobar_ops.operation VALUES (1, 'lost', 'anna on desk-1 (process 7)', "
                + "UTC_TIMESTAMP() - INTERVAL 1 HOUR, 'running', 'web-01', 'web-02', '{}')\"",
            "mysql -e \"DELETE FROM foobar_ops.operation WHERE id = 'lost'\" 2>/dev/null || true"),
        Row("event-on-replica", "DB-031", "A scheduled event runs on the replica too", "web-02",
            "mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true; mysql -e \"SET sql_log_bin = 0; CREATE EVENT shop.stray ON "
                + "SCHEDULE EVERY 1 DAY STARTS CURRENT_TIMESTAMP + INTERVAL 1 DAY DO DO 1\"; mysql -e 'SET GLOBAL super_read_only = ON' "
                + "2>/dev/null || true",
            "mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true; mysql -e 'SET sql_log_bin = 0; DROP EVENT IF EXISTS "
                + "shop.stray'; mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || true") with
            { AlsoSeenBy = ["DB-034"] },
        Row(
            "errors-papered-over", "DB-013",
            "The replica goes on after errors that show that it differs",
            "web-02",
            "mysql -e \"SET GLOBAL slave_exec_mode = 'IDEMPOTENT'\"",
            "mysql -e \"SET GLOBAL slave_exec_mode = 'STRICT'\""),
        Row("routine-on-replica-alone", "DB-034", "The replica has a routine that the primary lacks", "web-02",
            "mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true; mysql -e 'SET sql_log_bin = 0; CREATE PROCEDURE shop.stray() "
                + "DO 1'; mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || true",
            "mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true; mysql -e 'SET sql_log_bin = 0; DROP PROCEDURE IF EXISTS "
                + "shop.stray'; mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || true"),
        Row("errant-transaction", "DB-005", "The replica has a transaction that the primary lacks", "web-02", MakeErrant, ForgetErrant),
        SemiSync("semi-sync-source-off", "The primary does not wait for a replica at a commit", "web-01", "source", "master"),
        SemiSync("semi-sync-replica-off", "The replica acknowledges nothing", "web-02", "replica", "slave"),
    ];

    private const string OperationTable =
        "CREATE TABLE IF NOT EXISTS foobar_ops.operation (slot TINYINT NOT NULL PRIMARY KEY, id VARCHAR(64) NOT NULL, holder VARCHAR(255) "
            + "NOT NULL, since DATETIME(3) NOT NULL, state VARCHAR(32) NOT NULL, old_primary VARCHAR(255) NOT NULL, new_primary "
            + "VARCHAR(255) NOT NULL, parameters TEXT NOT NULL)";

    // A write on the replica itself. What the replica numbered before, as a primary for a while, is not errant.
    private const string MakeErrant = """
        mysql -N -e "SELECT REPLACE(@@global.gtid_executed, '\n', '')" >/run/foobar-errant-before 2>/dev/null || true
        mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true
        mysql -e 'CREATE DATABASE scratch_errant'
        mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || true
        """;

    private const string ForgetErrant = """
        if mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null; then
            mysql -e "STOP REPLICA; SET sql_log_bin = 0; DROP DATABASE IF EXISTS scratch_errant; SET @keep = @@global.gtid_executed; SET @own = CONCAT(@@server_uuid, ':1-9223372036854775806');
                SET @errant = GTID_SUBTRACT(GTID_SUBTRACT(@keep, GTID_SUBTRACT(@keep, @own)), '$(cat /run/foobar-errant-before)');
                SET @keep = GTID_SUBTRACT(@keep, @errant); RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged = @keep; START REPLICA; SET GLOBAL super_read_only = ON"
        else
            # Without its binlog state it would number its own transactions from 1 again once it is a primary.
            mysql -e 'STOP REPLICA; SET sql_log_bin = 0; DROP DATABASE IF EXISTS scratch_errant; SET @keep = @@global.gtid_slave_pos; RESET MASTER; SET GLOBAL gtid_binlog_state = @keep; START REPLICA'
        fi
        """;

    // The same change in the words of MySQL, else of MariaDB.
    private static string Source(string change, string? other = null) =>
        $"mysql -e 'STOP REPLICA; CHANGE REPLICATION SOURCE TO {change}; START REPLICA' 2>/dev/null || mysql -e 'STOP REPLICA; CHANGE "
            + $"MASTER TO {other ?? change.Replace("SOURCE_", "MASTER_", StringComparison.Ordinal)}; START REPLICA'";

    private static string Filter(string schemas, string other) =>
        $"mysql -e 'STOP REPLICA; CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = {schemas}; START REPLICA' 2>/dev/null || mysql -e \"STOP "
            + $"REPLICA; SET GLOBAL replicate_ignore_db = '{other}'; START REPLICA\"";

    private static string PreserveOrder(string value) =>
        $"mysql -e 'STOP REPLICA SQL_THREAD; SET GLOBAL replica_preserve_commit_order = {value}; START REPLICA SQL_THREAD'";

    // On the replica alone: it must not be logged, and must get past super_read_only.
    private static string Grant(string statement) => $"""
        host=$(mysql -N -e "SELECT Host FROM mysql.user WHERE User = 'repl'")
        mysql -e 'SET GLOBAL super_read_only = OFF' 2>/dev/null || true
        mysql -e "SET sql_log_bin = 0; {statement} repl@'$host'"
        mysql -e 'SET GLOBAL super_read_only = ON' 2>/dev/null || true
        """;

    private static ShellFault SemiSync(string name, string description, string server, string side, string other) =>
        Row(name, "DB-012", description, server, SemiSyncSwitch(side, other, "OFF"), SemiSyncSwitch(side, other, "ON")) with
        {
            AppliesTo = options => options.SemiSync,
        };

    // A receiver takes note when it starts.
    private static string SemiSyncSwitch(string side, string other, string value) =>
        $"(mysql -e 'SET GLOBAL rpl_semi_sync_{side}_enabled = {value}' 2>/dev/null || mysql -e 'SET GLOBAL rpl_semi_sync_{other}_enabled "
            + $"= {value}')"
        + (side == "replica" ? " && mysql -e 'STOP REPLICA IO_THREAD; START REPLICA IO_THREAD'" : string.Empty);

    private static ShellFault Row(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Database, control, description, server, commandToBreak, commandToHeal);
}
