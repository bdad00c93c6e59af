using System.Net;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Kinds of packets that have nothing to do with a site or a ruleset: what networks can carry, and what programs usually send.
/// </summary>
internal sealed class PacketKinds(Diagram diagram)
{
    // FIN, RST, SYN and ACK as connection tracking lets a connection begin with them, in its middle too; PSH, ECE and CWR
    // do not matter (nf_conntrack_proto_tcp.c, tcp_valid_flags and tcp_conntracks).
    private static readonly IntervalSet OpeningFlags = IntervalSet.From(
        from opening in (int[])[Packet.Syn, Packet.Syn | 0x20, Packet.Ack, Packet.Ack | 0x20]
        from push in (int[])[0, 0x08]
        from congestion in (int[])[0, 0x40, 0x80, 0xC0]
        select ((UInt128)(opening | push | congestion), (UInt128)(opening | push | congestion)));

    // What is no first segment and yet is answered or taken, by tcp_v4_rcv and tcp_rcv_state_process: all but RST. Those with
    // ACK are the first of a connection where nf_conntrack_tcp_loose is on.
    private static readonly IntervalSet StrayFlags = IntervalSet.From(Enumerable.Range(0, 256)
        .Where(static flags => (flags & Rst) == 0 && ((flags & Packet.Syn) == 0 || !OpeningFlags.Contains((UInt128)flags)))
        .Select(static flags => ((UInt128)flags, (UInt128)flags)));

    // Requests (nf_conntrack_proto_icmp.c and _icmpv6.c, valid_new).
    private static readonly IntervalSet OpeningIcmp = IntervalSet.From([(8, 8), (13, 13), (15, 15), (17, 17)]);
    private static readonly IntervalSet OpeningIcmpV6 = IntervalSet.From([(128, 128), (139, 139)]);

    // Headers that stand before the transport protocol's and are never taken for it (RFC 8200, 4.1; ipv6_find_hdr).
    private static readonly IntervalSet ExtensionHeaders = IntervalSet.From([(0, 0), (43, 44), (51, 51), (60, 60)]);

    private static readonly IntervalSet UsualProtocols = IntervalSet.From([
        (PacketValues.Icmp, PacketValues.Icmp),
        (PacketValues.Tcp, PacketValues.Tcp),
        (PacketValues.Udp, PacketValues.Udp),
        (PacketValues.IcmpV6, PacketValues.IcmpV6),
    ]);

    // The shortest packet of a transport protocol, headers only, without the IP header (RFC 9293, 768, 792, 4443).
    private static readonly (int Protocol, int Length)[] Headers =
    [
        (PacketValues.Tcp, 20), (PacketValues.Udp, 8), (PacketValues.Icmp, 8), (PacketValues.IcmpV6, 8),
    ];

    private const int Rst = 0x04;

    private int? _ordinary;
    private int? _opening;
    private int? _stray;

    /// <summary>Packets to or from networks, of both families.</summary>
    public int Addresses(IEnumerable<IPNetwork> networks, bool destination)
    {
        List<IPNetwork> all = [.. networks];
        return diagram.Or(((int[])[PacketValues.Ipv4, PacketValues.Ipv6]).Select(family => diagram.And(
            diagram.FieldIs(PacketField.Family, (UInt128)family),
            diagram.FieldIn(
                AddressField(family, destination),
                IntervalSet.From(all.Where(network => AddressText.FamilyOf(network.BaseAddress) == family).Select(Range))))));
    }

    /// <summary>Packets that a network can carry: of both families, from addresses that can be someone's.</summary>
    public int Possible() => diagram.And(
        diagram.FieldIn(
            PacketField.Family, IntervalSet.From([(PacketValues.Ipv4, PacketValues.Ipv4), (PacketValues.Ipv6, PacketValues.Ipv6)])),
        RealSources(),
        diagram.Not(Mismatched()));

    /// <summary>Packets of a connection's start that no rule has marked yet.</summary>
    public int NewConnection() => diagram.And(diagram.FieldIs(PacketField.State, PacketValues.New), Unmarked());

