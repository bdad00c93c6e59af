namespace Foobar.Ops.Remoting.Database;

/// <summary>Where a server's database is reached from the server itself, and as whom.</summary>
/// <param name="Endpoint">Its unix socket, or its loopback port where it has none.</param>
/// <param name="SshUser">The user that the session is logged in as.</param>
internal sealed record DatabaseAddress(RemoteEndpoint Endpoint, string SshUser)
{
    /// <summary>Where distributions put the socket.</summary>
    public static readonly IReadOnlyList<string> UsualSockets =
        ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/run/mysql/mysql.sock", "/tmp/mysql.sock"];

    /// <summary>Finds the socket and the user, in one command.</summary>
    /// <param name="session">The server.</param>
    /// <param name="sockets">The places to look for a socket.</param>
    /// <param name="port">The port to take where there is no socket; <see langword="null"/> if a socket is a must.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DatabaseException"><c>DatabaseUnreachable</c>: there is no socket, and no port may be taken.</exception>
    public static async Task<DatabaseAddress> FindAsync(
        IServerSession session, IReadOnlyList<string> sockets, int? port, CancellationToken cancellationToken)
    {
        CommandResult found = await session.RunAsync(
            RemoteCommand.Create(
                $"id -un; for socket in {sockets}; do if [ -S \"$socket\" ]; then printf '%s\\n' \"$socket\"; break; fi; done"),
            cancellationToken).ConfigureAwait(false);
        string[] lines = found.OutputText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines switch
        {
            [string user, string path] => new DatabaseAddress(new RemoteEndpoint.UnixSocket(path), user),
            [string user] when port is int number => new DatabaseAddress(new RemoteEndpoint.Tcp("127.0.0.1", number), user),
            _ => throw DatabaseErrors.Unreachable(session.Server.Name, $"there is no socket at {string.Join(", ", sockets)}"),
        };
    }
}
