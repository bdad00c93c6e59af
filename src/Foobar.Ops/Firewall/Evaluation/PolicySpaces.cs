using System.Net;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Which packets of a connection after its first one.</summary>
internal enum ConnectionPart
{
    /// <summary>What the side that opened it sends once it is open.</summary>
    Later,

    /// <summary>The answer to the first packet.</summary>
    FirstAnswer,

    /// <summary>What the other side sends once it is open.</summary>
    LaterAnswers,
}

/// <summary>The declared policy as packet spaces.</summary>
internal sealed class PolicySpaces(Diagram diagram, InterfaceAtoms atoms, Site site)
{
    // RFC 4890, 4.3 and 4.4: error messages, echo, neighbour and multicast listener discovery, SEND; for ICMP their kin (RFC 1122, 3.2.2).
    private static readonly IntervalSet EssentialIcmp = IntervalSet.From([(0, 0), (3, 3), (8, 8), (11, 12)]);
    private static readonly IntervalSet EssentialIcmpV6 = IntervalSet.From([(1, 4), (128, 136), (141, 143), (148, 149), (151, 153)]);

    // IPv4 and TCP headers with the timestamp option (RFC 7323).
    private const int BareLength = 52;

    private readonly IReadOnlyList<ResolvedFlow> _flows = new FlowResolver(site).Flows();
    private readonly PacketKinds _kinds = new(diagram);

    /// <summary>The flows of the policy with their ends as addresses.</summary>
    public IReadOnlyList<ResolvedFlow> Flows => _flows;

    /// <summary>The first packets of a flow's connections, to any of some addresses.</summary>
    public int Space(ResolvedFlow flow, IReadOnlyCollection<IPAddress>? to = null) =>
        diagram.And(Towards(flow, to), Addresses(flow.From.SelectMany(end => end.Networks), destination: false));

