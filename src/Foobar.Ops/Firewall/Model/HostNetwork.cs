using System.Net;

namespace Foobar.Ops.Firewall.Model;

/// <summary>A server's interfaces and routes, on which some rules depend and which decide what is local and what is forwarded.</summary>
public sealed record HostNetwork
{
    /// <summary>The addresses of its interfaces.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>The routes of its main table.</summary>
    public IReadOnlyList<NetworkRoute> Routes { get; init; } = [];

    /// <summary>
    /// What chooses a route by more than the destination: rules beside the kernel's own three but those that ask the main table, routes of
    /// the table <c>default</c>, and routes that are for some packets to a destination only (ip-rule(8), ip-route(8)). It is not
    /// modelled: where there is any, the main table does not tell by which interface packets go.
    /// </summary>
    public IReadOnlyList<string> PolicyRouting { get; init; } = [];

    /// <summary>The routes by which all packets go; none where that is not known.</summary>
    internal IReadOnlyList<NetworkRoute> KnownRoutes => PolicyRouting.Count == 0 ? Routes : [];

    /// <summary>Why it is not known by which routes packets go; <see langword="null"/> if it is.</summary>
    internal string? RoutesUnknown => PolicyRouting.Count == 0 ? null
        : $"its policy routing is not modelled ({string.Join("; ", PolicyRouting.Take(3))}{(PolicyRouting.Count > 3 ? "; ..." : "")})";

    /// <summary>The names of its interfaces, those without an address too.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    /// <summary>The interfaces that carry the packets of others: of a VLAN, a bond or a bridge those it stands on.</summary>
    public IReadOnlyList<InterfaceLink> Links { get; init; } = [];

    /// <summary>
    /// The interfaces by which packets come from elsewhere: those with an address, but loopback and the ports of bridges and bonds.
    /// </summary>
    internal IEnumerable<string> Facing() => Addresses.Select(static address => address.Interface).Distinct()
        .Where(name => name != "lo" && !Links.Any(link => link.IsBridge && link.Lower == name));

    /// <summary>The programs and filters outside the packet filter that packets pass at interfaces.</summary>
    public IReadOnlyList<InterfaceProgram> Programs { get; init; } = [];
}

/// <summary>One address of an interface.</summary>
/// <param name="Interface">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">The length of its network's prefix.</param>
public sealed record InterfaceAddress(string Interface, IPAddress Address, int PrefixLength);

/// <summary>One interface on another.</summary>
/// <param name="Upper">The VLAN, bond or bridge.</param>
/// <param name="Lower">The interface that carries its packets.</param>
/// <param name="IsBridge">Whether the upper one may be a bridge, whose own filters see the packets too.</param>
public sealed record InterfaceLink(string Upper, string Lower, bool IsBridge);

/// <summary>A program or filter outside the packet filter that may drop or change packets.</summary>
/// <param name="Interface">The interface it stands at.</param>
/// <param name="Kind">What it is: <c>XDP program</c>, <c>tc filter</c>.</param>
/// <param name="Leaving">Whether it sees what leaves by the interface; otherwise what comes in.</param>
public sealed record InterfaceProgram(string Interface, string Kind, bool Leaving);

/// <summary>One route.</summary>
/// <param name="Destination">The first address of the destination; all zeros with length 0 for the default route.</param>
/// <param name="PrefixLength">The length of the destination's prefix.</param>
/// <param name="Interface">The interface it leads through; <see langword="null"/> for a blackhole, unreachable or prohibited route.</param>
/// <param name="Gateway">The next router's address; <see langword="null"/> where the destination is on the link itself, and in facts of
/// before gateways were kept.</param>
/// <param name="Metric">Of routes with the same destination the one with the lowest is used; those that share it share the traffic.</param>
public sealed record NetworkRoute(IPAddress Destination, int PrefixLength, string? Interface, IPAddress? Gateway = null, long Metric = 0);
