using System.Buffers.Binary;
using System.Net;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>Writes probes as packets with right lengths and checksums (RFC 791, 792, 793, 768, 4443, 8200).</summary>
internal static class PacketWriter
{
    public const uint Magic = 0x464f5053;
    public const uint SequenceMagic = 0x5a000000;
    public const uint AcknowledgementMagic = 0xa5000000;

    // The option that pads, with its number of bytes (RFC 8200, 4.2).
    private const byte PadN = 1;

    /// <summary>The packet from its IP header on.</summary>
    public static byte[] Write(Probe probe)
    {
        byte[] transport = probe.Protocol switch
        {
            Probe.Tcp => Tcp(probe),
            Probe.Udp => Udp(probe),
            Probe.Icmp or Probe.IcmpV6 => Icmp(probe),
            _ => Plain(probe),
        };
        WriteTransportChecksum(probe, transport);
        return probe.IsIpv4 ? Ipv4(probe, transport) : Ipv6(probe, transport);
    }

    private static byte[] Ipv4(Probe probe, byte[] transport)
    {
        byte[] packet = new byte[20 + transport.Length];
        packet[0] = 0x45;
        packet[1] = probe.TrafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), probe.Id);
        packet[8] = probe.HopLimit;
        packet[9] = probe.Protocol;
        probe.Source.TryWriteBytes(packet.AsSpan(12), out _);
        probe.Destination.TryWriteBytes(packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet.AsSpan(0, 20), 0));
        transport.CopyTo(packet.AsSpan(20));
        return packet;
    }

    private static byte[] Ipv6(Probe probe, byte[] transport)
    {
        byte[] options = probe.Extension is null ? [] : [probe.Protocol, 0, PadN, 4, 0, 0, 0, 0];
        byte[] packet = new byte[40 + options.Length + transport.Length];
        BinaryPrimitives.WriteUInt32BigEndian(packet, 0x60000000 | ((uint)probe.TrafficClass << 20));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(options.Length + transport.Length));
        packet[6] = probe.Extension ?? probe.Protocol;
        packet[7] = probe.HopLimit;
        probe.Source.TryWriteBytes(packet.AsSpan(8), out _);
        probe.Destination.TryWriteBytes(packet.AsSpan(24), out _);
        options.CopyTo(packet.AsSpan(40));
        transport.CopyTo(packet.AsSpan(40 + options.Length));
        return packet;
    }

    private static byte[] Tcp(Probe probe)
    {
        byte[] segment = WithPayload(probe, 20);
        WritePorts(probe, segment);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), SequenceMagic | ((uint)probe.Id << 8));
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), AcknowledgementMagic | ((uint)probe.Id << 8));
        segment[12] = 0x50;
        segment[13] = probe.TcpFlags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 64240);
        return segment;
    }

    private static byte[] Udp(Probe probe)
    {
        byte[] datagram = WithPayload(probe, 8);
        WritePorts(probe, datagram);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        return datagram;
    }

    private static byte[] Icmp(Probe probe)
    {
        byte[] quoted = probe.About is null ? [] : Write(probe.About);
        byte[] message = WithPayload(probe, 8 + quoted.Length);
        message[0] = probe.IcmpType;
        message[1] = probe.IcmpCode;
        if (probe.About is null)
        {
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), probe.SourcePort == 0 ? probe.Id : probe.SourcePort);
        }

        quoted.CopyTo(message.AsSpan(8));
        return message;
    }

    private static byte[] Plain(Probe probe) => WithPayload(probe, 8);

    private static byte[] WithPayload(Probe probe, int header)
    {
        byte[] bytes = new byte[probe.Length == 0
            ? header + 8 + probe.Padding
            : Math.Max(header, probe.Length - (probe.IsIpv4 ? 20 : probe.Extension is null ? 40 : 48))];
        if (bytes.Length >= header + 8)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(header), Magic);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(header + 4), probe.Id);
        }

        return bytes;
    }

    private static void WritePorts(Probe probe, byte[] transport)
    {
        BinaryPrimitives.WriteUInt16BigEndian(transport, probe.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(2), probe.DestinationPort);
    }

    private static void WriteTransportChecksum(Probe probe, byte[] transport)
    {
        int place = probe.Protocol switch
        {
            Probe.Tcp => 16,
            Probe.Udp => 6,
            Probe.Icmp or Probe.IcmpV6 => 2,
            _ => -1,
        };
        if (place >= 0)
        {
            uint pseudoHeader = probe.Protocol == Probe.Icmp
                ? 0
                : PseudoHeader(probe.Source, probe.Destination, probe.Protocol, transport.Length);
            BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(place), Checksum(transport, pseudoHeader));
        }
    }

    private static uint PseudoHeader(IPAddress source, IPAddress destination, byte protocol, int length) =>
        Sum(source.GetAddressBytes()) + Sum(destination.GetAddressBytes()) + protocol + (uint)length;

    private static ushort Checksum(ReadOnlySpan<byte> bytes, uint initial)
    {
        uint sum = initial + Sum(bytes);
        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int index = 0; index < bytes.Length; index += 2)
        {
            sum += (uint)(bytes[index] << 8) | (index + 1 < bytes.Length ? bytes[index + 1] : 0u);
        }

        return sum;
    }
}
