using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh.Hops;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>The sockets that SSH.NET speaks over: to a machine directly, or through a channel of the hop before.</summary>
internal static class HopSockets
{
    /// <summary>Connects to a machine; to each of its addresses until one answers.</summary>
    /// <exception cref="SocketException">None answers, or the name does not resolve.</exception>
    public static async Task<Socket> ConnectAsync(SshHop hop, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(hop.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(hop.Host, hop.AddressFamily, cancellationToken).ConfigureAwait(false);
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, hop.Port), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException error)
            {
                socket.Dispose();
                last = error;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>
    /// A socket that leads through a channel: one end of a pair in a directory that others can't enter. A port on the
    /// loopback address would be open to every user of this machine.
    /// </summary>
    /// <param name="channel">The channel; closed with the socket.</param>
    /// <param name="directory">Where the pair is made.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<Socket> ThroughAsync(SshChannel channel, PrivateDirectory directory, CancellationToken cancellationToken)
    {
        string path = directory.NewPath();
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Socket near = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await near.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            Socket far = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
#pragma warning disable CA2025 // It owns both from here on, and disposes them when either ends.
            _ = CarryAsync(far, channel);
#pragma warning restore CA2025
            return near;
        }
        catch
        {
            near.Dispose();
            throw;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task CarryAsync(Socket socket, SshChannel channel)
    {
        try
        {
            NetworkStream near = new(socket, ownsSocket: true);
            ChannelStream far = new(channel);
            await using (near.ConfigureAwait(false))
            await using (far.ConfigureAwait(false))
            {
                await Task.WhenAny(
                    near.CopyToAsync(far, CancellationToken.None), far.CopyToAsync(near, CancellationToken.None))
                    .ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // Both ends see it.
        }
    }
}
