using System.Net;

namespace Foobar.Ops.Firewall.Model;

/// <summary>A server's interfaces and routes, on which some rules depend and which decide what is local and what is forwarded.</summary>
public sealed record HostNetwork
{
    /// <summary>The addresses of its interfaces.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>The routes of its main table.</summary>
    public IReadOnlyList<NetworkRoute> Routes { get; init; } = [];

    /// <summary>The names of its interfaces, those without an address too.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];
}

/// <summary>One address of an interface.</summary>
/// <param name="Interface">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">The length of its network's prefix.</param>
public sealed record InterfaceAddress(string Interface, IPAddress Address, int PrefixLength);

/// <summary>One route.</summary>
/// <param name="Destination">The first address of the destination; all zeros with length 0 for the default route.</param>
/// <param name="PrefixLength">The length of the destination's prefix.</param>
/// <param name="Interface">The interface it leads through; <see langword="null"/> for a blackhole, unreachable or prohibited route.</param>
/// <param name="Gateway">The next router's address; <see langword="null"/> where the destination is on the link itself, and in facts of before gateways were kept.</param>
/// <param name="Metric">Of routes with the same destination the one with the lowest is used; those that share it share the traffic.</param>
public sealed record NetworkRoute(IPAddress Destination, int PrefixLength, string? Interface, IPAddress? Gateway = null, long Metric = 0);
