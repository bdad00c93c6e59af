using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Database;
using Foobar.Ops.Remoting;
using static Foobar.Ops.Tests.Operations.Model.Told;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>The statements that the engine sends, and what a server does at each. One that is not here fails the run.</summary>
internal static partial class Statements
{
    private static readonly ConcurrentDictionary<string, Action<Call>> Known = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, Action<Call>> Exact = new(StringComparer.Ordinal)
    {
        [ReplicationQueries.Variables] = static call => call.Answer(Variables(call.Member)),
        [ReplicationQueries.Status] = static call => call.Answer(Status(call.Member)),
        [ReplicationQueries.SemiSyncCounters] = static call => call.Answer(Asked(call)),
        [ReplicationQueries.Persisted] = static call => call.Answer(Persisted(call.Member)),
        [ReplicationQueries.MySqlChannels] = static call => call.Answer(Channels(call.Member, call.Connection.Cluster)),
        [ReplicationQueries.MariaDbChannels] = static call => call.Answer(Channels(call.Member, call.Connection.Cluster)),
        [ReplicationQueries.ApplyingAge] = static call => call.Answer(ApplyingAge(call.Member)),
        [ReplicationQueries.PositionEngine] = static call => call.Answer(InnoDb),
        [ReplicationQueries.BinaryLogs] = static call => call.Answer(Logs),
        [ReplicationQueries.MySqlLog] = static call => call.Answer(MySqlLogStatus(call.Member)),
        [ReplicationQueries.MariaDbLog] = static call => call.Answer(LogStatus),
        [ReplicationQueries.Events] = static call => call.Answer(Events(call.Member)),
        [ReplicationQueries.Settings] = static call => call.Answer(Settings),
        [ReplicationQueries.Objects] = static call => call.Answer(Objects),
        [TableDefinitionQueries.Bounded(isMariaDb: false)] = static call => call.Answer(Definitions),
        [TableDefinitionQueries.Bounded(isMariaDb: true)] = static call => call.Answer(Definitions),
        [ReplicationQueries.Clients] = static call => call.Answer(ClientRows),
        [ReplicationQueries.Readers] = static call => call.Answer(Readers(call.Member, call.Connection.Cluster)),
        [ReplicationQueries.Unlogged] = static call => call.Answer(),
        [ReplicationQueries.Transactions] = static call => call.Answer(),
        [ReplicationQueries.Operation] = Mark,
        [ReplicationQueries.MySqlAccounts] = static call => call.Answer(Accounts),
        [ReplicationQueries.MariaDbAccounts] = static call => call.Answer(MariaDbAccounts),
        [ReplicationQueries.MySqlOpenAccounts] = static call => call.Answer(),
        [ReplicationQueries.MariaDbOpenAccounts] = static call => call.Answer(),
        [ReplicationQueries.Privileged] = static call => call.Answer(call.Member.IsMariaDb ? MariaDbPrivileged : MySqlPrivileged),
        [ReplicationQueries.Tables] = static call => call.Answer(),
        [ReplicationQueries.ReadsAllTables] = static call => call.Answer(ReadsAll),
        [ReplicationQueries.GroupMembers] = static call => call.Answer(),
        ["SELECT 1"] = static call => call.Value(1),
        ["SELECT @@global.gtid_executed AS value"] = static call => call.Value(call.Member.ExecutedSet),
        ["SELECT @@global.gtid_executed AS gtids"] = static call => call.Answer(Rows.Of(("gtids", call.Member.ExecutedSet))),
        ["SELECT @@global.gtid_binlog_state AS gtids"] = static call => call.Answer(Rows.Of(("gtids", call.Member.BinlogState))),
        ["SELECT @@global.gtid_binlog_state AS value"] = static call => call.Value(call.Member.BinlogState),
        ["SELECT @@global.gtid_binlog_pos AS value"] = static call => call.Value(call.Member.BinlogPosition),
        ["SELECT @@global.gtid_slave_pos AS value"] = static call => call.Value(call.Member.SlavePosition?.Gtid ?? ""),
        ["SELECT @@global.gtid_purged AS value"] = static call => call.Value(""),
        ["SELECT @@global.super_read_only AS value"] = static call => call.Value(call.Member.SuperReadOnly ? 1 : 0),
        ["SELECT @@global.read_only AS value"] = static call => call.Value(call.Member.ReadOnly ? 1 : 0),
        ["SELECT @@global.super_read_only AS fenced, @@global.gtid_executed AS executed"] = static call =>
            call.Answer(Rows.Of(("fenced", call.Member.SuperReadOnly ? 1 : 0), ("executed", call.Member.ExecutedSet))),
        [
            "SELECT @@global.read_only AS fenced, @@global.gtid_binlog_pos AS position, @@global.gtid_binlog_state AS executed"] =
                static call => call.Answer(
                    Rows.Of(
                        ("fenced", call.Member.ReadOnly ? 1 : 0), ("position", call.Member.BinlogPosition),
                        ("executed", call.Member.BinlogState))),
        [
            "SELECT CONCAT_WS(',', NULLIF(@@global.gtid_slave_pos, ''), NULLIF(@@global.gtid_binlog_pos, '')) AS value"] =
                static call => call.Value(
                    string.Join(
                        ',', ((string[])[call.Member.SlavePosition?.Gtid ?? "", call.Member.BinlogPosition])
                            .Where(text => text.Length > 0))),
        ["SELECT @@global.datadir AS value"] = static call => call.Value("/var/lib/mysql/"),
        ["SELECT @@global.ssl_ca AS value"] = static call => call.Value(""),
        ["SELECT @@global.event_scheduler AS value"] = static call => call.Value(OnOff(call.Member.SchedulerOn)),
        ["SELECT @@global.sync_binlog AS binlog, @@global.innodb_flush_log_at_trx_commit AS redo"] = static call =>
            call.Answer(Rows.Of(("binlog", call.Member.SyncBinlog), ("redo", call.Member.FlushLog))),
        ["SELECT WAIT_FOR_EXECUTED_GTID_SET(@position, @limit) AS value"] = static call => WaitFor(call),
        ["SELECT MASTER_GTID_WAIT(@position, @limit) AS value"] = static call => WaitFor(call),
        ["SET GLOBAL super_read_only = ON"] = static call => Fence(call, then: null),
        ["SET GLOBAL read_only = 1"] = static call => Fence(call, then: null),
        ["SET GLOBAL read_only = OFF"] = static call => Set(call, member => member.ReadOnly = member.SuperReadOnly = false),
        ["SET GLOBAL read_only = 0"] = static call => Set(call, member => member.ReadOnly = false),
        ["SET GLOBAL super_read_only = OFF"] = static call => Set(call, member => member.SuperReadOnly = false),
        ["SET PERSIST_ONLY read_only = ON, PERSIST_ONLY super_read_only = ON"] = static call =>
            Set(call, member => member.PersistedReadOnly = member.PersistedSuper = true),
        ["SET PERSIST_ONLY read_only = OFF, PERSIST_ONLY super_read_only = OFF"] = static call =>
            Set(call, member => member.PersistedReadOnly = member.PersistedSuper = false),
        ["SET GLOBAL event_scheduler = OFF"] = static call => Set(call, member => member.SchedulerOn = false),
        ["SET GLOBAL event_scheduler = ON"] = static call => Set(call, member => member.SchedulerOn = true),
        ["SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout = 1"] = static call => call.Answer(),
        ["SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout = DEFAULT"] = static call => call.Answer(),
        ["SET GLOBAL rpl_semi_sync_source_enabled = ON"] = static call => SemiSource(call, true),
        ["SET GLOBAL rpl_semi_sync_source_enabled = OFF"] = static call => SemiSource(call, false),
        ["SET GLOBAL rpl_semi_sync_master_enabled = 1"] = static call => SemiSource(call, true),
        ["SET GLOBAL rpl_semi_sync_master_enabled = 0"] = static call => SemiSource(call, false),
        ["SET GLOBAL rpl_semi_sync_replica_enabled = ON"] = static call => Set(call, member => member.SemiReplica = true),
        ["SET GLOBAL rpl_semi_sync_replica_enabled = OFF"] = static call => Set(call, member => member.SemiReplica = false),
        ["SET GLOBAL rpl_semi_sync_slave_enabled = 1"] = static call => Set(call, member => member.SemiReplica = true),
        ["SET GLOBAL rpl_semi_sync_slave_enabled = 0"] = static call => Set(call, member => member.SemiReplica = false),
        ["START REPLICA"] = static call => StartReplica(call),
        ["START SLAVE"] = static call => StartReplica(call),
        ["STOP REPLICA"] = static call => StopReplica(call, receiver: true, applier: true),
        ["STOP ALL SLAVES"] = static call => StopReplica(call, receiver: true, applier: true),
        ["STOP REPLICA SQL_THREAD"] = static call => StopReplica(call, receiver: false, applier: true),
        ["STOP SLAVE SQL_THREAD"] = static call => StopReplica(call, receiver: false, applier: true),
        ["STOP REPLICA IO_THREAD"] = static call => StopReplica(call, receiver: true, applier: false),
        ["STOP SLAVE IO_THREAD"] = static call => StopReplica(call, receiver: true, applier: false),
        ["RESET REPLICA ALL"] = static call => Reset(call),
        ["RESET SLAVE ALL"] = static call => Reset(call),
        ["FLUSH LOCAL BINARY LOGS"] = static call => call.Answer(),
        ["SELECT * FROM mysql.slave_master_info WHERE Channel_name = ''"] = static call =>
            call.Answer(call.Member.Link is null ? [] : [LoginRow]),
        ["SELECT GET_LOCK('foobar_ops.failover', 1) AS value, CONNECTION_ID() AS connection"] = GetLock,
        ["SELECT IS_USED_LOCK('foobar_ops.failover') = CONNECTION_ID() AS value"] = static call =>
            call.Value(call.Member.LockOwner is { } owner ? owner == call.Connection ? 1 : 0 : null),
        ["SELECT RELEASE_LOCK('foobar_ops.failover') AS value"] = ReleaseLock,
        [
            "SELECT COUNT(*) AS value FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'foobar_ops' AND TABLE_NAME IN ('operation', 'canary')"] =
                static call => call.Value(
                    call.Member.HasTables ? 2 : 0),
        ["CREATE DATABASE IF NOT EXISTS foobar_ops"] = static call => Write(call, null),
        ["INSERT IGNORE INTO foobar_ops.operation VALUES (1, '', '', '2000-01-01', 'none', '', '', '{}')"] = static call => Write(
            call,
            static member => member.Mark ??= new("", "", "2000-01-01 00:00:00.000", "none", "", "", "{}"),
            unlessDone: static member => member.Mark is not null),
        ["SELECT COUNT(*) AS value FROM information_schema.PROCESSLIST WHERE ID = @id AND USER = 'unauthenticated user'"] = static call =>
            call.Value(call.Connection.Cluster.Balancer.IsOpen(call.Member, call.Text("id")) ? 1 : 0),
        [ReplicationQueries.GroupSettings] = static call => call.Answer(GroupSetting),
        ["SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_source_wait_for_replica_count'"] = static call =>
            call.Answer(Rows.Of(("Variable_name", "rpl_semi_sync_source_wait_for_replica_count"), ("Value", "1"))),
        [
            "SELECT VARIABLE_VALUE AS value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN ('rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled')"] =
                static call => call.Answer(),
        ["SELECT 1 FROM mysql.innodb_table_stats WHERE FALSE FOR UPDATE NOWAIT"] = static call => call.Answer(),
        ["SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'"] = static call =>
            call.Answer(Rows.Of(("status", "ACTIVE"))),
        ["SELECT STATE AS state, ERROR_NO AS number, ERROR_MESSAGE AS message FROM performance_schema.clone_status"] = static call =>
            call.Answer(Rows.Of(("state", "Completed"), ("number", 0), ("message", ""))),
        ["SELECT STATE AS state FROM performance_schema.clone_progress WHERE STAGE = 'DROP DATA'"] = static call =>
            call.Answer(Rows.Of(("state", "Not Started"))),
        ["SET GLOBAL clone_valid_donor_list = @donor"] = static call => call.Answer(),
        ["RESET MASTER"] = static call => call.Answer(),
        ["SET GLOBAL gtid_binlog_state = @state"] = static call => call.Answer(),
        ["SET GLOBAL gtid_slave_pos = @position"] = static call =>
            Set(call, member => member.SlavePosition = call.Connection.Cluster.All.GetValueOrDefault(call.Text("position"))),
        ["SET SESSION sql_log_bin = 0"] = static call => call.Answer(),
        ["SET SESSION sql_mode = @mode"] = static call => call.Answer(),
        ["DELETE FROM foobar_ops.canary WHERE run = @run"] = static call => Write(call, null),
        ["INSERT INTO foobar_ops.canary (run, seq) VALUES (@run, 0)"] = static call => Write(call, null),
    };

