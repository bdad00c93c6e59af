using System.Buffers.Binary;
using System.Net;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>What a packet seen in, or come out of, a namespace is.</summary>
internal sealed record SeenPacket
{
    /// <summary>The number of the probe it is, or answers; -1 if it is of none.</summary>
    public int Id { get; init; } = -1;

    /// <summary>Whether it is a destination-unreachable message or a reset that answers a probe, not the probe itself.</summary>
    public bool Rejects(Probe probe) =>
        Id == probe.Id && (IsReset ? (probe.TcpFlags & Probe.Reset) == 0 : IsUnreachable && !probe.IsIcmpError);

    /// <summary>Whether it is the probe itself, however its addresses and ports were translated.</summary>
    public bool Is(Probe probe) => Id == probe.Id && Protocol == probe.Protocol && TcpFlags == probe.TcpFlags && IcmpType == probe.IcmpType;

    private bool IsReset => Protocol == Probe.Tcp && (TcpFlags & Probe.Reset) != 0;

    private bool IsUnreachable => (Protocol == Probe.Icmp && IcmpType == 3) || (Protocol == Probe.IcmpV6 && IcmpType == 1);

    public required byte Protocol { get; init; }

    public required IPAddress Source { get; init; }

    public required IPAddress Destination { get; init; }

    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public byte TcpFlags { get; init; }

    public byte IcmpType { get; init; }
}

/// <summary>Reads packets as far as probes need it.</summary>
internal static class PacketReader
{
    public static SeenPacket? Read(ReadOnlySpan<byte> packet) => packet.IsEmpty ? null : (packet[0] >> 4) switch
    {
        4 when packet.Length >= 28 => Read(packet[9], packet[12..16], packet[16..20], packet[((packet[0] & 0xf) * 4)..]),
        6 when packet.Length >= 56 && packet[6] is 0 or 60 =>
            Read(packet[40], packet[8..24], packet[24..40], packet[(48 + packet[41] * 8)..]),
        6 when packet.Length >= 48 => Read(packet[6], packet[8..24], packet[24..40], packet[40..]),
        _ => null,
    };

    private static SeenPacket Read(byte protocol, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> transport)
    {
        SeenPacket packet = new()
        {
            Protocol = protocol,
            Source = new IPAddress(source),
            Destination = new IPAddress(destination),
            Id = PayloadId(transport),
        };
        return protocol switch
        {
            Probe.Tcp when transport.Length >= 20 => Tcp(packet, transport),
            Probe.Udp => WithPorts(packet, transport),
            Probe.Icmp
                or Probe.IcmpV6 => packet with
                {
                    IcmpType = transport[0],
                    Id = packet.Id < 0 && transport is [1 or 3, _, _, _, _, _, _, _, _, ..] ? Read(transport[8..])?.Id ?? -1 : packet.Id,
                },
            _ => packet,
        };
    }

    private static SeenPacket Tcp(SeenPacket packet, ReadOnlySpan<byte> segment)
    {
        SeenPacket read = WithPorts(packet, segment) with { TcpFlags = segment[13] };
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
        if (packet.Id >= 0 || (segment[13] & Probe.Reset) == 0)
        {
            // A segment too short for a number in its payload is known by its sequence number.
            return packet.Id >= 0 || (sequence & 0xff000000) != PacketWriter.SequenceMagic
                ? read
                : read with { Id = (int)(sequence >> 8) & 0xffff };
        }

        uint acknowledged = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        return (sequence & 0xff000000) == PacketWriter.AcknowledgementMagic ? read with { Id = (int)(sequence >> 8) & 0xffff }
            : (acknowledged & 0xff000000) == PacketWriter.SequenceMagic ? read with { Id = (int)(acknowledged >> 8) & 0xffff }
            : read;
    }

    private static SeenPacket WithPorts(SeenPacket packet, ReadOnlySpan<byte> transport) => packet with
    {
        SourcePort = BinaryPrimitives.ReadUInt16BigEndian(transport),
        DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]),
    };

    // The last number in the packet is the probe's own where it quotes another probe's packet.
    private static int PayloadId(ReadOnlySpan<byte> transport)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(magic, PacketWriter.Magic);
        int place = transport.LastIndexOf(magic);
        return place >= 0 && transport.Length >= place + 8 ? (int)BinaryPrimitives.ReadUInt32BigEndian(transport[(place + 4)..]) : -1;
    }
}
