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
        Row("replication-stopped", "DB-003", "The replica has stopped applying", "web-02", "mysql -e 'STOP REPLICA SQL_THREAD'", "mysql -e 'START REPLICA SQL_THREAD'"),
        Row("replica-writable", "DB-006", "The replica takes writes", "web-02", "mysql -e 'SET GLOBAL read_only = OFF'", RefuseWrites),
        new VariantFault(
            Row("role-not-persisted", "DB-007", "The replica refuses writes only until its next restart", "web-02",
                "mysql -e 'RESET PERSIST super_read_only'", "mysql -e 'SET PERSIST super_read_only = ON'") with
                { AppliesTo = options => options.Database == DatabaseFlavour.MySql },
            new FileFault("role-not-persisted", Area.Database, "DB-007", "The replica refuses writes only until its next restart", ["web-02"],
                "/etc/mysql/mariadb.conf.d/70-server.cnf", "sed -i '/^read_only/d' \"$file\"", "true")),
        Row("relaxed-durability", "DB-011", "The primary acknowledges what is not on disk", "web-01",
            "mysql -e 'SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2'",
            "mysql -e 'SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1'"),
    ];

    private static ShellFault Row(string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Database, control, description, server, commandToBreak, commandToHeal);
}
