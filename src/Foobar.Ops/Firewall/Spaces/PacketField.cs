namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// What of a packet, and of what the kernel knows about it, a rule can test. The order is the order of the decision
/// diagrams: small fields that split traffic into few kinds come first, addresses last, so that large address sets are
/// shared between the ports that use them.
/// </summary>
public enum PacketField
{
    /// <summary>The network protocol: <see cref="PacketValues.Ipv4"/> or <see cref="PacketValues.Ipv6"/>.</summary>
    Family,

    /// <summary>The interface the packet came in by, as an atom of an <see cref="InterfaceAtoms"/>.</summary>
    InInterface,

    /// <summary>The interface the packet leaves by, as an atom of an <see cref="InterfaceAtoms"/>.</summary>
    OutInterface,

    /// <summary>The state connection tracking gives it: 0 new, 1 established, 2 related, 3 invalid, 4 untracked.</summary>
    State,

    /// <summary>
    /// The status bits of its connection, the low byte of the kernel's <c>IPS_*</c>: expected 1, seen-reply 2, assured 4, confirmed 8, snat
    /// 16, dnat 32.
    /// </summary>
    Status,

    /// <summary>Its direction within its connection: 0 original, 1 reply.</summary>
    Direction,

    /// <summary>How it was addressed on the link: 0 to this host, 1 broadcast, 2 multicast, 3 to another host.</summary>
    PacketType,

    /// <summary>The transport protocol's number.</summary>
    Protocol,

    /// <summary>TCP's flag byte.</summary>
    TcpFlags,

    /// <summary>The type of an ICMP or ICMPv6 message.</summary>
    IcmpType,

    /// <summary>The code of an ICMP or ICMPv6 message.</summary>
    IcmpCode,

    /// <summary>IPv4's time to live or IPv6's hop limit.</summary>
    HopLimit,

    /// <summary>IPv4's type of service or IPv6's traffic class: DSCP in the high six bits, ECN in the low two.</summary>
    TrafficClass,

    /// <summary>The type of an IPv6 routing header plus one; 0 where there is none.</summary>
    RoutingHeader,

    /// <summary>
    /// The number of the IPv6 extension header that the IPv6 header names as the next one, plus one; 0 where the transport protocol
    /// follows at once.
    /// </summary>
    ExtensionHeader,

    /// <summary>The packet's length in bytes.</summary>
    Length,

    /// <summary>The packet mark.</summary>
    Mark,

    /// <summary>The connection mark.</summary>
    ConnectionMark,

    /// <summary>
    /// Which tests of a connection's original addresses and ports its first packet met when it arrived, as a number of the
    /// workspace.
    /// </summary>
    Origin,

    /// <summary>The destination port of a transport protocol that has ports.</summary>
    DestinationPort,

    /// <summary>The source port of a transport protocol that has ports.</summary>
    SourcePort,

    /// <summary>The IPv4 destination address.</summary>
    Destination4,

    /// <summary>The IPv4 source address.</summary>
    Source4,

    /// <summary>The IPv6 destination address.</summary>
    Destination6,

    /// <summary>The IPv6 source address.</summary>
    Source6,
}
