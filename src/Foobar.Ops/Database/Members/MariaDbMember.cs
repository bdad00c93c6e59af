using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>A MariaDB member (10.11 and later).</summary>
internal sealed class MariaDbMember(IDatabaseSession session) : DatabaseMember(session)
{
    public override DatabaseFlavor Flavor => DatabaseFlavor.MariaDb;

    public override Task<string> ExecutedAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.gtid_binlog_state AS value", cancellationToken);

    public override async Task<string> HoldsAsync(CancellationToken cancellationToken)
    {
        string executed = await ExecutedAsync(cancellationToken);
        return await AppliedAsync(cancellationToken) is { Length: > 0 } position ? $"{executed},{position}".TrimStart(',') : executed;
    }

    public override Task<string> PositionAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.gtid_binlog_pos AS value", cancellationToken);

    public override async Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken) =>
        await ValueWithinAsync(
            "SELECT MASTER_GTID_WAIT(@position, @limit) AS value",
            limit, cancellationToken, KeyValuePair.Create("position", (object?)position),
            KeyValuePair.Create("limit", (object?)limit.TotalSeconds)) == "0";

    public override async Task<bool> IsFencedAsync(CancellationToken cancellationToken) =>
        await ValueAsync("SELECT @@global.read_only AS value", cancellationToken) == "1";

    // Blocks commits while it is set, so that it returns with none under way. Does not bind accounts with READ ONLY ADMIN.
    public override Task FenceAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL read_only = 1", cancellationToken);

    public override Task FenceOffAsync(IReadOnlyList<string>? unbound, CancellationToken cancellationToken) => unbound switch
    {
        null => EndAsync("SET GLOBAL read_only = 1;", "", [], cancellationToken),
        [] => FenceAsync(cancellationToken),
        _ => EndAsync(
            "SET GLOBAL read_only = 1;",
            $" AND USER IN ({string.Join(", ", unbound.Select((_, at) => $"@user{at}"))})",
            unbound, cancellationToken),
    };

    public override Task EndClientsAsync(CancellationToken cancellationToken) => EndAsync("", "", [], cancellationToken);

    private Task<int> EndAsync(
        string before, string condition, IReadOnlyList<string> users, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        BEGIN NOT ATOMIC
            DECLARE CONTINUE HANDLER FOR {NoSuchThread} BEGIN END;
            {before}
            FOR client IN (SELECT ID FROM information_schema.PROCESSLIST WHERE {IsClient}{condition}) DO
                EXECUTE IMMEDIATE CONCAT('KILL ', client.ID);
            END FOR;
        END
        """, cancellationToken, users.Select((user, at) => KeyValuePair.Create($"user{at}", (object?)user)));

    public override Task<string> AppliedAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.gtid_slave_pos AS value", cancellationToken);

    public override async Task<FencedPosition> FencedPositionAsync(CancellationToken cancellationToken)
    {
        DatabaseRow row = await RowAsync(
            "SELECT @@global.read_only AS fenced, @@global.gtid_binlog_pos AS position, @@global.gtid_binlog_state AS executed",
            cancellationToken);
        return new(row.Number("fenced") == 1, row.Text("position") ?? "", row.Text("executed") ?? "");
    }

    public override Task UnfenceAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL read_only = 0", cancellationToken);

    // read_only does not bind accounts with READ ONLY ADMIN in the first place.
    public override Task AdmitOperatorsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A semi-synchronous replica that stops logs in at its source once more, to end the thread there, and waits this long.
    public override Task HastenStopAsync(bool on, CancellationToken cancellationToken) =>
        ExecuteAsync($"SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout = {(on ? "1" : "DEFAULT")}", cancellationToken);

    public override Task StopApplyingAsync(CancellationToken cancellationToken) => ExecuteAsync("STOP SLAVE SQL_THREAD", cancellationToken);

    public override async Task<IReadOnlyList<ReplicationChannel>> ChannelsAsync(CancellationToken cancellationToken) =>
        ChannelParser.Parse(
            await Session.QueryAsync(ReplicationQueries.MariaDbChannels, null, cancellationToken), [], ReplicationQueries.MariaDbChannels);

    // MASTER_DEMOTE_TO_SLAVE takes what it wrote itself as replicated, so that it asks for what comes after.
    public override Task FollowAsync(ReplicationSource source, CancellationToken cancellationToken) =>
        FollowAsync(source, demote: true, cancellationToken);

    public override Task FollowFromPositionAsync(ReplicationSource source, CancellationToken cancellationToken) =>
        FollowAsync(source, demote: false, cancellationToken);

    private Task<int> FollowAsync(ReplicationSource source, bool demote, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = {Number(source.Port)}, MASTER_USER = @user, MASTER_PASSWORD = @password,
            MASTER_USE_GTID = slave_pos, MASTER_DEMOTE_TO_SLAVE = {(demote ? 1 : 0)}, MASTER_CONNECT_RETRY = {Number(source.ConnectRetrySeconds)},
            MASTER_SSL = {(source.Tls ? 1 : 0)}, MASTER_SSL_VERIFY_SERVER_CERT = {(source.TlsVerify ? 1 : 0)}, MASTER_SSL_CA = @ca, MASTER_SSL_CERT = @cert, MASTER_SSL_KEY = @key
        """,
        cancellationToken,
        new Dictionary<string, object?>
        {
            ["host"] = source.Host,
            ["user"] = source.User,
            ["password"] = source.Password.Reveal(),
            ["ca"] = source.TlsAuthorities ?? "",
            ["cert"] = source.TlsCertificate ?? "",
            ["key"] = source.TlsKey ?? "",
        });

    public override Task StartReplicatingAsync(CancellationToken cancellationToken) => ExecuteAsync("START SLAVE", cancellationToken);

    // What a client commits moves the position in its own log only, not the one it asks its source for.
    public override async Task ResumeReplicatingAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("STOP ALL SLAVES", cancellationToken);
        string reached = await ValueAsync(
            "SELECT CONCAT_WS(',', NULLIF(@@global.gtid_slave_pos, ''), NULLIF(@@global.gtid_binlog_pos, '')) AS value", cancellationToken);
        await ExecuteAsync(
            "SET GLOBAL gtid_slave_pos = @position", cancellationToken,
            KeyValuePair.Create("position", (object?)MariaDbGtidState.Parse(reached).LastOfEachDomain()));
        await StartReplicatingAsync(cancellationToken);
    }

    public override Task StopReplicatingAsync(CancellationToken cancellationToken) => ExecuteAsync("STOP ALL SLAVES", cancellationToken);

    public override Task RepointAsync(string host, int port, CancellationToken cancellationToken) => ExecuteAsync(
        $"CHANGE MASTER TO MASTER_HOST = @host, MASTER_PORT = {Number(port)}, MASTER_USE_GTID = slave_pos",
        cancellationToken, KeyValuePair.Create("host", (object?)host));

    public override Task StopReceivingAsync(CancellationToken cancellationToken) => ExecuteAsync("STOP SLAVE IO_THREAD", cancellationToken);

    public override async Task DetachAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("STOP ALL SLAVES", cancellationToken);
        await ExecuteAsync("RESET SLAVE ALL", cancellationToken);
    }

    public override Task SetSemiSyncSourceAsync(bool on, CancellationToken cancellationToken) =>
        ExecuteAsync($"SET GLOBAL rpl_semi_sync_master_enabled = {(on ? 1 : 0)}", cancellationToken);

    public override Task SetSemiSyncReplicaAsync(bool on, CancellationToken cancellationToken) =>
        ExecuteAsync($"SET GLOBAL rpl_semi_sync_slave_enabled = {(on ? 1 : 0)}", cancellationToken);

    internal override string DisableEvent => "DISABLE ON SLAVE";

    internal override async Task<ReplayProgress?> ReplayAsync(CancellationToken cancellationToken) =>
        ReplayProgress.From(await Session.QueryAsync(ReplicationQueries.MariaDbChannels, null, cancellationToken));

    internal override async Task<string> ReceivedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> channels = await Session.QueryAsync(ReplicationQueries.MariaDbChannels, null, cancellationToken);
        return channels.FirstOrDefault(row => row.Text("Slave_IO_Running") == "Yes") is { } channel
            ? $"{channel.Text("Master_Log_File")}:{channel.Text("Read_Master_Log_Pos")} {channel.Text("Slave_received_heartbeats")}"
            : "";
    }

    /// <summary>Forgets its own log, and takes it that it holds what another member's log held at a position.</summary>
    /// <param name="state">What that log held (<c>gtid_binlog_state</c>).</param>
    /// <param name="position">The position.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task StartFromAsync(string state, string position, CancellationToken cancellationToken)
    {
        await ExecuteAsync("RESET MASTER", cancellationToken);
        await ExecuteAsync("SET GLOBAL gtid_binlog_state = @state", cancellationToken, KeyValuePair.Create("state", (object?)state));
        await ExecuteAsync("SET GLOBAL gtid_slave_pos = @position", cancellationToken, KeyValuePair.Create("position", (object?)position));
    }

    public override Task PersistRoleAsync(bool readOnly, IServerSession server, CancellationToken cancellationToken) =>
        PersistAsync(readOnly, server, cancellationToken);

    /// <summary>The same, for a database that need not run.</summary>
    internal static async Task PersistAsync(bool readOnly, IServerSession server, CancellationToken cancellationToken)
    {
        RemoteCommand command = RemoteCommand.FromScript(PersistScript, readOnly ? "ON" : "OFF") with { Privileged = true };
        CommandResult result = SessionReadings.Succeeded(await server.RunAsync(command, cancellationToken), "write zz-foobar-role.cnf");
        if (ServerOptions.Parse(result.OutputText).Flag("read_only") != readOnly)
        {
            throw new FoobarException(
                "RoleNotPersisted", ErrorKind.Failed,
                $"{server.Server.Name}: read_only was written to zz-foobar-role.cnf, but mariadbd --print-defaults still says otherwise.")
            {
                Server = server.Server.Name,
                Recommendation = "Look for a file of the configuration that is read later and sets read_only.",
            };
        }
    }

    private const string PersistScript = """
        set -e
        for directory in /etc/mysql/mariadb.conf.d /etc/my.cnf.d /etc/mysql/conf.d none; do
            if [ -d "$directory" ]; then break; fi
        done
        file="$directory/zz-foobar-role.cnf"
        umask 022
        printf '# Written by Foobar.Ops: the role this member has after a restart.\n[mariadbd]\nread_only = %s\n' "$1" > "$file.new"
        sync -- "$file.new" 2>/dev/null || sync
        mv -f -- "$file.new" "$file"
        PATH="$PATH:/usr/sbin:/usr/libexec:/usr/local/sbin"
        mariadbd --print-defaults
        """;

    private static string Number(long number) => number is >= 0 and <= 1_000_000
        ? number.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : throw new FoobarException(
            "ArgumentOutOfRange", ErrorKind.InvalidInput, $"A port or a number of seconds was {number}, expected 0 to 1000000.");
}
