namespace Foobar.Ops.Firewall.Spaces;

/// <summary>Values of packet fields that have names.</summary>
public static class PacketValues
{
    /// <summary>IPv4 in <see cref="PacketField.Family"/>.</summary>
    public const int Ipv4 = 4;

    /// <summary>IPv6 in <see cref="PacketField.Family"/>.</summary>
    public const int Ipv6 = 6;

    /// <summary>The first packet of a connection in <see cref="PacketField.State"/>.</summary>
    public const int New = 0;

    /// <summary>A packet of a connection that was seen in both directions.</summary>
    public const int Established = 1;

    /// <summary>The first packet of a connection that another one announced, or an ICMP error about one.</summary>
    public const int Related = 2;

    /// <summary>A packet that connection tracking could make nothing of.</summary>
    public const int Invalid = 3;

    /// <summary>A packet that connection tracking was told to leave alone.</summary>
    public const int Untracked = 4;

    /// <summary>A confirmed connection that packets went through in both directions, in <see cref="PacketField.Status"/>.</summary>
    internal const int SeenReply = 0x0A;

    /// <summary>One that lasted, as TCP's is after its handshake.</summary>
    internal const int Assured = 0x04;

    /// <summary>ICMP's protocol number.</summary>
    public const int Icmp = 1;

    /// <summary>TCP's protocol number.</summary>
    public const int Tcp = 6;

    /// <summary>UDP's protocol number.</summary>
    public const int Udp = 17;

    /// <summary>ICMPv6's protocol number.</summary>
    public const int IcmpV6 = 58;

    /// <summary>IPv6's hop-by-hop options header (RFC 8200, 4.3).</summary>
    internal const int HopByHop = 0;

    /// <summary>IPv6's destination options header (RFC 8200, 4.6).</summary>
    internal const int DestinationOptions = 60;

    /// <summary>Protocols whose first four bytes are the source and the destination port: TCP, UDP, DCCP, SCTP, UDP-Lite.</summary>
    internal static readonly int[] WithPorts = [Tcp, Udp, 33, 132, 136];
}
