using System.Data;
using System.Data.Common;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Database.Wire;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Remoting.Database;

/// <summary>
/// One database connection. What is cancelled or outlasts its limit is killed on the server, and the connection stays usable.
/// </summary>
internal sealed class DatabaseSession : IDatabaseSession
{
    /// <summary>How long a killed statement's end is awaited: callers are back within a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(800);

    private readonly DbConnection _connection;
    private readonly IForward _forward;
    private readonly Func<CancellationToken, Task<DbConnection>>? _connectAnother;
    private readonly IActivityLog? _log;
    private readonly long _id;
    private bool _lost;

    /// <summary>Takes an open connection over.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="forward">What carries it; closed with it.</param>
    /// <param name="connectAnother">Opens a connection to the same server, to kill a statement from; <see langword="null"/> where the way
    /// may lead to another server by then, so that a cancelled statement costs the connection.</param>
    /// <param name="log">Takes note of the statements.</param>
    public DatabaseSession(
        string server,
        DbConnection connection,
        IForward forward,
        Func<CancellationToken, Task<DbConnection>>? connectAnother,
        IActivityLog? log)
    {
        Server = server;
        ServerVersion = ServerGreeting.VersionOf(connection.ServerVersion);
        _connection = connection;
        _forward = forward;
        _connectAnother = connectAnother;
        _log = log;
        _id = LoadedDrivers.Database.ConnectionId(connection);
    }

    public string Server { get; }

    public string ServerVersion { get; }

    public bool IsMariaDb => ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(30);

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        _log?.Record(new Activity(DateTimeOffset.UtcNow, Server, ActivityKind.Statement, sql));
        return RunAsync(sql, parameters, ReadAsync, cancellationToken);
    }

    public Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        _log?.Record(new Activity(DateTimeOffset.UtcNow, Server, ActivityKind.Statement, sql));
        return RunAsync(sql, parameters, static command => command.ExecuteNonQueryAsync(), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // COM_QUIT can block if nobody reads any more.
        await _connection.DisposeAsync().AsTask().WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _forward.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<DatabaseRow>> ReadAsync(DbCommand command)
    {
        DbDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            List<DatabaseRow> rows = [];
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                rows.Add(new DatabaseRow(
                    Enumerable.Range(0, reader.FieldCount)
                        .Select(at => KeyValuePair.Create(reader.GetName(at), LoadedDrivers.Database.Plain(reader.GetValue(at))))));
            }

            return rows;
        }
    }

    /// <summary>
    /// Runs a statement within the time limit. The driver is given no token and no limit: its own cancellation blocks a thread
    /// by a second connection of its own, and may end without an error.
    /// </summary>
    private async Task<T> RunAsync<T>(
        string sql, IReadOnlyDictionary<string, object?>? parameters, Func<DbCommand, Task<T>> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_lost)
        {
            throw DatabaseErrors.Lost(Server, "an earlier statement did not come back");
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        Task<T> running = ExecuteAsync(sql, parameters, run);
        try
        {
            return await running.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(running).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw DatabaseErrors.Timeout(Server, sql, TimeLimit);
        }
        catch (DbException error)
        {
            throw DatabaseErrors.OfStatement(Server, error, _connection.State == ConnectionState.Open);
        }
        catch (Exception error) when (error is not FoobarException)
        {
            // A connection that ended under the driver, as by KILL CONNECTION, shows as a bare SocketException and the like.
            _lost = true;
            throw DatabaseErrors.Lost(Server, error.Message, error);
        }
    }

    private async Task<T> ExecuteAsync<T>(string sql, IReadOnlyDictionary<string, object?>? parameters, Func<DbCommand, Task<T>> run)
    {
        DbCommand command = Command(_connection, sql);
        await using (command.ConfigureAwait(false))
        {
            foreach ((string name, object? value) in parameters ?? new Dictionary<string, object?>())
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = "@" + name;
                parameter.Value = value ?? DBNull.Value;
                command.Parameters.Add(parameter);
            }

            return await run(command).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends a running statement by a second connection. If it does not end, or there is no other connection, this one is given up.
    /// </summary>
    private async Task EndAsync(Task running)
    {
        if (_connectAnother is null)
        {
            _lost = true;
            return;
        }

        using CancellationTokenSource patience = new(Patience);
        try
        {
            DbConnection other = await _connectAnother(patience.Token).ConfigureAwait(false);
            await using (other.ConfigureAwait(false))
            {
                await DoAsync(other, FormattableString.Invariant($"KILL QUERY {_id}"), patience.Token).ConfigureAwait(false);
            }

            // A statement may end by itself before it is killed, or without an error (SLEEP).
            await running.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            patience.Token.ThrowIfCancellationRequested();
            await SwallowAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _lost = true;
        }
    }

    /// <summary>A kill that came after its statement's end would hit the next one: this is the next one.</summary>
    private async Task SwallowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DoAsync(_connection, "DO 0", cancellationToken).ConfigureAwait(false);
        }
        catch (DbException) when (_connection.State == ConnectionState.Open)
        {
            // It was killed instead.
        }
    }

    private static async Task DoAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        DbCommand command = Command(connection, sql);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static DbCommand Command(DbConnection connection, string sql)
    {
        DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements come from the library itself; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
