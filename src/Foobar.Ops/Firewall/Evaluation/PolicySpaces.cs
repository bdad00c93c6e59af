using System.Net;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>The declared policy as packet spaces.</summary>
internal sealed class PolicySpaces(Diagram diagram, InterfaceAtoms atoms, Site site)
{
    // RFC 4890, 4.3 and 4.4: error messages, echo, neighbour and multicast listener discovery, SEND; for ICMP their kin (RFC 1122, 3.2.2).
    private static readonly IntervalSet EssentialIcmp = IntervalSet.From([(0, 0), (3, 3), (8, 8), (11, 12)]);
    private static readonly IntervalSet EssentialIcmpV6 = IntervalSet.From([(1, 4), (128, 136), (141, 143), (148, 149), (151, 153)]);

    private readonly IReadOnlyList<ResolvedFlow> _flows = new FlowResolver(site).Flows();
    private int? _ordinary;

    /// <summary>The flows of the policy with their ends as addresses.</summary>
    public IReadOnlyList<ResolvedFlow> Flows => _flows;

    /// <summary>The first packets of a flow's connections, to any of some addresses.</summary>
    public int Space(ResolvedFlow flow, IReadOnlyCollection<IPAddress>? to = null) =>
        diagram.And(Towards(flow, to), Addresses(flow.From.SelectMany(end => end.Networks), destination: false));

    private int Towards(ResolvedFlow flow, IReadOnlyCollection<IPAddress>? to)
    {
        int ports = diagram.Or(flow.Flow.Ports.Select(range => diagram.And(
            diagram.FieldIs(PacketField.Protocol, range.Protocol == TransportProtocol.Tcp ? PacketValues.Tcp : (UInt128)PacketValues.Udp),
            diagram.FieldIn(PacketField.DestinationPort, IntervalSet.Range(range.First, range.Last)))));
        int destination = Addresses(flow.To.SelectMany(end => end.Networks), destination: true);
        int wanted = to is null ? Diagram.True : Addresses(to.Select(Single), destination: true);
        return diagram.And(ports, destination, wanted, NewConnection());
    }

    /// <summary>The first packets of all flows that lead to some addresses, or of all flows. What the whole internet may reach, the site's own servers may too.</summary>
    public int Allowed(IReadOnlyCollection<IPAddress>? to = null) => diagram.Or(_flows.Select(flow =>
        flow.From.Any(end => end.Kind == FlowEndKind.Internet) ? Towards(flow, to) : Space(flow, to)));

    /// <summary>Packets to or from networks, of both families.</summary>
    public int Addresses(IEnumerable<IPNetwork> networks, bool destination)
    {
        List<IPNetwork> all = [.. networks];
        return diagram.Or(((int[])[PacketValues.Ipv4, PacketValues.Ipv6]).Select(family => diagram.And(
            diagram.FieldIs(PacketField.Family, (UInt128)family),
            diagram.FieldIn(AddressField(family, destination), IntervalSet.From(all.Where(network => AddressText.FamilyOf(network.BaseAddress) == family).Select(Range))))));
    }

    /// <summary>Packets from addresses that are not the site's.</summary>
    public int FromInternet() => Addresses(new FlowResolver(site).Resolve(FlowResolver.Internet).Networks, destination: false);

    /// <summary>First packets as they arrive from a network: unmarked, of a new connection, by an interface other than loopback.</summary>
    public int Arriving()
    {
        int byNetwork = diagram.Except(diagram.FieldIn(PacketField.InInterface, atoms.All), diagram.FieldIs(PacketField.InInterface, (UInt128)atoms.Of("lo")));
        int noOut = diagram.FieldIs(PacketField.OutInterface, InterfaceAtoms.None);
        return diagram.And(byNetwork, noOut, NewConnection(), Possible());
    }

    /// <summary>Packets that a network can carry: of both families, from addresses that can be someone's.</summary>
    public int Possible() => diagram.And(
        diagram.FieldIn(PacketField.Family, IntervalSet.From([(PacketValues.Ipv4, PacketValues.Ipv4), (PacketValues.Ipv6, PacketValues.Ipv6)])),
        RealSources(),
        diagram.Not(Mismatched()));

    /// <summary>Packets of a connection's start that no rule has marked yet.</summary>
    public int NewConnection() => diagram.And(
        diagram.FieldIs(PacketField.State, PacketValues.New),
        diagram.FieldIs(PacketField.Mark, 0),
        diagram.FieldIs(PacketField.ConnectionMark, 0),
        diagram.FieldIs(PacketField.Status, 0),
        diagram.FieldIs(PacketField.Direction, 0),
        diagram.FieldIs(PacketField.PacketType, 0),
        diagram.FieldIs(PacketField.RoutingHeader, 0));

    /// <summary>Packets as programs send them at a connection's start: TCP with SYN alone, no unusual header, no link-local address.</summary>
    public int Ordinary() => _ordinary ??= diagram.And(
        diagram.Not(Addresses([IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10")], destination: false)),
        diagram.FieldIs(PacketField.HopLimit, 64),
        diagram.FieldIs(PacketField.TrafficClass, 0),
        diagram.FieldIn(PacketField.Length, IntervalSet.Range(40, 80)),
        diagram.FieldIn(PacketField.SourcePort, IntervalSet.Range(1024, 65535)),
        diagram.Or(diagram.Not(diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp)), diagram.FieldIs(PacketField.TcpFlags, 2)));

    /// <summary>What a host must take whatever its policy: control messages of IP, and answers of DHCP.</summary>
    public int Essential() => diagram.Or([
        diagram.And(diagram.FieldIs(PacketField.Family, 4), diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp), diagram.FieldIn(PacketField.IcmpType, EssentialIcmp)),
        diagram.And(diagram.FieldIs(PacketField.Family, 6), diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6), diagram.FieldIn(PacketField.IcmpType, EssentialIcmpV6)),
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

    // Neither kernel takes the other family's ICMP: such a packet reaches nothing.
    private int Mismatched() => diagram.Or(
        diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv4), diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6)),
        diagram.And(diagram.FieldIs(PacketField.Family, PacketValues.Ipv6), diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp)));

    private int Dhcp(int family, int from, int to) => diagram.And(
        diagram.FieldIs(PacketField.Family, (UInt128)family),
        diagram.FieldIs(PacketField.Protocol, PacketValues.Udp),
        diagram.FieldIs(PacketField.SourcePort, (UInt128)from),
        diagram.FieldIs(PacketField.DestinationPort, (UInt128)to));

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

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