    private static readonly (string Begin, string Within, Action<Call> Do)[] Forms =
    [
        (
            "SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID "
                + "= IS_USED_LOCK(",
            "", Holder),
        ("SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER NOT IN (", "", static call =>
            call.Answer([.. call.Connection.Cluster.Clients.On(call.Member).Select(id => Rows.Of(("id", id)))])),
        ("BEGIN NOT ATOMIC", "SET GLOBAL read_only = 1;", static call => Fence(call, () => EndClients(call))),
        ("BEGIN NOT ATOMIC", "", static call =>
        {
            EndClients(call);
            call.Answer();
        }),
        ("KILL ", "", Kill),
        ("SET GLOBAL sync_binlog = ", "", Durability),
        ("CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_USER", "", static call =>
            Follow(call, demote: false)),
        ("CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_AUTO_POSITION = 1", "", Repoint),
        ("CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = 3306, MASTER_USER", "MASTER_DEMOTE_TO_SLAVE = 1", static call =>
            Follow(call, demote: true)),
        ("CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = 3306, MASTER_USER", "MASTER_DEMOTE_TO_SLAVE = 0", static call =>
            Follow(call, demote: false)),
        ("CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = 3306, MASTER_USE_GTID = slave_pos", "", Repoint),
        ("CREATE TABLE IF NOT EXISTS foobar_ops.operation", "", static call => Write(call, null)),
        ("CREATE TABLE IF NOT EXISTS foobar_ops.canary", "", static call => Write(call, static member => member.HasTables = true)),
        ("UPDATE foobar_ops.operation SET id = @id, holder = @holder, since = @since", "AND id = @before", static call =>
            BeginMark(call, before: true)),
        ("UPDATE foobar_ops.operation SET id = @id, holder = @holder, since = @since", "", static call => BeginMark(call, before: false)),
        ("UPDATE foobar_ops.operation SET id = @id, holder = @holder, state = @state", "", SetMark),
        ("UPDATE foobar_ops.operation SET state = 'abandoned'", "", AbandonMark),
        ("SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_replica_status', 'Rpl_semi_sync_slave_status')", "", static call =>
            call.Answer(Asked(call))),
        ("SELECT UNIX_TIMESTAMP(GREATEST(", "replication_connection_status", static call => call.Answer(
            call.Member.Link is null ? [] : [Rows.Of(("heard", (call.Connection.World.Now - DateTime.UnixEpoch.Ticks) / 1e7))])),
        ("SELECT CONCAT(COALESCE(RECEIVED_TRANSACTION_SET", "", static call => call.Answer(
            call.Member.Link is { ReceiverOn: true, Connected: true } link
                ? [Rows.Of(("value", $"{Retrieved(call.Member)} {link.Heard}"))]
                : [])),
        ("SELECT CONCAT(l.OBJECT_TYPE, ' ', l.LOCK_TYPE) AS type", "metadata_locks", static call => call.Answer()),
        ("ALTER DEFINER = ", "EVENT `shop`.`purge` ENABLE", EnableEvent),
        ("ALTER DEFINER = ", "EVENT `shop`.`purge` DISABLE", static call => Set(call, member => member.EventEnabled = false)),
        ("CLONE INSTANCE FROM ", "", Clone),
        (
            "SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name FROM information_schema.TABLES",
            "ENGINE <> 'InnoDB'",
            static call => call.Answer(
                LogTable)),
    ];

