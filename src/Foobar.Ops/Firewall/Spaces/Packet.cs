namespace Foobar.Ops.Firewall.Spaces;

/// <summary>One packet: a value for each field.</summary>
internal sealed class Packet
{
    private readonly UInt128[] _values;

    /// <summary>The TCP flag that begins a connection (RFC 9293, 3.1).</summary>
    public const int Syn = 0x02;

    /// <summary>The TCP flag that each later packet bears.</summary>
    public const int Ack = 0x10;

    /// <summary>TCP's PSH flag.</summary>
    public const int Push = 0x08;

    /// <summary>A packet with every field 0.</summary>
    public Packet() => _values = new UInt128[FieldLayout.Fields.Length];

    private Packet(UInt128[] values) => _values = values;

    /// <summary>The value of a field.</summary>
    public UInt128 this[PacketField field]
    {
        get => _values[(int)field];
        set => _values[(int)field] = value;
    }

    /// <summary>The first packet of a TCP connection, as witnesses are wished to be.</summary>
    public static Packet TcpSyn(int family = PacketValues.Ipv4) => new()
    {
        [PacketField.Family] = (UInt128)family,
        [PacketField.Protocol] = PacketValues.Tcp,
        [PacketField.TcpFlags] = Syn,
        [PacketField.IcmpType] = 8,
        [PacketField.HopLimit] = 64,
        [PacketField.Length] = 60,
        [PacketField.SourcePort] = 40000,
        [PacketField.DestinationPort] = 8080,
    };

    /// <summary>The length of an ICMP error that quotes a short datagram; other packets are usually 60 bytes long.</summary>
    public static int ErrorLength(int family) => family == PacketValues.Ipv4 ? 72 : 112;

    /// <summary>The same packet, free to be changed.</summary>
    public Packet Copy() => new((UInt128[])_values.Clone());
}
