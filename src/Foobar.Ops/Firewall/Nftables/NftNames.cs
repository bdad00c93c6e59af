using System.Collections.Frozen;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Names that nftables and iptables write for numbers (nft(8), iptables-extensions(8), /etc/protocols of Debian).</summary>
internal static class NftNames
{
    /// <summary>Transport protocols.</summary>
    public static readonly FrozenDictionary<string, int> Protocols = Table(
        "ip 0 hopopt 0 icmp 1 igmp 2 ipencap 4 ipip 4 tcp 6 egp 8 udp 17 dccp 33 ipv6 41 ipv6-route 43 ipv6-frag 44 rsvp 46 gre 47 esp 50 "
            + "ipsec-esp 50 "
        + "ah 51 ipsec-ah 51 ipv6-icmp 58 icmpv6 58 icmp6 58 ipv6-nonxt 59 ipv6-opts 60 eigrp 88 ospf 89 ospfigp 89 pim 103 comp 108 "
        + "ipcomp 108 vrrp 112 l2tp 115 "
        + "sctp 132 udplite 136");

    /// <summary>ICMP types; iptables' names beside nftables'.</summary>
    public static readonly FrozenDictionary<string, int> IcmpTypes = Table(
        "echo-reply 0 pong 0 destination-unreachable 3 source-quench 4 redirect 5 echo-request 8 ping 8 router-advertisement 9 "
            + "router-solicitation 10 "
        + "time-exceeded 11 ttl-exceeded 11 parameter-problem 12 timestamp-request 13 timestamp-reply 14 info-request 15 info-reply 16 "
        + "address-mask-request 17 address-mask-reply 18");

    /// <summary>ICMPv6 types; ip6tables' names beside nftables'.</summary>
    public static readonly FrozenDictionary<string, int> IcmpV6Types = Table(
        "destination-unreachable 1 packet-too-big 2 time-exceeded 3 ttl-exceeded 3 parameter-problem 4 echo-request 128 ping 128 "
            + "echo-reply 129 pong 129 "
        + "mld-listener-query 130 mld-listener-report 131 mld-listener-done 132 mld-listener-reduction 132 nd-router-solicit 133 "
        + "router-solicitation 133 "
        + "nd-router-advert 134 router-advertisement 134 nd-neighbor-solicit 135 neighbour-solicitation 135 neighbor-solicitation 135 "
        + "nd-neighbor-advert 136 neighbour-advertisement 136 neighbor-advertisement 136 nd-redirect 137 redirect 137 router-renumbering 138 "
        + "ind-neighbor-solicit 141 ind-neighbor-advert 142 mld2-listener-report 143");

    /// <summary>ICMP codes of destination-unreachable.</summary>
    public static readonly FrozenDictionary<string, int> IcmpCodes = Table(
        "net-unreachable 0 network-unreachable 0 host-unreachable 1 prot-unreachable 2 protocol-unreachable 2 port-unreachable 3 "
            + "frag-needed 4 fragmentation-needed 4 net-prohibited 9 "
        + "network-prohibited 9 host-prohibited 10 admin-prohibited 13 communication-prohibited 13");

    /// <summary>ICMPv6 codes of destination-unreachable.</summary>
    public static readonly FrozenDictionary<string, int> IcmpV6Codes = Table(
        "no-route 0 admin-prohibited 1 addr-unreachable 3 port-unreachable 4 policy-fail 5 reject-route 6");

    /// <summary>Connection states, as values of the packet field.</summary>
    public static readonly FrozenDictionary<string, int> States = Table("new 0 established 1 related 2 invalid 3 untracked 4");

    /// <summary>Connection status bits of the kernel.</summary>
    public static readonly FrozenDictionary<string, int> Statuses = Table(
        "expected 1 seen-reply 2 seen_reply 2 assured 4 confirmed 8 snat 16 dnat 32");

    /// <summary>TCP's flag bits.</summary>
    public static readonly FrozenDictionary<string, int> TcpFlags = Table(
        "fin 1 syn 2 rst 4 psh 8 ack 16 urg 32 ecn 64 cwr 128");

    private static readonly FrozenDictionary<string, int> PacketTypes = Table("host 0 unicast 0 broadcast 1 multicast 2 other 3");
    private static readonly FrozenDictionary<string, int> Families = Table("ipv4 4 ipv6 6");
    private static readonly FrozenDictionary<string, int> EtherTypes = Table("ip 4 ip6 6");
    private static readonly FrozenDictionary<string, int> Directions = Table("original 0 reply 1");
    private static readonly FrozenDictionary<string, int> Dscps = Table(
        "cs0 0 be 0 df 0 lephb 1 cs1 8 af11 10 af12 12 af13 14 cs2 16 af21 18 af22 20 af23 22 cs3 24 af31 26 af32 28 af33 30 cs4 32 af41 "
            + "34 af42 36 "
        + "af43 38 cs5 40 va 44 ef 46 cs6 48 cs7 56");

    /// <summary>The names of a kind of value.</summary>
    public static FrozenDictionary<string, int>? Of(ValueKind kind) => kind switch
    {
        ValueKind.Protocol or ValueKind.NextHeader => Protocols,
        ValueKind.IcmpType => IcmpTypes,
        ValueKind.IcmpV6Type => IcmpV6Types,
        ValueKind.IcmpCode => IcmpCodes,
        ValueKind.IcmpV6Code => IcmpV6Codes,
        ValueKind.ConnectionState => States,
        ValueKind.ConnectionStatus => Statuses,
        ValueKind.ConnectionDirection => Directions,
        ValueKind.PacketType => PacketTypes,
        ValueKind.NetworkFamily => Families,
        ValueKind.EtherType => EtherTypes,
        ValueKind.Dscp => Dscps,
        ValueKind.TcpFlags => TcpFlags,
        _ => null,
    };

    private static FrozenDictionary<string, int> Table(string text) => text.Split(' ').Chunk(2).ToFrozenDictionary(
        pair => pair[0],
        pair => int.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture));
}
