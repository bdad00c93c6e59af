using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>
/// Forwards by the OpenSSH client from private unix sockets, one an endpoint, opened when first asked for and kept while
/// somebody holds it. How one is opened is for derived classes.
/// </summary>
/// <param name="server">The server's name.</param>
/// <param name="directory">Where the sockets are made.</param>
internal abstract class SshForwarder(string server, PrivateDirectory directory) : IForwarder
{
    private readonly Dictionary<RemoteEndpoint, Shared> _forwards = [];
    private readonly Lock _lock = new();

    /// <summary>The server's name.</summary>
    protected string Server => server;

    public async Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        // Never given back: the next connection to the same endpoint is then a matter of microseconds.
        IForward forward = await ForwardAsync(endpoint, cancellationToken).ConfigureAwait(false);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(forward.LocalPath), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw ForwardFailed(endpoint, error.Message);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        Shared shared;
        lock (_lock)
        {
            if (!_forwards.TryGetValue(endpoint, out shared!) || shared.Opening.IsFaulted)
            {
                string path = directory.NewPath();
                shared = new Shared(path, OpenAsync(path, endpoint));
                _forwards[endpoint] = shared;
            }

            shared.Holders++;
        }

        await shared.Opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Lease(this, endpoint, shared);
    }

    public async ValueTask DisposeAsync()
    {
        Shared[] all;
        lock (_lock)
        {
            all = [.. _forwards.Values];
            _forwards.Clear();
        }

        foreach (Shared shared in all)
        {
            await CloseAsync(shared).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a forward; what it gives is disposed to close it.</summary>
    protected abstract Task<IAsyncDisposable> OpenAsync(string path, RemoteEndpoint endpoint);

    /// <summary>The error of a forward that can't be had.</summary>
    protected FoobarException ForwardFailed(RemoteEndpoint endpoint, string words) =>
        new("ForwardFailed", ErrorKind.Connection, $"{server}: no forward to {endpoint}: {words}")
        {
            Server = server,
            Recommendation =
                "See that sshd there allows forwarding (AllowTcpForwarding, AllowStreamLocalForwarding) and that something listens at the "
                    + "endpoint.",
        };

    private static async Task CloseAsync(Shared shared)
    {
        try
        {
            IAsyncDisposable opened = await shared.Opening.ConfigureAwait(false);
            await opened.DisposeAsync().ConfigureAwait(false);
        }
        catch (FoobarException)
        {
            // It never was open.
        }

        File.Delete(shared.Path);
    }

    private async ValueTask ReleaseAsync(RemoteEndpoint endpoint, Shared shared)
    {
        lock (_lock)
        {
            if (--shared.Holders > 0 || !_forwards.TryGetValue(endpoint, out Shared? current) || current != shared)
            {
                return;
            }

            _forwards.Remove(endpoint);
        }

        await CloseAsync(shared).ConfigureAwait(false);
    }

    private sealed class Shared(string path, Task<IAsyncDisposable> opening)
    {
        public string Path => path;

        public Task<IAsyncDisposable> Opening => opening;

        public int Holders { get; set; }
    }

    private sealed class Lease(SshForwarder forwarder, RemoteEndpoint endpoint, Shared shared) : IForward
    {
        private bool _released;

        public string LocalPath => shared.Path;

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _released, true))
            {
                return ValueTask.CompletedTask;
            }

            return forwarder.ReleaseAsync(endpoint, shared);
        }
    }
}
