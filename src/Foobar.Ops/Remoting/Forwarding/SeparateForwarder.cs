using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>Gives every forward an OpenSSH client, and so an authentication, of its own: where connections can't be shared.</summary>
/// <param name="server">The server's name.</param>
/// <param name="directory">Where the sockets are made.</param>
/// <param name="start">Starts a client with these arguments before those that name the server.</param>
/// <param name="limit">The time limit for the connection.</param>
internal sealed class SeparateForwarder(
    string server, PrivateDirectory directory, Func<IEnumerable<string>, SshProcess> start, TimeSpan limit)
    : SshForwarder(server, directory)
{
    protected override async Task<IAsyncDisposable> OpenAsync(string path, RemoteEndpoint endpoint)
    {
        SshProcess client = start(["-N", "-L", SshForward.Argument(path, endpoint)]);
        using CancellationTokenSource timer = new(limit);
        Task<int> exit = client.ExitAsync(timer.Token);
        while (!File.Exists(path))
        {
            if (await Task.WhenAny(exit, Task.Delay(10, CancellationToken.None)).ConfigureAwait(false) == exit)
            {
                Exception error = exit.IsCanceled
                    ? RemotingErrors.ConnectTimeout(Server, limit, "")
                    : await client.ExplainAsync(opened: false).ConfigureAwait(false);
                await client.DisposeAsync().ConfigureAwait(false);
                throw error;
            }
        }

        return client;
    }
}
