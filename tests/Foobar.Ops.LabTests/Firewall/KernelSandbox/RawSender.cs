using System.Net;
using System.Net.Sockets;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>Sends whole packets as if a program on the server had: they take the way through output and postrouting.</summary>
internal sealed class RawSender : IDisposable
{
    private readonly int _version4 = Native.OpenSocket(Native.AddressFamilyInternet, Native.ProtocolRaw);
    private readonly int _version6 = Native.OpenSocket(Native.AddressFamilyInternet6, Native.ProtocolRaw);

    public RawSender() => Native.SetSocketOption(_version6, Native.LevelIpv6, Native.OptionIpv6HeaderIncluded, 1);

    /// <summary>Sends a packet with a mark; the kernel has carried it all its way on return.</summary>
    public void Send(ReadOnlySpan<byte> packet, IPAddress destination, uint mark)
    {
        bool is4 = destination.AddressFamily == AddressFamily.InterNetwork;
        int socket = is4 ? _version4 : _version6;
        Native.SetSocketOption(socket, Native.SocketLevel, Native.OptionMark, (int)mark);
        _ = Native.Send(socket, packet, is4 ? Address4(destination) : Address6(destination));
    }

    public void Dispose()
    {
        _ = Native.Close(_version4);
        _ = Native.Close(_version6);
    }

    private static byte[] Address4(IPAddress address)
    {
        byte[] bytes = new byte[16];
        bytes[0] = Native.AddressFamilyInternet;
        address.TryWriteBytes(bytes.AsSpan(4), out _);
        return bytes;
    }

    private static byte[] Address6(IPAddress address)
    {
        byte[] bytes = new byte[28];
        bytes[0] = Native.AddressFamilyInternet6;
        address.TryWriteBytes(bytes.AsSpan(8), out _);
        return bytes;
    }
}
