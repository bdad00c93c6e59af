using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// One database member as an operation handles it, over one held connection: what its flavour calls the same things. Every
/// change here may be made twice. Not safe for concurrent use, as its connection is not.
/// </summary>
public abstract class DatabaseMember
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private protected DatabaseMember(IDatabaseSession session) => Session = session;

    /// <summary>The member's name.</summary>
    public string Name => Session.Server;

    /// <summary>The clock by which it is waited for.</summary>
    public TimeProvider Time => Session.Time;

    /// <summary>The flavour.</summary>
    public abstract DatabaseFlavor Flavor { get; }

    /// <summary>The limit for each statement on its connection.</summary>
    public TimeSpan TimeLimit
    {
        get => Session.TimeLimit;
        set => Session.TimeLimit = value;
    }

    /// <summary>The operators' lock on it.</summary>
    internal MemberLock Lock => new(Session);

    /// <summary>What it says of the last operation.</summary>
    internal MemberMarks Marks => new(Session);

    /// <summary>The connection.</summary>
    protected IDatabaseSession Session { get; }

    /// <summary>The member behind a connection.</summary>
    public static DatabaseMember Of(IDatabaseSession session) => session.IsMariaDb ? new MariaDbMember(session) : new MySqlMember(session);

    /// <summary>
    /// By what it is told from a database that had its name before: MySQL's <c>server_uuid</c>, which a new data directory changes;
    /// MariaDB's <c>server_uid</c>, which only another network card or port changes. Empty where there is no such thing.
    /// </summary>
    public async Task<string> IdentityAsync(CancellationToken cancellationToken) =>
        await Session.QueryAsync(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid')", null, cancellationToken) is [var row, ..]
            ? row.Text("Value") ?? ""
            : "";

    /// <summary>
    /// All transactions it has committed, as errant ones are found by (MySQL <c>gtid_executed</c>, MariaDB <c>gtid_binlog_state</c>).
    /// </summary>
    public abstract Task<string> ExecutedAsync(CancellationToken cancellationToken);

    /// <summary>
    /// All transactions that it holds by now: those that it committed, and those that it has applied without logging them.
    /// </summary>
    public virtual Task<string> HoldsAsync(CancellationToken cancellationToken) => ExecutedAsync(cancellationToken);

    /// <summary>How far it has come, as another member waits for it (MySQL <c>gtid_executed</c>, MariaDB <c>gtid_binlog_pos</c>).</summary>
    public abstract Task<string> PositionAsync(CancellationToken cancellationToken);

    /// <summary>Waits until it has applied everything up to a position; <see langword="false"/> if the limit ran out.</summary>
    public abstract Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Whether it takes no writes from any account that such a switch binds.</summary>
    public abstract Task<bool> IsFencedAsync(CancellationToken cancellationToken);

    /// <summary>Makes it refuse writes; when it returns, no commit is under way.</summary>
    public abstract Task FenceAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The same; flavours whose fence does not bind every account end the connections of those it does not bind too. In one
    /// statement with one answer: the second of two may wait 40 ms on its way through a jump host, whose sshd leaves Nagle's
    /// algorithm on for connections without a session (RFC 896; RFC 1122, 4.2.3.2, delayed acknowledgements).
    /// </summary>
    /// <param name="unbound">The names of the accounts that <c>read_only</c> does not bind; <see langword="null"/> if that is not known,
    /// which may be any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public virtual Task FenceOffAsync(IReadOnlyList<string>? unbound, CancellationToken cancellationToken) => FenceAsync(cancellationToken);

    /// <summary>Whether it refuses writes, and what it holds.</summary>
    public abstract Task<FencedPosition> FencedPositionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// How far it has applied what others wrote, to be held against a position (MySQL <c>gtid_executed</c>, MariaDB <c>gtid_slave_pos</c>).
    /// </summary>
    public abstract Task<string> AppliedAsync(CancellationToken cancellationToken);

    /// <summary>Makes it take writes.</summary>
    public abstract Task UnfenceAsync(CancellationToken cancellationToken);

    /// <summary>Lets operators' accounts write while all others are still refused.</summary>
    public abstract Task AdmitOperatorsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Keeps stopping the receiver from waiting long for a source that is not there, or lets it wait as the server does by default.
    /// </summary>
    public virtual Task HastenStopAsync(bool on, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops applying; what was received is kept.</summary>
    public abstract Task StopApplyingAsync(CancellationToken cancellationToken);

    /// <summary>Whether it replicates from anywhere, running or not.</summary>
    public async Task<bool> IsReplicaAsync(CancellationToken cancellationToken) => (await ChannelsAsync(cancellationToken)).Count > 0;

    /// <summary>Where it replicates from.</summary>
    public abstract Task<IReadOnlyList<ReplicationChannel>> ChannelsAsync(CancellationToken cancellationToken);

    /// <summary>Tells it where to replicate from, not yet to start.</summary>
    public abstract Task FollowAsync(ReplicationSource source, CancellationToken cancellationToken);

    /// <summary>The same, from the position it was given with a copy, not from what it wrote itself.</summary>
    public virtual Task FollowFromPositionAsync(ReplicationSource source, CancellationToken cancellationToken) =>
        FollowAsync(source, cancellationToken);

    /// <summary>Starts replicating.</summary>
    public abstract Task StartReplicatingAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Starts replicating again after transactions of its source were committed on it by other means, which it must not ask for once more.
    /// </summary>
    public virtual Task ResumeReplicatingAsync(CancellationToken cancellationToken) => StartReplicatingAsync(cancellationToken);

    /// <summary>Stops receiving and applying; what was received is kept.</summary>
    public abstract Task StopReplicatingAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Gives a replica that has stopped another source, to be found by GTID, not yet to start: its account, TLS settings, filters
    /// and delay stay. What it received and has not applied is thrown away.
    /// </summary>
    public abstract Task RepointAsync(string host, int port, CancellationToken cancellationToken);

    /// <summary>Stops receiving; what was received is still applied.</summary>
    public abstract Task StopReceivingAsync(CancellationToken cancellationToken);

    /// <summary>Stops replicating and forgets from where.</summary>
    public abstract Task DetachAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Begins a new file of its binary log, if the account may (RELOAD). Who starts to replicate from it is served from the
    /// beginning of a file: the server reads all of that, up to <c>max_binlog_size</c>, before it sends anything new.
    /// </summary>
    public async Task RotateLogAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync("FLUSH LOCAL BINARY LOGS", cancellationToken);
        }
        catch (DatabaseException error) when (error.Kind is ErrorKind.Permission)
        {
            // The replica comes a little later then.
        }
    }

    /// <summary>Switches waiting for a replica at each commit on or off, where the server can.</summary>
    public abstract Task SetSemiSyncSourceAsync(bool on, CancellationToken cancellationToken);

    /// <summary>Switches acknowledging to the source on or off, where the server can; counts from the next start of the receiver.</summary>
    public abstract Task SetSemiSyncReplicaAsync(bool on, CancellationToken cancellationToken);

    /// <summary>Whether it acknowledges to its source as a semi-synchronous replica.</summary>
    public async Task<bool> AcknowledgesAsync(CancellationToken cancellationToken)
    {
        const string Sql = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_replica_status', 'Rpl_semi_sync_slave_status')";
        return new ServerVariables(await Session.QueryAsync(Sql, null, cancellationToken), Sql)
            .Flag("Rpl_semi_sync_replica_status", "Rpl_semi_sync_slave_status") == true;
    }

    /// <summary>How many replicas must acknowledge a commit.</summary>
    public virtual Task<long> SemiSyncWaitCountAsync(CancellationToken cancellationToken) => Task.FromResult(1L);

    /// <summary>What it waits for at each commit.</summary>
    public async Task<Durability> DurabilityAsync(CancellationToken cancellationToken)
    {
        DatabaseRow row = await RowAsync(
            "SELECT @@global.sync_binlog AS binlog, @@global.innodb_flush_log_at_trx_commit AS redo", cancellationToken);
        return new(row.Number("binlog") ?? 1, row.Number("redo") ?? 1);
    }

    /// <summary>
    /// Changes what it waits for at each commit, until a restart. What was committed before is on disk with the next commit that waits.
    /// </summary>
    public Task SetDurabilityAsync(Durability durability, CancellationToken cancellationToken) => ExecuteAsync(
        FormattableString.Invariant(
            $"SET GLOBAL sync_binlog = {durability.SyncBinlog}, GLOBAL innodb_flush_log_at_trx_commit = {durability.FlushLogAtCommit}"), cancellationToken);

    /// <summary>Makes it refuse writes, or take them, after a restart.</summary>
    /// <param name="readOnly">Whether it shall refuse them.</param>
    /// <param name="server">Its server, for flavours that keep this in a file.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public abstract Task PersistRoleAsync(bool readOnly, IServerSession server, CancellationToken cancellationToken);

    /// <summary>Ends clients' connections: neither replication's nor those of this operation's own account over the local socket.</summary>
    public virtual async Task EndClientsAsync(CancellationToken cancellationToken)
    {
        foreach (DatabaseRow client in await Session.QueryAsync(
            $"SELECT ID AS id FROM information_schema.PROCESSLIST WHERE {IsClient}", null, cancellationToken))
        {
            try
            {
                await ExecuteAsync(FormattableString.Invariant($"KILL {client.Number("id") ?? 0}"), cancellationToken);
            }
            catch (DatabaseException error) when (error.Number is NoSuchThread or KillDenied)
            {
                // It ended by itself; or it is of an account with SYSTEM_USER, which MySQL's fence binds all the same.
            }
        }
    }

    /// <summary>Whether a connection on which nobody has logged in yet is one of its own.</summary>
    /// <param name="connection">The number that its greeting gave.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task<bool> KnowsAsync(long connection, CancellationToken cancellationToken) => (await Session.QueryAsync(
        "SELECT COUNT(*) AS value FROM information_schema.PROCESSLIST WHERE ID = @id AND USER = 'unauthenticated user'",
        new Dictionary<string, object?> { ["id"] = connection }, cancellationToken))[0].Number("value") == 1;

    /// <summary>
    /// Who holds a lock for which every write would wait, each in one line; empty for none, and where the server does not tell.
    /// </summary>
    /// <param name="backups">Whether those count who only keep changes of tables away, as a running backup does.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal Task<IReadOnlyList<string>> GlobalLocksAsync(bool backups, CancellationToken cancellationToken) =>
        GlobalLockReader.ReadAsync(Session, backups, cancellationToken);

    /// <summary>What keeps databases out of its binary log; empty for nothing.</summary>
    internal Task<IReadOnlyList<string>> LogFiltersAsync(CancellationToken cancellationToken) =>
        LogFilterReader.ReadAsync(Session, cancellationToken);

    /// <summary>How another member would replicate from it: as it does itself now, with itself as the source.</summary>
    /// <param name="server">Its server.</param>
    /// <param name="host">Under which address the other member reaches it.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>ReplicationLoginUnreadable</c>: it keeps no password, or it may not be read.</exception>
    internal Task<ReplicationSource> ReverseSourceAsync(
        IServerSession server, string host, int port, CancellationToken cancellationToken) =>
        ReplicationSourceReader.ReverseAsync(Session, server, host, port, cancellationToken);

    /// <summary>How far it has applied what it received; <see langword="null"/> if it replicates from none.</summary>
    internal abstract Task<ReplayProgress?> ReplayAsync(CancellationToken cancellationToken);

    /// <summary>What its receiver has got so far, in one line that changes with every heartbeat; empty if none runs.</summary>
    internal abstract Task<string> ReceivedAsync(CancellationToken cancellationToken);

    /// <summary>When it last heard of its source; <see langword="null"/> if it does not say.</summary>
    internal virtual Task<DateTimeOffset?> LastHeardAsync(CancellationToken cancellationToken) => Task.FromResult<DateTimeOffset?>(null);

    /// <summary>The transactions of whose log nothing is left; empty where it does not say.</summary>
    internal virtual Task<string> PurgedAsync(CancellationToken cancellationToken) => Task.FromResult("");

    /// <summary>
    /// Whether its own persisted settings have it wait for a replica at each commit; <see langword="null"/> if they don't say.
    /// </summary>
    internal virtual Task<bool?> SemiSyncPersistedAsync(CancellationToken cancellationToken) => Task.FromResult<bool?>(null);

    /// <summary>The file with the authorities that it names for its own clients; empty for none.</summary>
    internal Task<string> AuthoritiesAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.ssl_ca AS value", cancellationToken);

    /// <summary>Its data directory.</summary>
    internal Task<string> DataDirectoryAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.datadir AS value", cancellationToken);

    /// <summary>
    /// Its tables of other engines than InnoDB, quoted: <c>`shop`.`log`</c>. What is done to their rows can't be taken back.
    /// </summary>
    internal async Task<IReadOnlyList<string>> TablesWithoutTransactionsAsync(CancellationToken cancellationToken) =>
        [
            .. (await Session.QueryAsync(OtherEngines, null, cancellationToken))
                .Select(row => $"`{row.Text("table_schema")}`.`{row.Text("table_name")}`"),
        ];

    /// <summary>Whether its event scheduler runs: <c>ON</c>, <c>OFF</c>, or <c>DISABLED</c>, which only a start changes.</summary>
    internal Task<string> EventSchedulerAsync(CancellationToken cancellationToken) =>
        ValueAsync("SELECT @@global.event_scheduler AS value", cancellationToken);

    /// <summary>Lets its event scheduler run or stand still.</summary>
    internal Task SetEventSchedulerAsync(bool on, CancellationToken cancellationToken) =>
        ExecuteAsync($"SET GLOBAL event_scheduler = {(on ? "ON" : "OFF")}", cancellationToken);

    /// <summary>Its scheduled events by their names.</summary>
    internal async Task<Dictionary<string, ScheduledEvent>> EventsAsync(CancellationToken cancellationToken) =>
        (await Session.QueryAsync(ReplicationQueries.Events, null, cancellationToken))
            .Select(ScheduledEvent.From)
            .ToDictionary(one => $"{one}", StringComparer.Ordinal);

    /// <summary>
    /// Changes an event as its definer has it. Its session's SQL mode is kept with the event: the connection is of no use afterwards.
    /// </summary>
    /// <param name="one">The event as it is there.</param>
    /// <param name="what">What becomes of it: <c>ENABLE</c>, <see cref="DisableEvent"/>.</param>
    /// <param name="logged">Whether replicas shall do the same.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task AlterEventAsync(ScheduledEvent one, string what, bool logged, CancellationToken cancellationToken)
    {
        await (logged ? Task.CompletedTask : ExecuteAsync(Unlogged, cancellationToken));
        await ExecuteAsync("SET SESSION sql_mode = @mode", cancellationToken, KeyValuePair.Create("mode", (object?)one.SqlMode));
        await ExecuteAsync(EventStatement(one, what), cancellationToken);
    }

    /// <summary>The same for the server's own client.</summary>
    internal static string EventScript(ScheduledEvent one, string what, bool logged) =>
        $"{(logged ? "" : $"{Unlogged};\n")}SET SESSION sql_mode = '{one.SqlMode.Replace("'", "''", StringComparison.Ordinal)}';\n"
            + $"{EventStatement(one, what)};\n";

    /// <summary>What becomes of an event that shall run on the primary only.</summary>
    internal abstract string DisableEvent { get; }

    // ALTER EVENT takes the session's definer and SQL mode otherwise.
    private static string EventStatement(ScheduledEvent one, string what)
    {
        int at = one.Definer.LastIndexOf('@');
        string definer = at < 0 ? Quoted(one.Definer) : $"{Quoted(one.Definer[..at])}@{Quoted(one.Definer[(at + 1)..])}";
        return $"ALTER DEFINER = {definer} EVENT {Quoted(one.Schema)}.{Quoted(one.Name)} {what}";

        static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";
    }

    /// <summary>Asks for something that may take its time on the server: the statement's own limit must not end it before.</summary>
    private protected async Task<string> ValueWithinAsync(
        string sql, TimeSpan limit, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters)
    {
        TimeSpan usual = Session.TimeLimit;
        TimeSpan longer = limit + Margin;
        Session.TimeLimit = longer > usual ? longer : usual;
        try
        {
            return await ValueAsync(sql, cancellationToken, parameters);
        }
        finally
        {
            Session.TimeLimit = usual;
        }
    }

    /// <summary>Runs a statement.</summary>
    protected Task<int> ExecuteAsync(
        string sql, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters) =>
        Session.ExecuteAsync(sql, new Dictionary<string, object?>(parameters), cancellationToken);

    /// <summary>The one row of statements of which the last is a query.</summary>
    /// <exception cref="ParseException">It gave no row.</exception>
    private protected async Task<DatabaseRow> RowAsync(string sql, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(sql, null, cancellationToken);
        return rows.Count > 0 ? rows[0] : throw new ParseException(Name, sql, 0, "expected one row, found none.");
    }

    /// <summary>The one value of a query.</summary>
    /// <exception cref="ParseException">It gave no row.</exception>
    protected async Task<string> ValueAsync(
        string sql, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(sql, new Dictionary<string, object?>(parameters), cancellationToken);
        return rows.Count > 0
            ? rows[0].Text("value") ?? ""
            : throw new ParseException(Name, sql, 0, "expected one row, found none.");
    }

    /// <summary>Which connections are the application's and other people's, and not replication's, the server's or our own.</summary>
    private protected const string IsClient = """
        USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user') AND COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon')
            AND NOT (HOST = 'localhost' AND USER = SUBSTRING_INDEX(USER(), '@', 1))
        """;

    private const string Unlogged = "SET SESSION sql_log_bin = 0";

    private const string OtherEngines = """
        SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name FROM information_schema.TABLES
        WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')
        """;

    // ER_KILL_DENIED_ERROR
    private const int KillDenied = 1095;

    // ER_NO_SUCH_THREAD
    private protected const int NoSuchThread = 1094;
}

/// <summary>What a member held when it was fenced.</summary>
/// <param name="IsFenced">Whether it said afterwards that it refuses writes.</param>
/// <param name="Position">How far it had come, as another member waits for it.</param>
/// <param name="Executed">All transactions it had committed.</param>
public sealed record FencedPosition(bool IsFenced, string Position, string Executed);
