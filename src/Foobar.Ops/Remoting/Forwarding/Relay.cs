using System.Net.Sockets;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Forwarding;

/// <summary>A unix socket of ours, each connection to which is carried to a stream until either end or the relay is closed.</summary>
internal sealed class Relay : IForward
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private bool _disposed;

    /// <summary>Makes the socket.</summary>
    /// <param name="path">Where; in a directory that others can't enter.</param>
    /// <param name="connect">Opens what a connection is carried to.</param>
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
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

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
        catch (Exception error) when (error is IOException or SocketException or FoobarException or ObjectDisposedException)
        {
            // Whoever is connected sees the end.
        }
    }
}