    /// <summary>Does a statement.</summary>
    public static void Run(Call call)
    {
        if (!Known.TryGetValue(call.Sql, out Action<Call>? act))
        {
            act = Exact.GetValueOrDefault(call.Sql)
                ?? Forms.FirstOrDefault(
                    form =>
                        call.Sql.StartsWith(form.Begin, StringComparison.Ordinal)
                            && call.Sql.Contains(form.Within, StringComparison.Ordinal)).Do;
            if (act is null)
            {
                call.Connection.World.Violate($"the model does not know the statement: {call.Sql}");
                return;
            }

            Known[call.Sql] = act;
        }

        act(call);
    }

    private static void Mark(Call call)
    {
        if (!call.Member.HasTables)
        {
            call.Refuse(
                call.Member.IsMariaDb ? 1146 : 1049,
                call.Member.IsMariaDb ? "Table 'foobar_ops.operation' doesn't exist" : "Unknown database 'foobar_ops'");
        }
        else if (call.Member.Mark is { } mark)
        {
            call.Answer(
                Rows.Of(
                    ("id", mark.Id), ("holder", mark.Holder), ("since", mark.Since), ("state", mark.State), ("old_primary", mark.Old),
                    ("new_primary", mark.New), ("parameters", mark.Parameters)));
        }
        else
        {
            call.Answer();
        }
    }

