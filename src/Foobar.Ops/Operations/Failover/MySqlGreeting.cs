using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;

namespace Foobar.Ops.Operations.Failover;

/// <summary>
/// What a MySQL or MariaDB server says before any login: that it lives, and under which id it knows this connection
/// (MySQL Client/Server Protocol, Protocol::HandshakeV10). So a path can be followed to its end without an account.
/// </summary>
/// <param name="Version">The server's version.</param>
/// <param name="ConnectionId">The connection's id on the server.</param>
internal sealed record MySqlGreeting(string Version, long ConnectionId)
{
    /// <summary>Connects from a server and reads the greeting, within the limit. The connection is closed again.</summary>
    /// <exception cref="FoobarException">It can't be reached, or says nothing, or something else.</exception>
    public static async Task<MySqlGreeting> ReadAsync(IServerSession from, string host, int port, TimeSpan limit, CancellationToken cancellationToken) =>
        await HoldAsync(from, host, port, limit, (greeting, _) => Task.FromResult(greeting), cancellationToken);

    /// <summary>The same, with something to be done while the connection is open.</summary>
    public static async Task<T> HoldAsync<T>(IServerSession from, string host, int port, TimeSpan limit, Func<MySqlGreeting, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(limit);
        try
        {
            await using Stream stream = await from.ConnectAsync(new RemoteEndpoint.Tcp(host, port), timer.Token);
            byte[] head = new byte[4];
            await stream.ReadExactlyAsync(head, timer.Token);
            byte[] body = new byte[Math.Min(head[0] | (head[1] << 8) | (head[2] << 16), 4096)];
            await stream.ReadExactlyAsync(body, timer.Token);
            return await use(Parse(from.Server.Name, $"{host}:{port}", body), timer.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FoobarException("NoGreeting", ErrorKind.Timeout, $"{from.Server.Name}: {host}:{port} did not greet as a database within {limit.TotalSeconds:0.#} s.") { Server = from.Server.Name };
        }
        catch (IOException error)
        {
            throw new FoobarException("NoGreeting", ErrorKind.Connection, $"{from.Server.Name}: {host}:{port} closed the connection without a greeting.", error) { Server = from.Server.Name };
        }
    }

    /// <summary>Reads the payload of the first packet.</summary>
    /// <exception cref="FoobarException">It is no greeting, but an error or something else.</exception>
    internal static MySqlGreeting Parse(string server, string source, ReadOnlySpan<byte> body)
    {
        if (WireError.Of(body) is { } refused)
        {
            throw new FoobarException("NoGreeting", ErrorKind.Connection, $"{server}: {source} refuses connections: {refused.Message}") { Server = server };
        }

        ServerGreeting greeting = ServerGreeting.Parse(server, source, body);
        return new(greeting.Version, greeting.ConnectionId);
    }
}