    /// <summary>
    /// TCP segments that belong to no connection and begin none, which connection tracking calls invalid and a host answers all
    /// the same, or not, by which a scanner tells open ports from closed ones (RFC 9293, 3.10.7; nmap -sF, -sN, -sX).
    /// </summary>
    public int Stray() => _stray ??= diagram.And(
        diagram.FieldIs(PacketField.State, PacketValues.Invalid),
        Unmarked(),
        diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp),
        diagram.FieldIn(PacketField.TcpFlags, StrayFlags));

    private int Unmarked() => diagram.And(
        diagram.FieldIs(PacketField.Mark, 0),
        diagram.FieldIs(PacketField.ConnectionMark, 0),
        diagram.FieldIs(PacketField.Status, 0),
        diagram.FieldIs(PacketField.Direction, 0),
        diagram.FieldIs(PacketField.PacketType, 0),
        diagram.FieldIs(PacketField.RoutingHeader, 0),
        ExtendedHeaders());

    /// <summary>
    /// Packets as programs send them at a connection's start: TCP with SYN alone, no unusual header, no link-local address.
    /// </summary>
    public int Ordinary() => _ordinary ??= diagram.And(
        diagram.Not(LinkLocal(destination: false)),
        diagram.FieldIn(PacketField.Protocol, UsualProtocols),
        diagram.FieldIs(PacketField.ExtensionHeader, 0),
        diagram.FieldIs(PacketField.HopLimit, 64),
        diagram.FieldIs(PacketField.TrafficClass, 0),
        diagram.FieldIn(PacketField.Length, IntervalSet.Range(40, 80)),
        diagram.FieldIn(PacketField.SourcePort, IntervalSet.Range(1024, 65535)),
        diagram.Or(
            diagram.Not(diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp)), diagram.FieldIs(PacketField.TcpFlags, Packet.Syn)));

    /// <summary>Packets from or to a link-local address (RFC 3927; RFC 4291, 2.5.6).</summary>
    public int LinkLocal(bool destination) => Addresses([IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10")], destination);

    /// <summary>
    /// New packets that there are: those that connection tracking takes for the first of a connection, none shorter than its
    /// headers (<see cref="Whole"/>). Spaces of new packets hold others too (an echo reply, SYN with FIN), which never come as new ones.
    /// </summary>
    public int Opening() => _opening ??= diagram.And(
        diagram.FieldIs(PacketField.State, PacketValues.New),
        OnlyIf(PacketValues.Tcp, PacketField.TcpFlags, OpeningFlags),
        OnlyIf(PacketValues.Icmp, PacketField.IcmpType, OpeningIcmp),
        OnlyIf(PacketValues.IcmpV6, PacketField.IcmpType, OpeningIcmpV6),
        diagram.Not(
            diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv6), diagram.FieldIn(PacketField.Protocol, ExtensionHeaders))),
        Whole());

    /// <summary>Packets that are no shorter than their headers.</summary>
    public int Whole() => diagram.And(LongEnough(PacketValues.Ipv4, 20), LongEnough(PacketValues.Ipv6, 40));

    // Whoever makes packets by hand may put options before the transport header, which hosts skip (RFC 8200, 4.2). What is
    // in fragments is put together before it is looked at.
    private int ExtendedHeaders() => diagram.Or(
        diagram.FieldIs(PacketField.ExtensionHeader, 0),
        diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv6), diagram.FieldIn(
            PacketField.ExtensionHeader,
            IntervalSet.From(
            [
                (PacketValues.HopByHop + 1, PacketValues.HopByHop + 1),
                (PacketValues.DestinationOptions + 1, PacketValues.DestinationOptions + 1),
            ]))));

    private int OnlyIf(int protocol, PacketField field, IntervalSet values) =>
        diagram.Or(diagram.Not(diagram.FieldIs(PacketField.Protocol, (UInt128)protocol)), diagram.FieldIn(field, values));

    private int LongEnough(int family, int header)
    {
        int tooShort = diagram.Or(Headers.Append((Protocol: -1, Length: 0)).Select(transport => diagram.And(
            transport.Protocol < 0 ? Diagram.True : diagram.FieldIs(PacketField.Protocol, (UInt128)transport.Protocol),
            diagram.FieldIn(PacketField.Length, IntervalSet.Range(0, (UInt128)(header + transport.Length - 1))))));
        return diagram.Not(diagram.And(diagram.FieldIs(PacketField.Family, (UInt128)family), tooShort));
    }

    // Neither kernel takes the other family's ICMP: such a packet reaches nothing.
    private int Mismatched() => diagram.Or(
        diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv4), diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6)),
        diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv6), diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp)));

    // The kernel drops what claims to come from loopback, a multicast group or nowhere before any rule could matter (RFC 1122, 3.2.1.3).
    private int RealSources() => diagram.Not(Addresses(
        ((string[])["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"]).Select(IPNetwork.Parse), destination: false));

    private static PacketField AddressField(int family, bool destination) => (family, destination) switch
    {
        (PacketValues.Ipv4, true) => PacketField.Destination4,
        (PacketValues.Ipv4, false) => PacketField.Source4,
        (_, true) => PacketField.Destination6,
        _ => PacketField.Source6,
    };

    private static (UInt128, UInt128) Range(IPNetwork network)
    {
        int bits = AddressText.FamilyOf(network.BaseAddress) == PacketValues.Ipv4 ? 32 : 128;
        Model.ValueRange range = AddressText.Network(AddressText.ToNumber(network.BaseAddress), network.PrefixLength, bits);
        return (range.Low, range.High);
    }
}