    /// <summary>
    /// The packets of a flow's connections after the first one, without unusual headers: of connections that were seen in both
    /// directions, by no link-local address. Interfaces and connection marks are left open.
    /// </summary>
    /// <param name="flow">The flow.</param>
    /// <param name="part">Which of them.</param>
    public int After(ResolvedFlow flow, ConnectionPart part)
    {
        bool answers = part != ConnectionPart.Later;
        Packet usual = Usual(flow, part);
        int ends = diagram.And(
            Addresses(flow.From.SelectMany(end => end.Networks), destination: answers),
            Addresses(flow.To.SelectMany(end => end.Networks), destination: !answers),
            diagram.Not(_kinds.LinkLocal(destination: answers)),

            // From here programs get their ports by default (ip_local_port_range; Linux, ip-sysctl).
            diagram.FieldIn(
                answers ? PacketField.DestinationPort : PacketField.SourcePort, IntervalSet.Range(32768, 60999)));
        PacketField[] same =
        [
            PacketField.State, PacketField.Direction, PacketField.Status, PacketField.PacketType, PacketField.HopLimit,
            PacketField.TrafficClass, PacketField.RoutingHeader, PacketField.ExtensionHeader, PacketField.Mark,
        ];
        IntervalSet flags = part == ConnectionPart.FirstAnswer
            ? IntervalSet.Of(Packet.Syn | Packet.Ack)
            : IntervalSet.From([(Packet.Ack, Packet.Ack), (Packet.Ack | Packet.Push, Packet.Ack | Packet.Push)]);
        int tcp = diagram.Or(
            diagram.Not(diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp)), diagram.FieldIn(PacketField.TcpFlags, flags));
        int length = part == ConnectionPart.FirstAnswer ? diagram.FieldIs(PacketField.Length, usual[PacketField.Length]) : diagram.Or(
            Sized(PacketValues.Ipv4, BareLength), Sized(PacketValues.Ipv6, BareLength + 20));
        return diagram.And([Ports(flow, answers), ends, tcp, length, .. same.Select(field => diagram.FieldIs(field, usual[field]))]);
    }

    /// <summary>A packet to be near to among those of a flow's connections after the first one.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="part">Which of them.</param>
    public static Packet Usual(ResolvedFlow flow, ConnectionPart part)
    {
        bool answers = part != ConnectionPart.Later;
        Packet packet = Packet.TcpSyn();
        packet[PacketField.InInterface] = InterfaceAtoms.None;
        packet[PacketField.State] = PacketValues.Established;
        packet[PacketField.Direction] = (UInt128)(answers ? 1 : 0);
        packet[PacketField.TcpFlags] = (UInt128)(part == ConnectionPart.FirstAnswer ? Packet.Syn | Packet.Ack : Packet.Ack);
        packet[PacketField.Status] = (UInt128)(part == ConnectionPart.FirstAnswer
            ? PacketValues.SeenReply
            : PacketValues.SeenReply | PacketValues.Assured);
        packet[answers ? PacketField.SourcePort : PacketField.DestinationPort] =
            flow.Flow.Ports.Count > 0 ? (UInt128)flow.Flow.Ports[0].First : 0;
        packet[answers ? PacketField.DestinationPort : PacketField.SourcePort] = 40000;
        return packet;
    }

    // From a bare acknowledgement with timestamps to what fills an Ethernet frame.
    private int Sized(int family, int least) => diagram.And(
        diagram.FieldIs(PacketField.Family, (UInt128)family),
        diagram.FieldIn(PacketField.Length, IntervalSet.Range((UInt128)least, 1500)));

    private int Ports(ResolvedFlow flow, bool source) => diagram.Or(flow.Flow.Ports.Select(range => diagram.And(
        diagram.FieldIs(PacketField.Protocol, range.Protocol == TransportProtocol.Tcp ? PacketValues.Tcp : (UInt128)PacketValues.Udp),
        diagram.FieldIn(
            source ? PacketField.SourcePort : PacketField.DestinationPort,
            IntervalSet.Range((UInt128)range.First, (UInt128)range.Last)))));

    private int Towards(ResolvedFlow flow, IReadOnlyCollection<IPAddress>? to)
    {
        int destination = Addresses(flow.To.SelectMany(end => end.Networks), destination: true);
        int wanted = to is null ? Diagram.True : Addresses(to.Select(Single), destination: true);
        return diagram.And(Ports(flow, source: false), destination, wanted, NewConnection());
    }

    /// <summary>
    /// The first packets of all flows that lead to some addresses, or of all flows. What the whole internet may reach, the site's own
    /// servers may too.
    /// </summary>
    public int Allowed(IReadOnlyCollection<IPAddress>? to = null) => diagram.Or(_flows.Select(flow =>
        flow.From.Any(end => end.Kind == FlowEndKind.Internet) ? Towards(flow, to) : Space(flow, to)));

    /// <summary>Packets to or from networks, of both families.</summary>
    public int Addresses(IEnumerable<IPNetwork> networks, bool destination) => _kinds.Addresses(networks, destination);

    /// <summary>Packets from addresses that are not the site's.</summary>
    public int FromInternet() => Addresses(new FlowResolver(site).Resolve(FlowResolver.Internet).Networks, destination: false);

    /// <summary>First packets as they arrive from a network: unmarked, of a new connection, by an interface other than loopback.</summary>
    public int Arriving() => Arriving(NewConnection());

    /// <summary>TCP segments of no connection as they arrive from a network (<see cref="PacketKinds.Stray"/>).</summary>
    public int StrayArriving() => Arriving(_kinds.Stray());

    /// <summary>Packets of a kind as they arrive from a network, by an interface other than loopback.</summary>
    public int Arriving(int kind)
    {
        int byNetwork = diagram.Except(
            diagram.FieldIn(PacketField.InInterface, atoms.All), diagram.FieldIs(PacketField.InInterface, (UInt128)atoms.Of("lo")));
        int noOut = diagram.FieldIs(PacketField.OutInterface, InterfaceAtoms.None);
        return diagram.And(byNetwork, noOut, kind, Possible());
    }

    /// <summary>Packets that a network can carry: of both families, from addresses that can be someone's.</summary>
    public int Possible() => _kinds.Possible();

    /// <summary>Packets of a connection's start that no rule has marked yet.</summary>
    public int NewConnection() => _kinds.NewConnection();

    /// <summary>New packets that there are: that connection tracking takes for the first of a connection.</summary>
    public int Opening() => _kinds.Opening();

    /// <summary>TCP segments that belong to no connection and begin none.</summary>
    public int Stray() => _kinds.Stray();

    /// <summary>Packets that are no shorter than their headers.</summary>
    public int Whole() => _kinds.Whole();

    /// <summary>
    /// Packets as programs send them at a connection's start: TCP with SYN alone, no unusual header, no link-local address.
    /// </summary>
    public int Ordinary() => _kinds.Ordinary();

    /// <summary>What a host must take whatever its policy: control messages of IP, and answers of DHCP.</summary>
    public int Essential() => diagram.Or([
        diagram.And(
            diagram.FieldIs(PacketField.Family, 4),
            diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp),
            diagram.FieldIn(PacketField.IcmpType, EssentialIcmp)),
        diagram.And(
            diagram.FieldIs(PacketField.Family, 6),
            diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6),
            diagram.FieldIn(PacketField.IcmpType, EssentialIcmpV6)),
        Dhcp(4, 67, 68),
        Dhcp(6, 547, 546),
        VirtualRouters()]);

    // Load balancers of a pair tell each other that they live (VRRP, RFC 9568); a policy has no word for its protocol.
    private int VirtualRouters()
    {
        Server[] balancers = [.. site.WithRole(Role.LoadBalancer)];
        return balancers.Length < 2 ? Diagram.False : diagram.And(
            diagram.FieldIs(PacketField.Protocol, 112),
            Addresses(balancers.SelectMany(server => server.Addresses).Select(Single), destination: false));
    }

    private int Dhcp(int family, int from, int to) => diagram.And(
        diagram.FieldIs(PacketField.Family, (UInt128)family),
        diagram.FieldIs(PacketField.Protocol, PacketValues.Udp),
        diagram.FieldIs(PacketField.SourcePort, (UInt128)from),
        diagram.FieldIs(PacketField.DestinationPort, (UInt128)to));

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
