using System.Net.Sockets;

namespace Foobar.Ops.Tls;

/// <summary>A TCP connection from this machine, through no session.</summary>
public static class DirectConnection
{
    /// <summary>Opens one.</summary>
    /// <param name="host">The host's name or address.</param>
    /// <param name="port">The TCP port.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A stream that owns the connection.</returns>
    /// <exception cref="SocketException">The name is not known, nobody answers, or nothing listens there.</exception>
    public static async Task<Stream> OpenAsync(string host, int port, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(host, port, cancellationToken);
            NetworkStream stream = new(socket, ownsSocket: true);
            socket = null;
            return stream;
        }
        finally
        {
            socket?.Dispose();
        }
    }
}
