using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>What a server's addresses and routes mean for packets: which are for it, which way others go, which way back leads.</summary>
internal sealed class NetworkSpaces(Diagram diagram, InterfaceAtoms atoms, HostNetwork network)
{
    private static readonly (PacketField Source, PacketField Destination, int Family, int Bits)[] Families =
    [
        (PacketField.Source4, PacketField.Destination4, PacketValues.Ipv4, 32),
        (PacketField.Source6, PacketField.Destination6, PacketValues.Ipv6, 128),
    ];

    /// <summary>Packets whose source or destination is one of the server's own addresses, loopback's among them.</summary>
    public int Local(bool destination) => PerFamily(destination, family => IntervalSet.From(
        network.Addresses.Where(address => AddressText.FamilyOf(address.Address) == family)
            .Select(address => AddressText.ToNumber(address.Address))
            .Select(value => (value, value))
            .Append(Loopback(family))));

    /// <summary>Packets to or from a broadcast address of the server's networks (IPv4 only).</summary>
    public int Broadcast(bool destination) =>
        PerFamily(destination, family => family == PacketValues.Ipv6 ? IntervalSet.Empty : IntervalSet.From(
            network.Addresses.Where(address => AddressText.FamilyOf(address.Address) == family && address.PrefixLength < 31)
                .Select(address => AddressText.Network(AddressText.ToNumber(address.Address), address.PrefixLength, 32).High)
                .Append(uint.MaxValue)
                .Select(value => (value, value))));

    /// <summary>Packets to or from a multicast address (RFC 5771, RFC 4291 section 2.7).</summary>
    public int Multicast(bool destination) => PerFamily(destination, family => family == PacketValues.Ipv4
        ? IntervalSet.Range(0xE000_0000, 0xEFFF_FFFF)
        : IntervalSet.Range((UInt128)0xFF << 120, UInt128.MaxValue));

    /// <summary>
    /// Packets to or from the address that all routers of a network share, and that one which forwards takes as its own (RFC 4291, 2.6.1;
    /// IPv6 only).
    /// </summary>
    public int RouterAnycast(bool destination) =>
        PerFamily(destination, family => family == PacketValues.Ipv4 ? IntervalSet.Empty : IntervalSet.From(
            network.Addresses.Where(address => AddressText.FamilyOf(address.Address) == family && address.PrefixLength < 127)
                .Select(address => AddressText.Network(AddressText.ToNumber(address.Address), address.PrefixLength, 128).Low)
                .Select(value => (value, value))));

    /// <summary>
    /// Packets to or from addresses that no single host has: of broadcast, of multicast, of all routers of a network. As
    /// sources they are forged.
    /// </summary>
    public int Shared(bool destination) => diagram.Or([RouterAnycast(destination), Broadcast(destination), Multicast(destination)]);

    /// <summary>Packets that end here: to the server's own addresses, and to those it shares with others.</summary>
    public int EndingHere() => diagram.Or(Local(true), Shared(true));

    /// <summary>
    /// Packets of an address type that the routing table gives (the names of <c>fib ... type</c> and <c>-m addrtype</c>);
    /// <see langword="null"/> if it can't be told.
    /// </summary>
    public int? OfType(string type, bool destination)
    {
        if (network.Addresses.Count == 0 && type is not ("multicast" or "anycast"))
        {
            return null;
        }

        return type switch
        {
            "local" => Local(destination),
            "broadcast" => Broadcast(destination),
            "multicast" => Multicast(destination),
            "anycast" => Diagram.False,
            "unicast" =>
                diagram.Except(Routed(destination), diagram.Or([Local(destination), Broadcast(destination), Multicast(destination)])),
            _ => null,
        };
    }

    /// <summary>The same, where only the interface counts that the packet came in by; <see langword="null"/> if it can't be told.</summary>
    public int? OfTypeByInterface(string type, bool destination) => network.Addresses.Count == 0 || type != "local"
        ? null
        : diagram.Or(Devices.Select(device => diagram.And(
            diagram.FieldIs(PacketField.InInterface, (UInt128)atoms.Of(device)),
            PerFamily(destination, family => IntervalSet.From(network.Addresses
                .Where(address => address.Interface == device && AddressText.FamilyOf(address.Address) == family)
                .Select(address => AddressText.ToNumber(address.Address)).Select(value => (value, value))
                .Concat(device == "lo" ? [Loopback(family)] : []))))));

    /// <summary>
    /// Packets to an address, or from one, to which the best route leads through one of some interfaces; <see langword="null"/>
    /// if no route is known.
    /// </summary>
    public int? Leading(IReadOnlyList<string> interfaces, bool destination) => network.KnownRoutes.Count == 0 ? null : diagram.Except(
        diagram.Or(network.KnownRoutes.Select(route => route.Interface).OfType<string>().Distinct()
            .Where(
                device =>
                    interfaces.Any(name => name == device || name.EndsWith('*') && device.StartsWith(name[..^1], StringComparison.Ordinal)))
            .Select(device => PerFamily(destination, family => Best(device, family)))),
        diagram.Or([Local(destination), Broadcast(destination), Multicast(destination)]));

