using System.Net;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>Probes, and the answers to them, as packets of the models.</summary>
internal static class ProbePacket
{
    private const int SynAck = 0x12;
    private const int SeenReplyAndConfirmed = 0x0A;

    /// <summary>The first packet of a probe as it sets out.</summary>
    public static Packet First(IPAddress source, Probe probe)
    {
        Packet packet = Packet.TcpSyn(AddressText.FamilyOf(probe.Address));
        packet[PacketField.DestinationPort] = (UInt128)probe.Port;
        packet[SourceField(packet)] = AddressText.ToNumber(source);
        packet[DestinationField(packet)] = AddressText.ToNumber(probe.Address);
        if (probe.Protocol == TransportProtocol.Udp)
        {
            packet[PacketField.Protocol] = PacketValues.Udp;
            packet[PacketField.TcpFlags] = 0;
        }

        return packet;
    }

    /// <summary>The packet with every other protocol and port it might be for.</summary>
    public static int AllPorts(Diagram diagram, Packet packet) => diagram.And([.. FieldLayout.Fields
        .Where(static field => field is not (PacketField.Protocol or PacketField.TcpFlags or PacketField.DestinationPort))
        .Select(field => diagram.FieldIs(field, packet[field]))]);

    /// <summary>The first answer to a packet, as it comes to where the packet passed: translation is undone on the way back.</summary>
    /// <param name="entered">The packet as it had come in there.</param>
    /// <param name="left">The packet as it had gone on.</param>
    public static Packet Answer(Packet entered, Packet left)
    {
        Packet answer = Packet.TcpSyn((int)left[PacketField.Family]);
        answer[PacketField.Protocol] = left[PacketField.Protocol];
        answer[PacketField.TcpFlags] = (UInt128)(left[PacketField.Protocol] == PacketValues.Tcp ? SynAck : 0);
        answer[PacketField.State] = PacketValues.Established;
        answer[PacketField.Direction] = 1;
        answer[PacketField.Status] = SeenReplyAndConfirmed;
        answer[PacketField.SourcePort] = left[PacketField.DestinationPort];
        answer[SourceField(answer)] = left[DestinationField(left)];
        answer[PacketField.DestinationPort] = entered[PacketField.SourcePort];
        answer[DestinationField(answer)] = entered[SourceField(entered)];
        return answer;
    }

    /// <summary>Where a packet is for.</summary>
    public static IPEndPoint DestinationOf(Packet packet) =>
        new(
            AddressText.ToAddress(packet[DestinationField(packet)], (int)packet[PacketField.Family]),
            (int)packet[PacketField.DestinationPort]);

    /// <summary>A packet's transport protocol.</summary>
    public static TransportProtocol ProtocolOf(Packet packet) =>
        packet[PacketField.Protocol] == PacketValues.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;

    private static PacketField SourceField(Packet packet) =>
        packet[PacketField.Family] == PacketValues.Ipv4 ? PacketField.Source4 : PacketField.Source6;

    private static PacketField DestinationField(Packet packet) =>
        packet[PacketField.Family] == PacketValues.Ipv4 ? PacketField.Destination4 : PacketField.Destination6;
}
