namespace Foobar.Ops.Remoting;

/// <summary>
/// One connection to a MySQL or MariaDB server. Not safe for concurrent use: open one a task. Database errors are
/// <see cref="DatabaseException"/>s that keep the server's error number and SQL state.
/// </summary>
public interface IDatabaseSession : IAsyncDisposable
{
    /// <summary>The name of the server the database is on.</summary>
    string Server { get; }

    /// <summary>The database server's version as it states it: <c>9.7.0</c>, <c>10.11.14-MariaDB-0+deb12u2-log</c>.</summary>
    string ServerVersion { get; }

    /// <summary>Whether the database server is MariaDB (MySQL or a relative of it otherwise).</summary>
    bool IsMariaDb { get; }

    /// <summary>The time limit of each statement, 30 seconds unless set; then it is killed and <c>DatabaseTimeout</c> thrown.</summary>
    TimeSpan TimeLimit { get; set; }

    /// <summary>The clock by which what goes over it is waited for and limited.</summary>
    TimeProvider Time => TimeProvider.System;

    /// <summary>Runs a query and gives all its rows.</summary>
    /// <param name="sql">The statement, with <c>@name</c> for each parameter.</param>
    /// <param name="parameters">The parameters, by name without the <c>@</c>.</param>
    /// <param name="cancellationToken">Cancels, on the server too.</param>
    Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default);

    /// <summary>Runs a statement and gives the number of rows it changed.</summary>
    /// <param name="sql">The statement, with <c>@name</c> for each parameter.</param>
    /// <param name="parameters">The parameters, by name without the <c>@</c>.</param>
    /// <param name="cancellationToken">Cancels, on the server too.</param>
    Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default);
}
