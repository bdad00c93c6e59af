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

    /// <summary>The flavour.</summary>
    public abstract DatabaseFlavor Flavor { get; }

    /// <summary>The connection.</summary>
    protected IDatabaseSession Session { get; }

    /// <summary>The member behind a connection.</summary>
    public static DatabaseMember Of(IDatabaseSession session) => session.IsMariaDb ? new MariaDbMember(session) : new MySqlMember(session);

    /// <summary>All transactions it has committed, as errant ones are found by (MySQL <c>gtid_executed</c>, MariaDB <c>gtid_binlog_state</c>).</summary>
    public abstract Task<string> ExecutedAsync(CancellationToken cancellationToken);

    /// <summary>All transactions that it holds by now: those that it committed, and those that it has applied without logging them.</summary>
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
    /// <param name="unbound">The names of the accounts that <c>read_only</c> does not bind; <see langword="null"/> if that is not known, which may be any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public virtual Task FenceOffAsync(IReadOnlyList<string>? unbound, CancellationToken cancellationToken) => FenceAsync(cancellationToken);

    /// <summary>Whether it refuses writes, and what it holds.</summary>
    public abstract Task<FencedPosition> FencedPositionAsync(CancellationToken cancellationToken);

    /// <summary>How far it has applied what others wrote, to be held against a position (MySQL <c>gtid_executed</c>, MariaDB <c>gtid_slave_pos</c>).</summary>
    public abstract Task<string> AppliedAsync(CancellationToken cancellationToken);

    /// <summary>Makes it take writes.</summary>
    public abstract Task UnfenceAsync(CancellationToken cancellationToken);

    /// <summary>Lets operators' accounts write while all others are still refused.</summary>
    public abstract Task AdmitOperatorsAsync(CancellationToken cancellationToken);

    /// <summary>Keeps stopping the receiver from waiting long for a source that is not there, or lets it wait as the server does by default.</summary>
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
    public virtual Task FollowFromPositionAsync(ReplicationSource source, CancellationToken cancellationToken) => FollowAsync(source, cancellationToken);

    /// <summary>Starts replicating.</summary>
    public abstract Task StartReplicatingAsync(CancellationToken cancellationToken);

    /// <summary>Starts replicating again after transactions of its source were committed on it by other means, which it must not ask for once more.</summary>
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
        return new ServerVariables(await Session.QueryAsync(Sql, null, cancellationToken), Sql).Flag("Rpl_semi_sync_replica_status", "Rpl_semi_sync_slave_status") == true;
    }

    /// <summary>How many replicas must acknowledge a commit.</summary>
    public virtual Task<long> SemiSyncWaitCountAsync(CancellationToken cancellationToken) => Task.FromResult(1L);

    /// <summary>What it waits for at each commit.</summary>
    public async Task<Durability> DurabilityAsync(CancellationToken cancellationToken)
    {
        DatabaseRow row = await RowAsync("SELECT @@global.sync_binlog AS binlog, @@global.innodb_flush_log_at_trx_commit AS redo", cancellationToken);
        return new(row.Number("binlog") ?? 1, row.Number("redo") ?? 1);
    }

    /// <summary>Changes what it waits for at each commit, until a restart. What was committed before is on disk with the next commit that waits.</summary>
    public Task SetDurabilityAsync(Durability durability, CancellationToken cancellationToken) => ExecuteAsync(
        FormattableString.Invariant($"SET GLOBAL sync_binlog = {durability.SyncBinlog}, GLOBAL innodb_flush_log_at_trx_commit = {durability.FlushLogAtCommit}"), cancellationToken);

    /// <summary>Makes it refuse writes, or take them, after a restart.</summary>
    /// <param name="readOnly">Whether it shall refuse them.</param>
    /// <param name="server">Its server, for flavours that keep this in a file.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public abstract Task PersistRoleAsync(bool readOnly, IServerSession server, CancellationToken cancellationToken);

    /// <summary>Ends clients' connections: neither replication's nor those of this operation's own account over the local socket.</summary>
    public virtual async Task EndClientsAsync(CancellationToken cancellationToken)
    {
        foreach (DatabaseRow client in await Session.QueryAsync($"SELECT ID AS id FROM information_schema.PROCESSLIST WHERE {IsClient}", null, cancellationToken))
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

    /// <summary>Asks for something that may take its time on the server: the statement's own limit must not end it before.</summary>
    private protected async Task<string> ValueWithinAsync(string sql, TimeSpan limit, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters)
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
    protected Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters) =>
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
    protected async Task<string> ValueAsync(string sql, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, object?>> parameters)
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
