using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Database;

/// <summary>
/// Opens database connections through a server's session: over its unix socket, or its own loopback port for a login by
/// password where there is none. The connection ends on the server itself, so nothing of it is readable on the way; a
/// socket that lets the SSH user in without a password only ever appears in a directory that the operator alone can enter.
/// </summary>
internal sealed class DatabaseOpener(SessionOptions options, DatabasePolicy? policy)
{
    // ER_BAD_HOST_ERROR: what the driver calls its own failures to connect.
    private const int NotConnected = 1042;

    /// <summary>Opens a connection.</summary>
    /// <exception cref="FoobarException">As <see cref="ISiteSession.OpenDatabaseAsync"/>.</exception>
    public async Task<IDatabaseSession> OpenAsync(ServerSession session, CancellationToken cancellationToken)
    {
        string server = session.Server.Name;
        int? port = options.Database is null ? null : policy?.Port ?? 3306;
        IReadOnlyList<string> sockets = !options.UnixSockets && port is not null ? [] : policy?.Socket is string socket ? [socket] : DatabaseAddress.UsualSockets;
        DatabaseAddress address = await session.DatabaseAsync(sockets, port, cancellationToken).ConfigureAwait(false);
        string user = options.Database?.User ?? address.SshUser;
        options.Log?.Record(new Activity(DateTimeOffset.UtcNow, server, ActivityKind.DatabaseOpen, $"as {user} at {address.Endpoint}"));
        IForward forward = await session.ForwardAsync(address.Endpoint, cancellationToken).ConfigureAwait(false);
        try
        {
            DbConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await DatabaseSession.StartAsync(server, connection, forward, ConnectAsync, options.Log, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await forward.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Task<DbConnection> ConnectAsync(CancellationToken token) =>
            DatabaseOpener.ConnectAsync(server, forward.LocalPath, user, options.Database?.Password, address.Endpoint is RemoteEndpoint.Tcp, options.ConnectTimeLimit, token);
    }

    /// <summary>Opens the driver's connection on a pool thread: its <c>OpenAsync</c> fails over a unix socket.</summary>
    internal static async Task<DbConnection> ConnectAsync(string server, string path, string user, Secret? password, bool encrypt, TimeSpan limit, CancellationToken cancellationToken)
    {
        // When the driver's own limit runs out in the middle of a TLS handshake, it throws on a timer's thread, where nobody
        // can catch it and the process ends. So it gets none there; one that hangs ends with its socket, the session's.
        // Elsewhere its limit only frees the thread, and is longer than ours, which is the one that is told.
        DbConnection connection = MySqlDriver.Create(path, user, password, encrypt, encrypt ? null : limit * 2);
        long began = Stopwatch.GetTimestamp();
        Task opening = Task.Run(connection.Open, CancellationToken.None);
        try
        {
            await opening.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception error)
        {
            // A connection that opens after all is closed then.
            _ = opening.ContinueWith(_ => connection.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw Told(server, user, error, limit, Stopwatch.GetElapsedTime(began));
        }
    }

    /// <summary>What is told of an error. On a busy machine our timer may have to wait for a thread for longer than the driver's limit is; so the clock says which it was.</summary>
    internal static Exception Told(string server, string user, Exception error, TimeSpan limit, TimeSpan waited) => error switch
    {
        TimeoutException => DatabaseErrors.Timeout(server, "opening a connection", limit),
        DbException refused when waited < limit || MySqlDriver.Number(refused) is not (null or NotConnected) => DatabaseErrors.OfOpening(server, user, refused),
        IOException or SocketException when waited < limit => DatabaseErrors.Unreachable(server, error.Message, error),
        DbException or IOException or SocketException => DatabaseErrors.Timeout(server, "opening a connection", limit),
        _ => error,
    };
}
