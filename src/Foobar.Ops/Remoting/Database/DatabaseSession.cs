using System.Data;
using System.Data.Common;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database;

/// <summary>One database connection. What is cancelled or outlasts its limit is killed on the server, and the connection stays usable.</summary>
internal sealed class DatabaseSession : IDatabaseSession
{
    /// <summary>How long a killed statement's end is awaited: callers are back within a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(800);

    private readonly DbConnection _connection;
    private readonly IForward _forward;
    private readonly Func<CancellationToken, Task<DbConnection>> _connectAnother;
    private readonly IActivityLog? _log;
    private long _id;
    private bool _lost;

    private DatabaseSession(string server, DbConnection connection, IForward forward, Func<CancellationToken, Task<DbConnection>> connectAnother, IActivityLog? log)
    {
        Server = server;
        _connection = connection;
        _forward = forward;
        _connectAnother = connectAnother;
        _log = log;
    }

    public string Server { get; }

    public string ServerVersion { get; private set; } = "";

    public bool IsMariaDb => ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Takes an open connection over and learns whom it speaks to.</summary>
    public static async Task<DatabaseSession> StartAsync(
        string server, DbConnection connection, IForward forward, Func<CancellationToken, Task<DbConnection>> connectAnother, IActivityLog? log, CancellationToken cancellationToken)
    {
        DatabaseSession session = new(server, connection, forward, connectAnother, log);
        try
        {
            IReadOnlyList<DatabaseRow> rows = await session.RunAsync("SELECT CONNECTION_ID() AS id, VERSION() AS version", null, command => ReadAsync(server, command), cancellationToken).ConfigureAwait(false);
            session._id = rows[0].Number("id") ?? 0;
            session.ServerVersion = rows[0].Text("version") ?? "";
            return session;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        _log?.Record(new Activity(DateTimeOffset.UtcNow, Server, ActivityKind.Statement, sql));
        return RunAsync(sql, parameters, command => ReadAsync(Server, command), cancellationToken);
    }

    public Task<int> ExecuteAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        _log?.Record(new Activity(DateTimeOffset.UtcNow, Server, ActivityKind.Statement, sql));
        return RunAsync(sql, parameters, static command => command.ExecuteNonQueryAsync(), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // The driver says goodbye on the wire, which blocks if nobody listens any more.
        await Task.WhenAny(Task.Run(_connection.Dispose), Task.Delay(Patience)).ConfigureAwait(false);
        await _forward.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<DatabaseRow>> ReadAsync(string server, DbCommand command)
    {
        DbDataReader? reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        if (reader is null)
        {
            throw DatabaseErrors.Interrupted(server);
        }

        await using (reader.ConfigureAwait(false))
        {
            List<DatabaseRow> rows = [];
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                rows.Add(new DatabaseRow(Enumerable.Range(0, reader.FieldCount).Select(at => KeyValuePair.Create(reader.GetName(at), MySqlDriver.Plain(reader.GetValue(at))))));
            }

            return rows;
        }
    }

    private async Task<T> RunAsync<T>(string sql, IReadOnlyDictionary<string, object?>? parameters, Func<DbCommand, Task<T>> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_lost)
        {
            throw DatabaseErrors.Lost(Server, "an earlier statement did not come back");
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);

        // On a pool thread: not all of the driver's asynchronous methods are so to the end.
        Task<T> running = Task.Run(() => ExecuteAsync(sql, parameters, run), CancellationToken.None);
        try
        {
            return await running.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await KillAsync(running).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw DatabaseErrors.Timeout(Server, sql, TimeLimit);
        }
        catch (DbException error)
        {
            bool open = _connection.State == ConnectionState.Open;
            throw DatabaseErrors.OfStatement(Server, error, open, open ? await AskSqlStateAsync().ConfigureAwait(false) : null);
        }
        catch (Exception error) when (error is not FoobarException)
        {
            // What else the driver throws (null references too) comes of a connection that ended under it.
            _lost = true;
            throw DatabaseErrors.Lost(Server, error.Message, error);
        }
    }

    /// <summary>The SQL state of the last error, from the server's diagnostics area.</summary>
    private async Task<string?> AskSqlStateAsync()
    {
        try
        {
            Task<IReadOnlyList<DatabaseRow>> asked = Task.Run(() => ExecuteAsync(
                "GET DIAGNOSTICS CONDITION 1 @foobar_sql_state = RETURNED_SQLSTATE; SELECT @foobar_sql_state AS state", null, command => ReadAsync(Server, command)));
            return (await asked.WaitAsync(Patience).ConfigureAwait(false))[0].Text("state");
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return null;
        }
    }

    private async Task<T> ExecuteAsync<T>(string sql, IReadOnlyDictionary<string, object?>? parameters, Func<DbCommand, Task<T>> run)
    {
        DbCommand command = _connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
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

    /// <summary>Ends a running statement by a second connection. If it does not end, this connection is given up.</summary>
    private async Task KillAsync(Task running)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            DbConnection other = await _connectAnother(patience.Token).ConfigureAwait(false);
            await using (other.ConfigureAwait(false))
            {
                DbCommand kill = other.CreateCommand();
                await using (kill.ConfigureAwait(false))
                {
#pragma warning disable CA2100 // A number that the server gave us.
                    kill.CommandText = FormattableString.Invariant($"KILL QUERY {_id}");
#pragma warning restore CA2100
                    await Task.Run(kill.ExecuteNonQuery, CancellationToken.None).WaitAsync(patience.Token).ConfigureAwait(false);
                }
            }

            await running.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The killed statement's own error, of whatever kind, or none came in time.
            _lost = !running.IsCompleted || _connection.State != ConnectionState.Open;
        }
    }
}