    /// <summary>
    /// Packets the best way back to whose source leads through the interface they came in by, or through any if not strict. Sources that
    /// are no single other host's have no way back (nft_fib_ipv4.c, nft_fib_ipv6.c, ip6t_rpfilter.c).
    /// </summary>
    /// <param name="strict">Whether it must be the interface they came in by.</param>
    /// <param name="acceptsLocal">Whether the server's own addresses count as other hosts'.</param>
    public int? ReversePath(bool strict, bool acceptsLocal)
    {
        if ((strict ? ByBestWay() : Routed(destination: false)) is not { } back || network.KnownRoutes.Count == 0)
        {
            return null;
        }

        int shared = diagram.Or(acceptsLocal ? Diagram.False : Local(destination: false), Shared(destination: false));
        return diagram.Or(diagram.Except(back, shared), diagram.FieldIs(PacketField.InInterface, (UInt128)atoms.Of("lo")));
    }

    /// <summary>
    /// Packets that come in by the interface on which the best route to their source leads; <see langword="null"/> if no route is known.
    /// </summary>
    public int? ByBestWay() => network.KnownRoutes.Count == 0 ? null : diagram.Or(network.KnownRoutes
        .Where(route => route.Interface is not null).Select(route => route.Interface!).Distinct()
        .SelectMany(device => Families.Select(family => diagram.And(
            diagram.FieldIs(PacketField.InInterface, (UInt128)atoms.Of(device)),
            diagram.FieldIs(PacketField.Family, (UInt128)family.Family),
            diagram.FieldIn(family.Source, Best(device, family.Family))))));

    /// <summary>The destinations each interface leads to, best route first; <see langword="null"/> if no route is known.</summary>
    public IReadOnlyList<(string Interface, int Space)>? Ways()
    {
        if (network.KnownRoutes.Count == 0)
        {
            return null;
        }

        return
        [
            .. network.KnownRoutes.Where(route => route.Interface is not null).Select(route => route.Interface!).Distinct().Select(
                device => (device, diagram.Or(
                    Families.Select(family => diagram.And(
                        diagram.FieldIs(PacketField.Family, (UInt128)family.Family),
                        diagram.FieldIn(family.Destination, Best(device, family.Family))))))),
        ];
    }

    /// <summary>The server's first address of a family on an interface.</summary>
    public UInt128? AddressOf(string device, int family) => network.Addresses
        .Where(address => address.Interface == device && AddressText.FamilyOf(address.Address) == family)
        .Select(address => (UInt128?)AddressText.ToNumber(address.Address)).FirstOrDefault();

    /// <summary>The interfaces that have addresses.</summary>
    public IEnumerable<string> Devices => network.Addresses.Select(address => address.Interface).Distinct();

    // The destinations whose longest matching prefix leads through the device.
    private IntervalSet Best(string device, int family)
    {
        UInt128 max = family == PacketValues.Ipv4 ? uint.MaxValue : UInt128.MaxValue;
        IntervalSet reached = IntervalSet.Empty;
        foreach (IGrouping<int, NetworkRoute> length in Routes(family).GroupBy(route => route.PrefixLength).OrderBy(group => group.Key))
        {
            IntervalSet others = IntervalSet.Union(length.Select(Range));
            IntervalSet ours = IntervalSet.Union(length.Where(route => route.Interface == device).Select(Range));
            reached = IntervalSet.Union([Except(reached, others, max), ours]);
        }

        return reached;
    }

    private int Routed(bool destination) => network.KnownRoutes.Count == 0 ? Diagram.True : PerFamily(destination, family =>
        IntervalSet.Union(Routes(family).Where(route => route.Interface is not null).Select(Range)));

    private static IntervalSet Except(IntervalSet from, IntervalSet what, UInt128 max) =>
        IntervalSet.Union([from.Complement(max), what]).Complement(max);

    private IEnumerable<NetworkRoute> Routes(int family) =>
        network.KnownRoutes.Where(route => AddressText.FamilyOf(route.Destination) == family);

    private static IntervalSet Range(NetworkRoute route)
    {
        int bits = AddressText.FamilyOf(route.Destination) == PacketValues.Ipv4 ? 32 : 128;
        ValueRange range = AddressText.Network(AddressText.ToNumber(route.Destination), route.PrefixLength, bits);
        return IntervalSet.Range(range.Low, range.High);
    }

    private int PerFamily(bool destination, Func<int, IntervalSet> values) => diagram.Or(Families.Select(family => diagram.And(
        diagram.FieldIs(PacketField.Family, (UInt128)family.Family),
        diagram.FieldIn(destination ? family.Destination : family.Source, values(family.Family)))));

    private static (UInt128, UInt128) Loopback(int family) => family == PacketValues.Ipv4
        ? (AddressText.ToNumber(IPAddress.Parse("127.0.0.0")), AddressText.ToNumber(IPAddress.Parse("127.255.255.255")))
        : (1, 1);
}
