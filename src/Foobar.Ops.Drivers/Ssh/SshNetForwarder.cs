using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Forwarding;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>
/// Connections to endpoints beyond a server: a channel each, no listener and no thread. A forward's socket is ours, private, and shared by
/// its holders.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="connection">Its connection.</param>
/// <param name="directory">Where sockets are made.</param>
internal sealed class SshNetForwarder(string server, SshNetConnection connection, Lazy<PrivateDirectory> directory) : IForwarder
{
    private readonly Dictionary<RemoteEndpoint, Shared> _forwards = [];
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        // The same endpoints are refused as on the other transport.
        _ = SshForward.Target(endpoint);
        ChannelKind kind = endpoint switch
        {
            RemoteEndpoint.UnixSocket socket => ChannelKind.DirectUnix(socket.Path),
            RemoteEndpoint.Tcp tcp => ChannelKind.DirectTcp(tcp.Host.Trim('[', ']'), tcp.Port),
            _ => throw new NotSupportedException(endpoint.ToString()),
        };
        try
        {
            return new ChannelStream(await connection.OpenAsync(kind, cancellationToken).ConfigureAwait(false));
        }
        catch (ChannelRefusedException error)
        {
            throw new FoobarException("ForwardFailed", ErrorKind.Connection, $"{server}: no forward to {endpoint}: {error.Message}", error)
            {
                Server = server,
                Recommendation =
                    "See that sshd there allows forwarding (AllowTcpForwarding, AllowStreamLocalForwarding) and that something listens at "
                        + "the endpoint.",
            };
        }
        catch (IOException error)
        {
            throw RemotingErrors.ConnectionLost(server, error.Message);
        }
    }

    /// <inheritdoc/>
    public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken)
    {
        _ = SshForward.Target(endpoint);
        lock (_lock)
        {
            if (!_forwards.TryGetValue(endpoint, out Shared? shared))
            {
                shared = new Shared(new Relay(directory.Value.NewPath(), () => ConnectAsync(endpoint, CancellationToken.None)));
                _forwards[endpoint] = shared;
            }

            shared.Holders++;
            return Task.FromResult<IForward>(new Lease(this, endpoint, shared));
        }
    }

    /// <inheritdoc/>
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
            await shared.Relay.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask ReleaseAsync(RemoteEndpoint endpoint, Shared shared)
    {
        lock (_lock)
        {
            if (--shared.Holders > 0)
            {
                return;
            }

            if (_forwards.TryGetValue(endpoint, out Shared? current) && current == shared)
            {
                _forwards.Remove(endpoint);
            }
        }

        await shared.Relay.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Shared(Relay relay)
    {
        public Relay Relay => relay;

        public int Holders { get; set; }
    }

    private sealed class Lease(SshNetForwarder forwarder, RemoteEndpoint endpoint, Shared shared) : IForward
    {
        private bool _released;

        public string LocalPath => shared.Relay.LocalPath;

        public ValueTask DisposeAsync() =>
            Interlocked.Exchange(ref _released, true) ? ValueTask.CompletedTask : forwarder.ReleaseAsync(endpoint, shared);
    }
}
