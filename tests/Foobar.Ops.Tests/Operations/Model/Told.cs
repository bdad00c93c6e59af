using System.Globalization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>What a server answers where it only tells.</summary>
internal static class Told
{
    public static readonly DatabaseRow InnoDb = Rows.Of(("engine", "InnoDB"));
    public static readonly DatabaseRow Logs = Rows.Of(("Log_name", "binlog.000001"), ("File_size", 1000));
    public static readonly DatabaseRow LogStatus = Rows.Of(
        ("File", "binlog.000001"), ("Position", 1000), ("Binlog_Do_DB", ""), ("Binlog_Ignore_DB", ""));
    public static readonly DatabaseRow ReadsAll = Rows.Of(("reads_all", 1));
    public static readonly DatabaseRow LogTable = Rows.Of(("table_schema", "mysql"), ("table_name", "general_log"));
    public static readonly DatabaseRow[] Settings = [Rows.Of(("Variable_name", "binlog_format"), ("Value", "ROW"))];
    public static readonly DatabaseRow[] Objects =
    [
        Rows.Of(("kind", "account"), ("name", "'app'@'192.0.2.%'"), ("digest", "1"), ("secret", null)),
        Rows.Of(("kind", "table"), ("name", "shop.orders"), ("digest", "3"), ("secret", null)),
    ];
    public static readonly DatabaseRow[] Definitions =
    [
        Rows.Of(("aspect", "engine"), ("s", "shop"), ("t", "orders"), ("item", null), ("digest", "InnoDB"), ("columns", null)),
        Rows.Of(("aspect", "columns"), ("s", "shop"), ("t", "orders"), ("item", null), ("digest", "2 4"), ("columns", null)),
        Rows.Of(("aspect", "key"), ("s", "shop"), ("t", "orders"), ("item", "PRIMARY"), ("digest", "1 5"), ("columns", "1 6")),
    ];
    public static readonly DatabaseRow[] ClientRows = [Rows.Of(("user", "app")), Rows.Of(("user", "operator"))];
    public static readonly DatabaseRow Accounts = Rows.Of(
        ("User", "replication"), ("Host", "192.0.2.%"), ("ssl_type", "ANY"), ("plugin", "caching_sha2_password"), ("account_locked", "N"));
    public static readonly DatabaseRow MariaDbAccounts = Rows.Of(
        ("User", "replication"), ("Host", "192.0.2.%"), ("ssl_type", "ANY"), ("plugin", "mysql_native_password"));
    public static readonly DatabaseRow MySqlPrivileged = Rows.Of(("grantee", "'operator'@'localhost'"), ("privilege", "CONNECTION_ADMIN"));
    public static readonly DatabaseRow MariaDbPrivileged = Rows.Of(("grantee", "'operator'@'localhost'"), ("privilege", "READ ONLY ADMIN"));
    public static readonly DatabaseRow LoginRow = Rows.Of(
        ("User_name", "replication"), ("User_password", "secret"), ("Enabled_ssl", 1), ("Ssl_verify_server_cert", 1),
        ("Ssl_ca", "/etc/ca.pem"), ("Ssl_cert", ""), ("Ssl_key", ""), ("Connect_retry", 1));
    public static readonly DatabaseRow[] MySqlConstants = [.. Constants(mariaDb: false)];
    public static readonly DatabaseRow[] MariaDbConstants = [.. Constants(mariaDb: true)];
    public static readonly DatabaseRow[] SwitchOn = [.. SwitchNames.Select(name => Variable(name, "ON"))];
    public static readonly DatabaseRow[] SwitchOff = [.. SwitchNames.Select(name => Variable(name, "OFF"))];

    private static string[] SwitchNames =>
        [
            "read_only",
            "super_read_only",
            "event_scheduler",
            "rpl_semi_sync_source_enabled",
            "rpl_semi_sync_replica_enabled",
            "rpl_semi_sync_master_enabled",
            "rpl_semi_sync_slave_enabled",
            "Rpl_semi_sync_source_status",
            "Rpl_semi_sync_master_status",
            "Rpl_semi_sync_replica_status",
            "Rpl_semi_sync_slave_status",
        ];

    /// <summary>Known since 9.x though no group is.</summary>
    public static readonly DatabaseRow GroupSetting = Rows.Of(
        ("Variable_name", "group_replication_consistency"), ("Value", "BEFORE_ON_PRIMARY_FAILOVER"));

    private static (string, string)[] OfMySql =>
    [
        ("gtid_mode", "ON"), ("enforce_gtid_consistency", "ON"), ("gtid_purged", ""), ("replica_parallel_workers", "4"),
        ("replica_preserve_commit_order", "ON"), ("replica_net_timeout", "60"),
        ("replica_exec_mode", "STRICT"), ("rpl_semi_sync_source_timeout", "10000"), ("rpl_semi_sync_source_wait_point", "AFTER_SYNC"),
    ];

