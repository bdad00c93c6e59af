using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>
/// Asks for a greeting and no more: that a database lives, and under which id it knows this connection. So a path can be
/// followed to its end without an account.
/// </summary>
internal static class DatabaseGreeting
{
    /// <summary>Connects from a server and reads the greeting, within the limit. The connection is closed again.</summary>
    /// <exception cref="FoobarException">It can't be reached, or says nothing, or something else.</exception>
    public static async Task<ServerGreeting> ReadAsync(
        IServerSession from, string host, int port, TimeSpan limit, CancellationToken cancellationToken) =>
        await HoldAsync(from, host, port, limit, (greeting, _) => Task.FromResult(greeting), cancellationToken);

    /// <summary>The same, with something to be done while the connection is open.</summary>
    public static async Task<T> HoldAsync<T>(
        IServerSession from,
        string host,
        int port,
        TimeSpan limit,
        Func<ServerGreeting, CancellationToken, Task<T>> use,
        CancellationToken cancellationToken)
    {
        RemoteEndpoint.Tcp endpoint = new(host, port);
        using TimeLimit timer = new(from.Time, limit, cancellationToken);
        try
        {
            await using WirePackets packets = new(from.Server.Name, await from.ConnectAsync(endpoint, timer.Token));
            return await use(Parse(from.Server.Name, $"{endpoint}", await packets.ReadAsync(timer.Token)), timer.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FoobarException(
                "NoGreeting", ErrorKind.Timeout,
                $"{from.Server.Name}: {endpoint} did not greet as a database within {limit.TotalSeconds:0.#} s.")
                {
                    Server = from.Server.Name,
                };
        }
        catch (IOException error)
        {
            throw new FoobarException(
                "NoGreeting", ErrorKind.Connection,
                $"{from.Server.Name}: {endpoint} closed the connection without a greeting.",
                error) { Server = from.Server.Name };
        }
    }

    /// <summary>Reads the payload of the first packet.</summary>
    /// <exception cref="FoobarException">It is no greeting, but an error or something else.</exception>
    internal static ServerGreeting Parse(string server, string source, ReadOnlySpan<byte> body) => WireError.Of(body) is { } refused
        ? throw new FoobarException(
            "NoGreeting", ErrorKind.Connection,
            $"{server}: {source} refuses connections: {refused.Message} (error {refused.Number})") { Server = server }
        : ServerGreeting.Parse(server, source, body);
}
