using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>
/// For OpenSSH clients that know no unix sockets (Windows'): each connection is a client of its own, whose standard input
/// and output lead to the port (<c>ssh -W</c>). A forward's socket is ours, and each connection to it is carried on so.
/// </summary>
/// <param name="server">The server's name.</param>
/// <param name="directory">Where the sockets are made.</param>
/// <param name="start">Starts a client with these arguments before those that name the server.</param>
internal sealed class StdioForwarder(string server, PrivateDirectory directory, Func<IEnumerable<string>, SshProcess> start) : IForwarder
{
    public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint is not RemoteEndpoint.Tcp)
        {
            throw new FoobarException(
                "ForwardUnsupported", ErrorKind.InvalidInput,
                $"{server}: this machine's OpenSSH client can't lead to {endpoint}: it knows no unix sockets.")
            {
                Server = server,
                Recommendation =
                    "Give a database login with -DatabaseCredential, so that the database's port on the server itself is used; or work "
                        + "from Linux, macOS or WSL.",
            };
        }

        return Task.FromResult<Stream>(new ProcessStream(start(["-W", SshForward.Target(endpoint)])));
    }

    public async Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        // The first connection tells whether the endpoint can be led to at all.
        await using Stream probe = await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
        return new Relay(directory.NewPath(), () => ConnectAsync(endpoint, CancellationToken.None));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