    private static (string, string)[] OfMariaDb =>
    [
        ("have_ssl", "YES"), ("gtid_strict_mode", "ON"), ("slave_parallel_threads", "4"), ("slave_net_timeout", "60"),
        ("slave_exec_mode", "STRICT"),
        ("rpl_semi_sync_master_timeout", "10000"), ("rpl_semi_sync_master_wait_point", "AFTER_SYNC"),
    ];

    public static string OnOff(bool on) => on ? "ON" : "OFF";

    private static DatabaseRow Variable(string name, object? value) => Rows.Of(("Variable_name", name), ("Value", value));

    private static DatabaseRow Switch(int at, bool on) => on ? SwitchOn[at] : SwitchOff[at];

    private static IEnumerable<DatabaseRow> Constants(bool mariaDb)
    {
        (string, string)[] values =
        [
            ("version", mariaDb
                ? "11.8.3-MariaDB"
                : "9.7.0"), ("port", "3306"), ("ssl_cert", "/etc/cert.pem"), ("require_secure_transport", "OFF"),
                ("innodb_read_only", "OFF"),
            ("log_bin", "ON"), ("log_bin_basename", "/var/lib/mysql/binlog"), ("datadir", "/var/lib/mysql/"), ("binlog_format", "ROW"),
            ("binlog_row_image", "FULL"),
            (mariaDb
                ? "log_slave_updates"
                : "log_replica_updates", "ON"), ("binlog_expire_logs_seconds", "604800"), ("relay_log_recovery", "ON"),
            .. mariaDb ? OfMariaDb : OfMySql,
        ];
        foreach ((string name, string value) in values)
        {
            yield return Variable(name, value);
        }
    }

    /// <summary>What was persisted of the read-only switches: nothing of what never was.</summary>
    public static DatabaseRow[] Persisted(Member member) =>
    [
        .. member.PersistedReadOnly is { } readOnly ? [Variable("read_only", OnOff(readOnly))] : Array.Empty<DatabaseRow>(),
        .. member.PersistedSuper is { } super ? [Variable("super_read_only", OnOff(super))] : Array.Empty<DatabaseRow>(),
    ];

    /// <summary>Each channel has its workers, whether they apply something or not.</summary>
    public static DatabaseRow[] ApplyingAge(Member member) =>
        member.Link is null ? [] : [Rows.Of(("channel_name", ""), ("applying_age", null))];

    /// <summary>The replicas that are connected to a member.</summary>
    public static DatabaseRow[] Readers(Member member, Cluster cluster) =>
        [
            .. cluster.Members.Where(one => one.Link is { Connected: true, ReceiverOn: true } link && link.Source == member)
                .Select(one => Rows.Of(("id", 1000 + one.Index), ("user", "replication"), ("host", $"{one.Address}:40000"))),
        ];

    public static DatabaseRow MySqlLogStatus(Member member) =>
        Rows.Of(
            ("File", "binlog.000001"), ("Position", 1000), ("Binlog_Do_DB", ""), ("Binlog_Ignore_DB", ""),
            ("Executed_Gtid_Set", member.ExecutedSet));

    public static List<DatabaseRow> Variables(Member member)
    {
        List<DatabaseRow> rows =
        [
            .. member.IsMariaDb ? MariaDbConstants : MySqlConstants,
            Variable(
                "hostname", member.Name), Variable(
                    "server_id", member.ServerId), Variable(
                        "sync_binlog", member.SyncBinlog), Variable("innodb_flush_log_at_trx_commit", member.FlushLog),
            Switch(0, member.ReadOnly), Switch(2, member.SchedulerOn),
        ];
        if (member.IsMariaDb)
        {
            rows.AddRange([
                Variable("gtid_binlog_state", member.BinlogState),
                Variable("gtid_current_pos", member.CurrentPosition),
                Switch(5, member.SemiSource),
                Switch(6, member.SemiReplica),
            ]);
        }
        else
        {
            rows.AddRange([
                Variable("server_uuid", member.Uuid),
                Switch(1, member.SuperReadOnly),
                Variable("gtid_executed", member.ExecutedSet),
                Switch(3, member.SemiSource),
                Switch(4, member.SemiReplica),
            ]);
        }

        return rows;
    }

    public static DatabaseRow[] Status(Member member)
    {
        (string source, string replica) = member.IsMariaDb ? ("master", "slave") : ("source", "replica");
        bool waits = member.SemiSource && member.SemiActive;
        return
        [
            Variable(
                "Uptime", 1000), Switch(
                    member.IsMariaDb ? 8 : 7, waits), Switch(
                        member.IsMariaDb ? 10 : 9, member.Link is { SaysSemi: true, ReceiverOn: true } && member.SemiReplica),
            Variable(
                $"Rpl_semi_sync_{source}_clients", member.SemiClients), Variable(
                    $"Rpl_semi_sync_{source}_wait_sessions", member.Committing),
            Variable($"Rpl_semi_sync_{source}_yes_tx", member.Yes), Variable($"Rpl_semi_sync_{source}_no_tx", member.No),
        ];
    }

