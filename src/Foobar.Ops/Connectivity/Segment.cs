using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Connectivity;

/// <summary>A packet between two hops: what address translation may rewrite, and the protocol.</summary>
internal sealed record Segment(TransportProtocol Protocol, IPAddress Source, int SourcePort, IPAddress Destination, int DestinationPort)
{
    // Sockets choose from net.ipv4.ip_local_port_range, whose default begins at 32768.
    public const int EphemeralPort = 40000;
    private const int SynAck = 0x12;
    private const int SeenReplyAndConfirmed = 0x0A;

    public bool IsVersion6 => Destination.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The first packet of the connection, as a server sees it that it comes to.</summary>
    /// <param name="model">The server's model.</param>
    /// <param name="incoming">The interface it comes in by; <see langword="null"/> if the server sends it.</param>
    public Packet First(FirewallModel model, string? incoming)
    {
        Packet packet = Packet.TcpSyn(IsVersion6 ? PacketValues.Ipv6 : PacketValues.Ipv4);
        packet[PacketField.InInterface] = incoming is null ? InterfaceAtoms.None : (UInt128)model.Workspace.Atoms.Of(incoming);
        packet[PacketField.Protocol] = (UInt128)(Protocol == TransportProtocol.Tcp ? PacketValues.Tcp : PacketValues.Udp);
        packet[PacketField.TcpFlags] = Protocol == TransportProtocol.Tcp ? packet[PacketField.TcpFlags] : (UInt128)0;
        packet[PacketField.SourcePort] = (UInt128)SourcePort;
        packet[PacketField.DestinationPort] = (UInt128)DestinationPort;
        packet[IsVersion6 ? PacketField.Source6 : PacketField.Source4] = AddressText.ToNumber(Source);
        packet[IsVersion6 ? PacketField.Destination6 : PacketField.Destination4] = AddressText.ToNumber(Destination);
        return packet;
    }

    /// <summary>The first answer, as a server sees it that it comes back to.</summary>
    public Packet Answer(FirewallModel model, string? incoming)
    {
        Packet packet = First(model, incoming);
        packet[PacketField.State] = PacketValues.Established;
        packet[PacketField.Direction] = 1;
        packet[PacketField.Status] = SeenReplyAndConfirmed;
        packet[PacketField.TcpFlags] = (UInt128)(Protocol == TransportProtocol.Tcp ? SynAck : 0);
        return packet;
    }

    /// <summary>What comes back, where this is what went out and <paramref name="entered"/> what had come in: translation is undone on the way back.</summary>
    public Segment Reversed(Segment entered) => new(Protocol, Destination, DestinationPort, entered.Source, entered.SourcePort);

    /// <summary>The packet as a model let it go.</summary>
    public Segment After(Packet packet) => this with
    {
        Source = Address(packet[IsVersion6 ? PacketField.Source6 : PacketField.Source4]),
        Destination = Address(packet[IsVersion6 ? PacketField.Destination6 : PacketField.Destination4]),
        SourcePort = (int)packet[PacketField.SourcePort],
        DestinationPort = (int)packet[PacketField.DestinationPort],
    };

    private IPAddress Address(UInt128 number)
    {
        byte[] bytes = new byte[IsVersion6 ? 16 : 4];
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            bytes[index] = (byte)(number & 0xFF);
            number >>= 8;
        }

        return new IPAddress(bytes);
    }
}