    // The variables that the statement names.
    private static DatabaseRow[] Asked(Call call) =>
        [.. Status(call.Member).Where(row => call.Sql.Contains($"'{row.Text("Variable_name")}'", StringComparison.Ordinal))];

    private static void Set(Call call, Action<Member> change)
    {
        change(call.Member);
        call.Answer();
        call.Member.Settled();
    }

    // The lock that it takes first waits until no commit is under way, and none begins meanwhile.
    private static void Fence(Call call, Action? then)
    {
        Member member = call.Member;
        member.FencesPending++;
        bool over = false;
        call.Abandon = () => Leave();
        member.Wait(() => over || member.Committing == 0, () =>
        {
            if (!over)
            {
                member.ReadOnly = true;
                member.SuperReadOnly = !member.IsMariaDb;
                Leave();
                then?.Invoke();
                call.Answer();
            }
        });
        member.Settled();

        void Leave()
        {
            if (!over)
            {
                over = true;
                member.FencesPending = Math.Max(0, member.FencesPending - 1);
            }
        }
    }

    private static void EndClients(Call call)
    {
        foreach (long id in call.Connection.Cluster.Clients.On(call.Member).ToArray())
        {
            call.Connection.Cluster.Clients.End(id);
        }
    }

    private static void SemiSource(Call call, bool on) => Set(call, member =>
    {
        member.SemiActive = on && (member.SemiActive || !member.SemiSource);
        member.SemiSource = on;
        if (!on)
        {
            member.Release();
        }
    });

