using System.Data.Common;
using Foobar.Ops.Remoting.Database;

namespace Foobar.Ops.Remoting;

/// <summary>
/// A way to a database past any member's own server: through a server's session to an address that the server reaches, as
/// a proxy's listener, with a login by password. TLS is used where the database offers it.
/// </summary>
public sealed class DatabasePath : IAsyncDisposable
{
    private readonly string _server;
    private readonly IForward _forward;
    private readonly DatabaseLogin _login;
    private readonly TimeSpan _limit;

    private DatabasePath(string server, IForward forward, DatabaseLogin login, TimeSpan limit)
    {
        _server = server;
        _forward = forward;
        _login = login;
        _limit = limit;
    }

    /// <summary>Prepares the way; connects to no database yet.</summary>
    /// <param name="via">The server that reaches the address.</param>
    /// <param name="address">The address, as that server reaches it.</param>
    /// <param name="login">The account. Its password is not kept by anything else than this and the connections' own memory.</param>
    /// <param name="limit">The time limit for opening one connection.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<DatabasePath> OpenAsync(
        IServerSession via, RemoteEndpoint.Tcp address, DatabaseLogin login, TimeSpan limit, CancellationToken cancellationToken) =>
        new(via.Server.Name, await via.ForwardAsync(address, cancellationToken).ConfigureAwait(false), login, limit);

    /// <summary>
    /// Opens a connection; the caller disposes it. A statement that is cancelled costs the connection: the way may lead to
    /// another server by then, where a KILL would hit somebody else's statement.
    /// </summary>
    /// <exception cref="Errors.FoobarException"><c>DatabaseUnreachable</c>, <c>DatabaseLoginRefused</c>,
    /// <c>DatabaseTimeout</c>.</exception>
    public async Task<IDatabaseSession> ConnectAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = await DatabaseOpener.ConnectAsync(
            _server, _forward.LocalPath, _login.User, _login.Password, encrypt: true, _limit, cancellationToken)
            .ConfigureAwait(false);
        return new DatabaseSession(_server, connection, new SharedForward(_forward.LocalPath), connectAnother: null, log: null);
    }

    /// <summary>Closes the way; open connections end.</summary>
    public ValueTask DisposeAsync() => _forward.DisposeAsync();

    /// <summary>All connections share the way; it is closed with the path.</summary>
    private sealed record SharedForward(string LocalPath) : IForward
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
