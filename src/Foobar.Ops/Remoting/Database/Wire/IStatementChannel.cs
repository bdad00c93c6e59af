namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>A database connection for statements without results. Not safe for concurrent use; of no use after an error that is not the server's.</summary>
internal interface IStatementChannel : IAsyncDisposable
{
    /// <summary>Runs a statement; when it returns, the server has said that it is done.</summary>
    /// <param name="sql">The statement, whole.</param>
    /// <param name="cancellationToken">Cancels; the connection is to be closed then.</param>
    /// <exception cref="DatabaseException"><c>StatementRefused</c>, <c>DatabaseConnectionLost</c>.</exception>
    Task ExecuteAsync(string sql, CancellationToken cancellationToken);
}