    private static void StartReplica(Call call)
    {
        if (call.Member.Link is not { } link)
        {
            call.Refuse(1200, "The server is not configured as replica");
            return;
        }

        if (call.Member.IsMariaDb && !link.ReceiverOn && !link.ApplierOn)
        {
            // With GTIDs the relay log is begun anew.
            link.Relay.Clear();
            link.ReceivedLast = null;
        }

        link.Connected &= link.ReceiverOn;
        (link.ReceiverOn, link.ApplierOn, link.Error, link.ErrorText, link.ApplyError, link.ApplyErrorText) = (true, true, 0, "", 0, "");
        call.Answer();
        call.Member.Settled();
    }

    private static void StopReplica(Call call, bool receiver, bool applier)
    {
        if (call.Member.Link is not { } link)
        {
            call.Answer();
            return;
        }

        if (receiver)
        {
            link.ReceiverOn = link.Connected = link.Acknowledges = false;
        }

        link.ApplierOn &= !applier;
        call.Member.Wait(() => !link.IsApplying || !applier, () => call.Answer());
        call.Member.Settled();
    }

    private static void Reset(Call call) => Set(call, static member => member.Link = null);

    private static void Follow(Call call, bool demote)
    {
        if (call.Member.Link is { ReceiverOn: true } or { ApplierOn: true })
        {
            call.Refuse(call.Member.IsMariaDb ? 1198 : 3081, "This operation cannot be performed with a running replica");
            return;
        }

        Set(call, member => Follow(call, member, demote));
    }

