using Foobar.Ops.Remoting;

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
        await ValueWithinAsync("SELECT WAIT_FOR_EXECUTED_GTID_SET(@position, @limit) AS value", limit, cancellationToken, KeyValuePair.Create("position", (object?)position), KeyValuePair.Create("limit", (object?)limit.TotalSeconds)) == "0";

    public override async Task<bool> IsFencedAsync(CancellationToken cancellationToken) =>
        await ValueAsync("SELECT @@global.super_read_only AS value", cancellationToken) == "1";

    // Takes the global read lock and the commit lock first, so that it returns with no commit under way.
    public override Task FenceAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL super_read_only = ON", cancellationToken);

    public override Task<string> AppliedAsync(CancellationToken cancellationToken) => ExecutedAsync(cancellationToken);

    public override async Task<FencedPosition> FencedPositionAsync(CancellationToken cancellationToken)
    {
        DatabaseRow row = await RowAsync("SELECT @@global.super_read_only AS fenced, @@global.gtid_executed AS executed", cancellationToken);
        string executed = (row.Text("executed") ?? "").Replace("\n", "", StringComparison.Ordinal);
        return new(row.Number("fenced") == 1, executed, executed);
    }

    public override Task UnfenceAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL read_only = OFF", cancellationToken);

    // read_only alone does not bind accounts with CONNECTION_ADMIN.
    public override Task AdmitOperatorsAsync(CancellationToken cancellationToken) => ExecuteAsync("SET GLOBAL super_read_only = OFF", cancellationToken);

    public override Task StopApplyingAsync(CancellationToken cancellationToken) => UnlessNoChannelAsync("STOP REPLICA SQL_THREAD", cancellationToken);

    public override async Task<IReadOnlyList<ReplicationChannel>> ChannelsAsync(CancellationToken cancellationToken) =>
        ChannelParser.Parse(await Session.QueryAsync(ReplicationQueries.MySqlChannels, null, cancellationToken), [], ReplicationQueries.MySqlChannels);

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

    public override Task StopReplicatingAsync(CancellationToken cancellationToken) => UnlessNoChannelAsync("STOP REPLICA", cancellationToken);

    public override Task RepointAsync(string host, int port, CancellationToken cancellationToken) => ExecuteAsync(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = @host, SOURCE_PORT = @port, SOURCE_AUTO_POSITION = 1",
        cancellationToken, KeyValuePair.Create("host", (object?)host), KeyValuePair.Create("port", (object?)port));

    public override Task StopReceivingAsync(CancellationToken cancellationToken) => UnlessNoChannelAsync("STOP REPLICA IO_THREAD", cancellationToken);

    public override async Task DetachAsync(CancellationToken cancellationToken)
    {
        await StopReplicatingAsync(cancellationToken);
        await UnlessNoChannelAsync("RESET REPLICA ALL", cancellationToken);
    }

    public override Task SetSemiSyncSourceAsync(bool on, CancellationToken cancellationToken) => SetIfThereAsync("rpl_semi_sync_source_enabled", on, cancellationToken);

    public override Task SetSemiSyncReplicaAsync(bool on, CancellationToken cancellationToken) => SetIfThereAsync("rpl_semi_sync_replica_enabled", on, cancellationToken);

    public override async Task<long> SemiSyncWaitCountAsync(CancellationToken cancellationToken)
    {
        const string Sql = "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_source_wait_for_replica_count'";
        return new ServerVariables(await Session.QueryAsync(Sql, null, cancellationToken), Sql).Number("rpl_semi_sync_source_wait_for_replica_count") ?? 1;
    }

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

    // ER_UNKNOWN_SYSTEM_VARIABLE
    private const int UnknownVariable = 1193;
}