    public static string Retrieved(Member member) =>
        string.Join(',', member.Link!.Retrieved.Select((range, at) => (range, at)).Where(one => one.range.Low > 0)
            .Select(
                one => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{member.Peer(one.at).Uuid}:{one.range.Low}{(one.range.High > one.range.Low ? $"-{one.range.High}" : "")}")));

    public static DatabaseRow[] Channels(Member member, Cluster cluster)
    {
        if (member.Link is not { } link)
        {
            return [];
        }

        string receiver = link.Connected && link.ReceiverOn ? "Yes" : link.ReceiverOn ? "Connecting" : "No";
        string applier = OnOff(link.ApplierOn) == "ON" ? "Yes" : "No";
        int executed = link.Read - link.Relay.Count;
        string idle = !link.ApplierOn
            ? ""
            : link.Relay.Count == 0
                ? $"{(member.IsMariaDb ? "Slave" : "Replica")} has read all relay log; waiting for more updates"
                : "Reading event from the relay log";
        object? behind = link is { Connected: true, ApplierOn: true } ? 0 : null;
        string file = link.Known is not null ? "binlog.000001" : "";
        bool refused = link is { ReceiverOn: true, Connected: false, Error: 0 }
            && (link.Source is null || !cluster.CanReach(member, link.Source));
        (int error, string text) = refused
            ? (2003, "error reconnecting to its source: can't connect to server")
            : (link.Error, link.ErrorText);
        return member.IsMariaDb
            ? [Rows.Of(
                (
                    "Connection_name", ""), (
                        "Master_Host", link.Host), (
                            "Master_Port", 3306), ("Master_User", "replication"), ("Master_Server_Id", link.Known?.ServerId
                    ?? 0), ("Slave_IO_Running", receiver), ("Slave_SQL_Running", applier),
                (
                    "Master_Log_File", file), (
                        "Read_Master_Log_Pos", link.Read), (
                            "Relay_Log_File", "relay.000001"), (
                                "Relay_Log_Pos", executed), ("Relay_Master_Log_File", file), ("Exec_Master_Log_Pos", executed),
                (
                    "Last_IO_Errno", error), (
                        "Last_IO_Error", text), ("Last_SQL_Errno", link.ApplyError), ("Last_SQL_Error", link.ApplyErrorText),
                ("Using_Gtid", "Slave_Pos"), ("Gtid_IO_Pos", link.ReceivedLast?.Gtid
                    ?? (link.Known is not null ? member.SlavePosition?.Gtid : null)
                    ?? ""), (
                        "Seconds_Behind_Master", behind), (
                            "Master_SSL_Allowed", "Yes"), ("Master_SSL_Verify_Server_Cert", "Yes"), ("Master_SSL_CA_File", "/etc/ca.pem"),
                ("Slave_SQL_Running_State", idle), ("Slave_received_heartbeats", link.Heard), ("Connect_Retry", 1))]
            : [Rows.Of(
                (
                    "Channel_Name", ""), (
                        "Source_Host", link.Host), ("Source_Port", 3306), ("Source_User", "replication"), ("Source_UUID", link.Known?.Uuid
                    ?? ""), ("Source_Server_Id", link.Known?.ServerId
                        ?? 0), ("Connect_Retry", 1), ("Replica_IO_Running", receiver), ("Replica_SQL_Running", applier),
                (
                    "Source_Log_File", file), (
                        "Read_Source_Log_Pos", link.Read), (
                            "Relay_Log_File", "relay.000001"), (
                                "Relay_Log_Pos", executed), ("Relay_Source_Log_File", file), ("Exec_Source_Log_Pos", executed),
                (
                    "Last_IO_Errno", error), (
                        "Last_IO_Error", text), ("Last_SQL_Errno", link.ApplyError), ("Last_SQL_Error", link.ApplyErrorText),
                ("Auto_Position", 1), ("Retrieved_Gtid_Set", Retrieved(
                    member)), (
                        "Seconds_Behind_Source", behind), (
                            "Source_SSL_Allowed", "Yes"), ("Source_SSL_Verify_Server_Cert", "Yes"), ("Source_SSL_CA_File", "/etc/ca.pem"),
                ("Replica_SQL_Running_State", idle))];
    }

    public static DatabaseRow[] Events(Member member) => !member.HasEvent ? [] :
    [
        Rows.Of(
            ("event_schema", "shop"), ("event_name", "purge"),
            ("status", member.EventEnabled ? "ENABLED" : member.IsMariaDb ? "SLAVESIDE_DISABLED" : "REPLICA_SIDE_DISABLED"),
            ("definer", "app@%"), ("sql_mode", "")),
    ];
}
