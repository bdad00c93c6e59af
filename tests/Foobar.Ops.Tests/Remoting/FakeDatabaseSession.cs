using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// A database that answers as scripted: the first answer whose text occurs in the statement (without regard to case) is
/// given; a statement nobody scripted is refused with error 1064. Remembers what it was asked.
/// </summary>
internal sealed class FakeDatabaseSession(string server, string version) : IDatabaseSession
{
    private readonly List<(string Part, Func<IReadOnlyList<DatabaseRow>> Rows)> _answers = [];

    public string Server => server;

    public string ServerVersion => version;

    public bool IsMariaDb => version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The statements it was given, in order.</summary>
    public List<string> Statements { get; } = [];

    /// <summary>Answers statements that hold <paramref name="part"/> with these rows, each column by column.</summary>
    public FakeDatabaseSession On(string part, params (string Column, object? Value)[][] rows) =>
        On(part, () => [.. rows.Select(row => new DatabaseRow(row.Select(cell => KeyValuePair.Create(cell.Column, cell.Value))))]);

    /// <summary>Answers statements that hold <paramref name="part"/> by a function, which may throw.</summary>
    public FakeDatabaseSession On(string part, Func<IReadOnlyList<DatabaseRow>> rows)
    {
        _answers.Add((part, rows));
        return this;
    }

    /// <summary>Refuses statements that hold <paramref name="part"/> with the server's error number.</summary>
    public FakeDatabaseSession Refuse(string part, int number, string message, string sqlState = "HY000") => On(part, () =>
        throw new DatabaseException(
            "StatementRefused", ErrorKind.Failed, $"{server}: {message}") { Server = server, Number = number, SqlState = sqlState });

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        Statements.Add(sql);
        Func<IReadOnlyList<DatabaseRow>>? rows = _answers.Find(each => sql.Contains(each.Part, StringComparison.OrdinalIgnoreCase)).Rows;
        try
        {
            return rows is not null
                ? Task.FromResult(rows())
                : throw new DatabaseException(
                    "StatementRefused", ErrorKind.Failed, $"{server}: nobody scripted '{sql}'")
                    {
                        Server = server,
                        Number = 1064,
                        SqlState = "42000",
                    };
        }
        catch (DatabaseException error)
        {
            return Task.FromException<IReadOnlyList<DatabaseRow>>(error);
        }
    }

    public async Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        (await QueryAsync(sql, parameters, cancellationToken)).Count;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
