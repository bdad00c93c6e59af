using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Database;

/// <summary>A MySQL member (8.4 and later).</summary>
internal sealed class MySqlMember(IDatabaseSession session) : DatabaseMember(session)
{
    // ER_REPLICA_CHANNEL_DOES_NOT_EXIST and ER_REPLICA_NOT_CONFIGURED: nothing to stop.
    private static readonly int[] NoChannel = [3074, 1200];

    public override DatabaseFlavor Flavor => DatabaseFlavor.MySql;

    public override async Task<string> ExecutedAsync(CancellationToken cancellationToken) =>
        (await ValueAsync("SELECT @@global.gtid_executed AS value", cancellationToken)).Replace("\n", "", StringComparison.Ordinal);

    public override Task<string> PositionAsync(CancellationToken cancellationToken) => ExecutedAsync(cancellationToken);

    public override async Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken) =>
        await ValueWithinAsync(
            "SELECT WAIT_FOR_EXECUTED_GTID_SET(@position, @limit) AS value",
            limit, cancellationToken, KeyValuePair.Create("position", (object?)position),
            KeyValuePair.Create("limit", (object?)limit.TotalSeconds)) == "0";

    public override async Task<bool> IsFencedAsync(CancellationToken cancellationToken) =>
        await ValueAsync("SELECT @@global.super_read_only AS value", cancellationToken) == "1";

    // Takes the global read lock and the commit lock first, so that it returns with no commit under way.
    public override Task FenceAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("SET GLOBAL super_read_only = ON", cancellationToken);

    public override Task<string> AppliedAsync(CancellationToken cancellationToken) => ExecutedAsync(cancellationToken);

    public override async Task<FencedPosition> FencedPositionAsync(CancellationToken cancellationToken)
    {
        DatabaseRow row = await RowAsync(
            "SELECT @@global.super_read_only AS fenced, @@global.gtid_executed AS executed", cancellationToken);
        string executed = (row.Text("executed") ?? "").Replace("\n", "", StringComparison.Ordinal);
        return new(row.Number("fenced") == 1, executed, executed);
    }

    public override Task UnfenceAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL read_only = OFF", cancellationToken);

    // read_only alone does not bind accounts with CONNECTION_ADMIN.
    public override Task AdmitOperatorsAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("SET GLOBAL super_read_only = OFF", cancellationToken);

    public override Task StopApplyingAsync(CancellationToken cancellationToken) =>
        UnlessNoChannelAsync("STOP REPLICA SQL_THREAD", cancellationToken);

    public override async Task<IReadOnlyList<ReplicationChannel>> ChannelsAsync(CancellationToken cancellationToken) =>
        ChannelParser.Parse(
            await Session.QueryAsync(ReplicationQueries.MySqlChannels, null, cancellationToken), [], ReplicationQueries.MySqlChannels);

    public override Task FollowAsync(ReplicationSource source, CancellationToken cancellationToken) => ExecuteAsync(
        """
        CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_USER = @user, SOURCE_PASSWORD = @password,
            SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = @retry, SOURCE_RETRY_COUNT = 86400,
            SOURCE_SSL = @tls, SOURCE_SSL_VERIFY_SERVER_CERT = @verify, SOURCE_SSL_CA = @ca, SOURCE_SSL_CERT = @cert, SOURCE_SSL_KEY = @key, GET_SOURCE_PUBLIC_KEY = @plain
        """,
        cancellationToken,
        new Dictionary<string, object?>
        {
            ["host"] = source.Host,
            ["port"] = source.Port,
            ["user"] = source.User,
            ["password"] = source.Password.Reveal(),
            ["retry"] = source.ConnectRetrySeconds,
            ["tls"] = source.Tls ? 1 : 0,
            ["verify"] = source.TlsVerify ? 1 : 0,
            ["ca"] = source.TlsAuthorities ?? "",
            ["cert"] = source.TlsCertificate ?? "",
            ["key"] = source.TlsKey ?? "",
            ["plain"] = source.Tls ? 0 : 1,
        });

    public override Task StartReplicatingAsync(CancellationToken cancellationToken) => ExecuteAsync("START REPLICA", cancellationToken);

    public override Task StopReplicatingAsync(CancellationToken cancellationToken) =>
        UnlessNoChannelAsync("STOP REPLICA", cancellationToken);

    public override Task RepointAsync(string host, int port, CancellationToken cancellationToken) => ExecuteAsync(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_AUTO_POSITION = 1",
        cancellationToken, KeyValuePair.Create("host", (object?)host), KeyValuePair.Create("port", (object?)port));

    public override Task StopReceivingAsync(CancellationToken cancellationToken) =>
        UnlessNoChannelAsync("STOP REPLICA IO_THREAD", cancellationToken);

    public override async Task DetachAsync(CancellationToken cancellationToken)
    {
        await StopReplicatingAsync(cancellationToken);
        await UnlessNoChannelAsync("RESET REPLICA ALL", cancellationToken);
    }

    public override Task SetSemiSyncSourceAsync(bool on, CancellationToken cancellationToken) =>
        SetIfThereAsync("rpl_semi_sync_source_enabled", on, cancellationToken);

    public override Task SetSemiSyncReplicaAsync(bool on, CancellationToken cancellationToken) =>
        SetIfThereAsync("rpl_semi_sync_replica_enabled", on, cancellationToken);

    public override async Task<long> SemiSyncWaitCountAsync(CancellationToken cancellationToken)
    {
        const string Sql = "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_source_wait_for_replica_count'";
        return new ServerVariables(await Session.QueryAsync(Sql, null, cancellationToken), Sql)
            .Number("rpl_semi_sync_source_wait_for_replica_count")
            ?? 1;
    }

    internal override string DisableEvent => "DISABLE ON REPLICA";

    internal override async Task<ReplayProgress?> ReplayAsync(CancellationToken cancellationToken) =>
        ReplayProgress.From(await Session.QueryAsync(ReplicationQueries.MySqlChannels, null, cancellationToken));

    internal override async Task<string> ReceivedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(Receiver, null, cancellationToken);
        return rows.Count > 0 ? rows[0].Text("value") ?? "" : "";
    }

    internal override async Task<DateTimeOffset?> LastHeardAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(Heard, null, cancellationToken);
        return rows.Count == 1
            && double.TryParse(rows[0].Text("heard"), NumberStyles.Float, CultureInfo.InvariantCulture, out double heard)
            && heard > 0
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(heard * 1000))
            : null;
    }

    internal override async Task<string> PurgedAsync(CancellationToken cancellationToken) =>
        (await ValueAsync("SELECT @@global.gtid_purged AS value", cancellationToken)).Replace("\n", "", StringComparison.Ordinal);

    internal override async Task<bool?> SemiSyncPersistedAsync(CancellationToken cancellationToken) =>
        await Session.QueryAsync(Persisted, null, cancellationToken) is [{ } row, ..]
            ? ServerVariables.IsOn(row.Text("value") ?? "")
            : null;

    /// <summary>Whether the clone plugin is loaded.</summary>
    public async Task<bool> CanCloneAsync(CancellationToken cancellationToken) =>
        await Session.QueryAsync(
            "SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'",
            null, cancellationToken) is [{ } row]
            && row.Text("status") == "ACTIVE";

    /// <summary>
    /// Replaces its data by another member's (MySQL Reference Manual, "Cloning Remote Data"). It ends itself when it is done, to
    /// start with the new data: <see cref="CloneFailureAsync"/> tells then what came of it.
    /// </summary>
    /// <exception cref="FoobarException"><c>ArgumentNotQuotable</c>: the account or the host can't stand in the statement.</exception>
    public async Task CloneAsync(ReplicationSource source, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            "SET GLOBAL clone_valid_donor_list = @donor", cancellationToken,
            KeyValuePair.Create("donor", (object?)Invariant($"{source.Host}:{source.Port}")));
        string clone = Invariant(
            $"CLONE INSTANCE FROM '{Word(source.User)}'@'{Word(source.Host)}':{source.Port} IDENTIFIED BY @password {(source.Tls ? "REQUIRE SSL" : "")}");
        try
        {
            await CloneOnceAsync(clone, source, cancellationToken);
        }
        catch (DatabaseException error) when (error.Number == ReadOnly)
        {
            // Other accounts than operators' are still refused.
            await AdmitOperatorsAsync(cancellationToken);
            await CloneOnceAsync(clone, source, cancellationToken);
        }
    }

    /// <summary>Why the last clone of it did not succeed; <see langword="null"/> if it did.</summary>
    public async Task<string?> CloneFailureAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(
            "SELECT STATE AS state, ERROR_NO AS number, ERROR_MESSAGE AS message FROM performance_schema.clone_status",
            null, cancellationToken);
        return rows is not [{ } row] ? "it has no record of a copy."
            : row.Text("state") == "Completed" ? null
            : $"{row.Text("state")}: {row.Text("message")}.";
    }

    /// <summary>
    /// Whether the last clone has begun to drop the data that were there (MySQL Reference Manual, "The clone_progress Table"); also where
    /// that is not told.
    /// </summary>
    public async Task<bool> HasDroppedDataAsync(CancellationToken cancellationToken) =>
        await Session.QueryAsync(
            "SELECT STATE AS state FROM performance_schema.clone_progress WHERE STAGE = 'DROP DATA'", null, cancellationToken)
            is not [{ } row] || row.Text("state") != "Not Started";

    private async Task CloneOnceAsync(string clone, ReplicationSource source, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(clone, cancellationToken, KeyValuePair.Create("password", (object?)source.Password.Reveal()));
        }
        catch (DatabaseException error) when (error.Number == NobodyRestarts || error.Kind == ErrorKind.Connection)
        {
            // It ends itself when it is done, to start with the new data. What came of it is asked then.
        }
    }

    // The statement takes no parameters in their place.
    private static string Word(string text) =>
        text.Length > 0
            && text.All(character => char.IsAsciiLetterOrDigit(character) || ".-_:%".Contains(character, StringComparison.Ordinal))
            ? text
            : throw new FoobarException(
                "ArgumentNotQuotable", ErrorKind.InvalidInput,
                $"'{text}' can't be the account or the host of a CLONE statement here: letters, digits and .-_:% are expected.");

    // PERSIST_ONLY: what holds now is changed by fencing and promoting alone.
    public override async Task PersistRoleAsync(bool readOnly, IServerSession server, CancellationToken cancellationToken)
    {
        string value = readOnly ? "ON" : "OFF";
        await ExecuteAsync($"SET PERSIST_ONLY read_only = {value}, PERSIST_ONLY super_read_only = {value}", cancellationToken);
    }

    private async Task SetIfThereAsync(string variable, bool on, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync($"SET GLOBAL {variable} = {(on ? "ON" : "OFF")}", cancellationToken);
        }
        catch (DatabaseException error) when (!on && error.Number == UnknownVariable)
        {
            // Without the plugin it is off.
        }
    }

    private async Task UnlessNoChannelAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(sql, cancellationToken);
        }
        catch (DatabaseException error) when (error.Number is { } number && NoChannel.Contains(number))
        {
            // Nothing was configured.
        }
    }

    private const string Receiver = """
        SELECT CONCAT(COALESCE(RECEIVED_TRANSACTION_SET, ''), ' ', COUNT_RECEIVED_HEARTBEATS) AS value
        FROM performance_schema.replication_connection_status WHERE SERVICE_STATE = 'ON'
        """;

    private const string Heard = """
        SELECT UNIX_TIMESTAMP(GREATEST(COALESCE(c.LAST_HEARTBEAT_TIMESTAMP, 0), COALESCE(c.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP, 0))) AS heard
        FROM performance_schema.replication_connection_status c WHERE c.CHANNEL_NAME = ''
        """;

    private const string Persisted =
        "SELECT VARIABLE_VALUE AS value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN "
            + "('rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled')";

    // ER_RESTART_SERVER_FAILED: cloned, but nobody restarts it. ER_OPTION_PREVENTS_STATEMENT: super_read_only.
    private const int NobodyRestarts = 3707;
    private const int ReadOnly = 1290;

    // ER_UNKNOWN_SYSTEM_VARIABLE
    private const int UnknownVariable = 1193;
}