    private static void Follow(Call call, Member member, bool demote)
    {
        if (demote && member.Log.Count > 0)
        {
            member.SlavePosition = member.Log[^1];
        }

        string host = call.Text("host");
        member.Link = new() { Host = host, Source = call.Connection.Cluster.Find(host) };
    }

    private static void Repoint(Call call)
    {
        if (call.Member.Link is { ReceiverOn: false, ApplierOn: false })
        {
            Member? known = call.Member.IsMariaDb ? call.Member.Link.Known : null;
            Follow(call, demote: false);
            call.Member.Link!.Known = known;
        }
        else
        {
            call.Refuse(call.Member.IsMariaDb ? 1198 : 3081, "This operation cannot be performed with a running replica");
        }
    }

    [GeneratedRegex("^SET GLOBAL sync_binlog = ([0-9]+), GLOBAL innodb_flush_log_at_trx_commit = ([0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex DurabilityForm();

    private static void Durability(Call call)
    {
        Match match = DurabilityForm().Match(call.Sql);
        Set(
            call,
            member =>
                (member.SyncBinlog, member.FlushLog) = (int.Parse(
                    match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), int.Parse(
                        match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)));
    }

    private static void WaitFor(Call call)
    {
        Member member = call.Member;
        string position = call.Text("position");
        Func<bool> reached = Reached(member, position);
        bool over = false;
        call.Abandon = () => over = true;
        member.Wait(() => over || reached(), () => End(0));
        member.Settled();
        if (!over)
        {
            call.Connection.World.After(
                double.Parse(call.Text("limit"), CultureInfo.InvariantCulture), () => End(member.IsMariaDb ? -1 : 1));
        }

        void End(int value)
        {
            if (!over)
            {
                over = true;
                call.Value(value);
            }
        }
    }

    private static Func<bool> Reached(Member member, string position)
    {
        if (position.Length == 0)
        {
            return static () => true;
        }

        if (member.IsMariaDb)
        {
            long sequence = position.Split(',').Max(
                gtid => long.Parse(gtid.AsSpan(gtid.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture));
            return () => (member.SlavePosition?.Sequence ?? 0) >= sequence;
        }

        long[] wanted = new long[3];
        foreach (string part in position.Split(','))
        {
            string[] words = part.Trim().Split(':');
            wanted[int.Parse(words[0].AsSpan(words[0].Length - 2), NumberStyles.None, CultureInfo.InvariantCulture) - 60] = words.Skip(
                1)
                .Max(
                    range => long.Parse(
                        range.AsSpan(range.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        }

        return () => member.CommittedLast[0] >= wanted[0] && member.CommittedLast[1] >= wanted[1] && member.CommittedLast[2] >= wanted[2];
    }

    // An operator's account: bound by super_read_only alone, and on MariaDB by nothing.
    private static void Write(Call call, Action<Member>? effect, Func<Member, bool>? unlessDone = null)
    {
        Member member = call.Member;
        bool over = false;
        call.Abandon = () => over = true;
        member.Wait(() => over || member.FencesPending == 0, () =>
        {
            if (over)
            {
                return;
            }

            if (member.SuperReadOnly && !member.IsMariaDb)
            {
                call.Refuse(1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement");
            }
            else if (unlessDone?.Invoke(member) == true)
            {
                call.Answer();
            }
            else
            {
                member.Write(effect, () => call.Answer());
                member.Settled();
            }
        });
        member.Settled();
    }
}
