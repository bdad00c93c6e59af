using System.Net;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Topology;

/// <summary>What a server's addresses and routes say of one address.</summary>
internal static class HostRoutes
{
    /// <summary>The interface by which the best route to an address leads; <see langword="null"/> if none does.</summary>
    public static string? InterfaceTo(this HostNetwork network, IPAddress address) => network.RouteTo(address)?.Interface;

    /// <summary>The best route to an address: the one with the longest prefix, of several the one with the lowest metric.</summary>
    public static NetworkRoute? RouteTo(this HostNetwork network, IPAddress address) => network.Routes
        .Where(
            route =>
                route.Destination.AddressFamily == address.AddressFamily
                    && new IPNetwork(route.Destination, route.PrefixLength).Contains(address))
        .OrderByDescending(static route => route.PrefixLength).ThenBy(static route => route.Metric)
        .FirstOrDefault();

    /// <summary>
    /// The interfaces by which the best routes to the addresses of a network lead, by name: those of the route to all of it,
    /// and of routes to parts of it. Routes that share a destination and a metric share the traffic. Every link has its own
    /// link-local and multicast addresses, so routes to these count for nothing else.
    /// </summary>
    public static IReadOnlyList<string> InterfacesTo(this HostNetwork network, IPNetwork target)
    {
        ILookup<bool, NetworkRoute> routes = network.Routes
            .Where(route => route.Destination.AddressFamily == target.BaseAddress.AddressFamily)
            .Where(static route => route.PrefixLength == 0 || route.Destination is { IsIPv6LinkLocal: false, IsIPv6Multicast: false })
            .ToLookup(route => route.PrefixLength > target.PrefixLength);
        IEnumerable<NetworkRoute> parts = routes[true].Where(route => target.Contains(route.Destination));
        NetworkRoute[] around =
            [.. routes[false].Where(route => new IPNetwork(route.Destination, route.PrefixLength).Contains(target.BaseAddress))];
        IEnumerable<NetworkRoute> best = around.Where(route => route.PrefixLength == around.Max(static each => each.PrefixLength));
        return
        [
            .. parts.Concat(best)
                .GroupBy(static route => (route.Destination, route.PrefixLength))
                .SelectMany(static same => same.Where(route => route.Metric == same.Min(static each => each.Metric)))
                .Select(static route => route.Interface).OfType<string>().Where(static name => name != "lo")
                .Distinct().Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether an address is one of the server's own.</summary>
    public static bool Owns(this HostNetwork network, IPAddress address) => network.Addresses.Any(own => own.Address.Equals(address));

    /// <summary>
    /// The server's own address whose network holds another address, so that both are on one link; <see langword="null"/> if none does.
    /// </summary>
    public static InterfaceAddress? LinkTo(this HostNetwork network, IPAddress address) => network.Addresses
        .FirstOrDefault(
            own =>
                own.Address.AddressFamily == address.AddressFamily && !IPAddress.IsLoopback(own.Address) && Around(own).Contains(address));

    /// <summary>
    /// The address from which the server sends to another, unless a rule or a route says otherwise; <see langword="null"/> if there is no
    /// way there.
    /// </summary>
    public static IPAddress? SourceTo(this HostNetwork network, IPAddress address)
    {
        string? device = network.InterfaceTo(address);
        InterfaceAddress[] own =
        [
            .. network.Addresses.Where(
                own => own.Interface == device && own.Address.AddressFamily == address.AddressFamily && !own.Address.IsIPv6LinkLocal),
        ];
        return (own.FirstOrDefault(each => Around(each).Contains(address)) ?? own.FirstOrDefault())?.Address;
    }

    private static IPNetwork Around(InterfaceAddress own)
    {
        byte[] bytes = own.Address.GetAddressBytes();
        for (int bit = own.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), own.PrefixLength);
    }
}
