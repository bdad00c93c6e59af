using System.Net.Sockets;
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
            throw new FoobarException("ForwardUnsupported", ErrorKind.InvalidInput, $"{server}: this machine's OpenSSH client can't lead to {endpoint}: it knows no unix sockets.")
            {
                Server = server,
                Recommendation = "Give a database credential, so that the database's port on the server itself is used; or work from Linux, macOS or WSL.",
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

    /// <summary>A unix socket of ours, each connection to which is carried to a stream.</summary>
    private sealed class Relay : IForward
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly CancellationTokenSource _closing = new();
        private readonly CancellationToken _closed;

        public Relay(string path, Func<Task<Stream>> connect)
        {
            LocalPath = path;
            _closed = _closing.Token;
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            _listener.Listen();
            _ = AcceptAsync(connect);
        }

        public string LocalPath { get; }

        public async ValueTask DisposeAsync()
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            _closing.Dispose();
            _listener.Dispose();
            File.Delete(LocalPath);
        }

        private async Task AcceptAsync(Func<Task<Stream>> connect)
        {
            try
            {
                while (true)
                {
                    Socket socket = await _listener.AcceptAsync(_closed).ConfigureAwait(false);
                    _ = CarryAsync(new NetworkStream(socket, ownsSocket: true), connect);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Closed.
            }
        }

        private async Task CarryAsync(NetworkStream near, Func<Task<Stream>> connect)
        {
            try
            {
                await using (near.ConfigureAwait(false))
                {
                    Stream far = await connect().ConfigureAwait(false);
                    await using (far.ConfigureAwait(false))
                    {
                        await Task.WhenAny(near.CopyToAsync(far, _closed), far.CopyToAsync(near, _closed)).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception error) when (error is IOException or FoobarException or ObjectDisposedException)
            {
                // Whoever is connected sees the end.
            }
        }
    }
}
