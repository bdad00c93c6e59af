using System.Buffers.Binary;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>
/// A netlink socket to netfilter: packets that rules log to a group, and the emptying of the connection table.
/// (Linux, include/uapi/linux/netfilter/nfnetlink_log.h and nfnetlink_conntrack.h.)
/// </summary>
internal sealed class Netlink : IDisposable
{
    private const int HeaderLength = 20;
    private const ushort Request = 0x1;
    private const ushort Acknowledge = 0x4;
    private const ushort MessageError = 2;
    private const ushort LogConfigure = (4 << 8) | 1;
    private const ushort LogPacket = 4 << 8;
    private const ushort ConntrackDelete = (1 << 8) | 2;
    private readonly int _descriptor = Native.OpenSocket(Native.AddressFamilyNetlink, Native.NetlinkNetfilter);
    private readonly byte[] _buffer = new byte[1 << 20];

    public Netlink() => Native.SetSocketOption(_descriptor, Native.SocketLevel, Native.OptionReceiveBufferForce, 64 << 20);

    /// <summary>Asks for all packets logged to a group: whole, one message a packet, at once.</summary>
    public void ListenTo(ushort group)
    {
        byte[] bind = [5, 0, 1, 0, 1, 0, 0, 0];
        byte[] copyWholePackets = [10, 0, 2, 0, 0, 0, 0xff, 0xff, 2, 0, 0, 0];
        byte[] sendEachAtOnce = [8, 0, 5, 0, 0, 0, 0, 1];
        Ask(LogConfigure, group, bind);
        Ask(LogConfigure, group, copyWholePackets);
        Ask(LogConfigure, group, sendEachAtOnce);
    }

    /// <summary>Forgets all connections of the namespace.</summary>
    public void ForgetConnections() => Ask(ConntrackDelete, 0, []);

    /// <summary>The packets logged since the last call.</summary>
    public IEnumerable<LoggedPacket> Logged()
    {
        for (int length = Native.ReceiveWaiting(_descriptor, _buffer); length > 0; length = Native.ReceiveWaiting(_descriptor, _buffer))
        {
            foreach (LoggedPacket packet in MessagesIn(_buffer.AsMemory(0, length)))
            {
                yield return packet;
            }
        }
    }

    public void Dispose() => _ = Native.Close(_descriptor);

    private void Ask(ushort type, ushort resource, ReadOnlySpan<byte> attributes)
    {
        byte[] message = new byte[HeaderLength + attributes.Length];
        BitConverter.TryWriteBytes(message.AsSpan(0), message.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), type);
        BitConverter.TryWriteBytes(message.AsSpan(6), (ushort)(Request | Acknowledge));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(18), resource);
        attributes.CopyTo(message.AsSpan(HeaderLength));
        _ = Native.Send(_descriptor, message, [Native.AddressFamilyNetlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        int error = Acknowledgement();
        if (error != 0)
        {
            throw new InvalidOperationException($"netfilter's netlink refused message {type:x}: errno {-error}.");
        }
    }

    // The acknowledgement is waiting when send returns (netlink serves requests in the caller's own call), perhaps behind
    // logged packets, which nobody wants any more.
    private int Acknowledgement()
    {
        int length;
        do
        {
            length = Native.ReceiveWaiting(_descriptor, _buffer);
        }
        while (length > 0 && BitConverter.ToUInt16(_buffer, 4) != MessageError);

        return length > 0
            ? BitConverter.ToInt32(_buffer, 16)
            : throw new InvalidOperationException("netfilter's netlink gave no acknowledgement.");
    }

    private static IEnumerable<LoggedPacket> MessagesIn(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length >= HeaderLength)
        {
            int length = BitConverter.ToInt32(bytes.Span);
            if (BitConverter.ToUInt16(bytes.Span[4..]) == LogPacket)
            {
                yield return LoggedPacket.Read(bytes[HeaderLength..length]);
            }

            bytes = bytes[Math.Min(bytes.Length, (length + 3) & ~3)..];
        }
    }
}
