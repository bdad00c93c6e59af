using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Remoting.Database;

/// <summary>
/// Opens database connections through a server's session: over its unix socket, or its own loopback port for a login by
/// password where there is none. The connection ends on the server itself, so nothing of it is readable on the way; a
/// socket that lets the SSH user in without a password only ever appears in a directory that the operator alone can enter.
/// </summary>
internal sealed class DatabaseOpener(SessionOptions options, DatabasePolicy? policy)
{
    /// <summary>Opens a connection.</summary>
    /// <exception cref="FoobarException">As <see cref="ISiteSession.OpenDatabaseAsync"/>.</exception>
    public async Task<IDatabaseSession> OpenAsync(ServerSession session, CancellationToken cancellationToken)
    {
        string server = session.Server.Name;
        int? port = options.Database is null ? null : policy?.Port ?? 3306;
        IReadOnlyList<string> sockets = !options.UnixSockets && port is not null
            ? []
            : policy?.Socket is string socket ? [socket] : DatabaseAddress.UsualSockets;
        DatabaseAddress address = await session.DatabaseAsync(sockets, port, cancellationToken).ConfigureAwait(false);
        string user = options.Database?.User ?? address.SshUser;
        options.Log?.Record(new Activity(DateTimeOffset.UtcNow, server, ActivityKind.DatabaseOpen, $"as {user} at {address.Endpoint}"));

        // A password that MySQL does not have in its cache, after a restart, must be sent to it whole: over TLS the driver does,
        // over a unix socket without TLS it asks for a key that the server only has for TCP.
        bool encrypt = options.Database is not null || address.Endpoint is RemoteEndpoint.Tcp;
        IForward forward = await session.ForwardAsync(address.Endpoint, cancellationToken).ConfigureAwait(false);
        try
        {
            DbConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return new DatabaseSession(server, connection, forward, ConnectAsync, options.Log);
        }
        catch
        {
            await forward.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Task<DbConnection> ConnectAsync(CancellationToken token) =>
            DatabaseOpener.ConnectAsync(
                server, forward.LocalPath, user, options.Database?.Password, encrypt, options.ConnectTimeLimit, token);
    }

    /// <summary>
    /// Opens a driver's connection. Until the server has greeted, the driver hears no cancellation: an attempt that is given
    /// up here ends with its socket, which the session closes, or with the driver's own time limit.
    /// </summary>
    internal static async Task<DbConnection> ConnectAsync(
        string server, string path, string user, Secret? password, bool encrypt, TimeSpan limit, CancellationToken cancellationToken)
    {
        DbConnection connection = LoadedDrivers.Database.Create(new DatabaseTarget(path, user, password, encrypt, limit));
        long began = Stopwatch.GetTimestamp();
        Task opening = connection.OpenAsync(cancellationToken);
        try
        {
            await opening.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception error)
        {
            // A connection that opens after all is closed then.
            _ = opening.ContinueWith(
                _ => connection.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            TimeSpan waited = Stopwatch.GetElapsedTime(began);
            throw error is DbException unanswered && LoadedDrivers.Database.Number(unanswered) is null && WhyGone(path) is { } why
                ? DatabaseErrors.ForwardGone(server, why, error)
                : Told(server, user, password is not null, error, limit, waited);
        }
    }

    /// <summary>Why the socket of a forward can't be reached any more, of which the driver says nothing; null if it can.</summary>
    private static string? WhyGone(string path)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Blocking = false;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return null;
        }
        catch (SocketException busy) when (busy.SocketErrorCode == SocketError.WouldBlock)
        {
            return null;
        }
        catch (SocketException error)
        {
            return error.Message;
        }
    }

    /// <summary>
    /// What is told of an error. On a busy machine our timer may have to wait for a thread for longer than the driver's limit is; so the
    /// clock says which it was.
    /// </summary>
    internal static Exception Told(
        string server, string user, bool byPassword, Exception error, TimeSpan limit, TimeSpan waited) => error switch
    {
        OperationCanceledException or FoobarException => error,
        DbException refused when waited < limit || LoadedDrivers.Database.Number(refused) is not null =>
            DatabaseErrors.OfOpening(server, user, byPassword, refused),
        NotSupportedException unknown => DatabaseErrors.LoginUnsupported(server, user, unknown),

        // A server that does not speak the protocol makes the driver throw what it stumbled over (FormatException ...).
        not TimeoutException when waited < limit => DatabaseErrors.Unreachable(server, error.Message, error),
        _ => DatabaseErrors.OpeningTimeout(server, limit),
    };
}
