using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory.Loading;

namespace Foobar.Ops.Inventory;

/// <summary>
/// Turns the ends of flows into addresses. Pure. An end is, in this order: <c>*</c> (the addresses of every server),
/// <c>internet</c>, a role (the addresses of its servers; for load balancers that take connections their virtual addresses too), a network
/// of the inventory, a server, an address, a CIDR. The loader sees to it that no name can mean two of these.
/// </summary>
/// <remarks>
/// <c>internet</c> is every address of both families that lies in no declared network (<see cref="Site.Networks"/>), as a
/// firewall's rule would have it: a server's own address outside those networks is part of it, and so are the loopback,
/// link-local and multicast ranges, which no router carries and which are for the reader to leave out. A flow from a role
/// to itself (replication) names each pair of servers; that of a server with itself passes no firewall.
/// </remarks>
public sealed class FlowResolver
{
    private readonly Site _site;
    private readonly Lazy<IReadOnlyList<IPNetwork>> _internet;

    /// <summary>Creates a resolver for a site.</summary>
    public FlowResolver(Site site)
    {
        _site = site;
        _internet = new(() => AddressSpace.Without([.. site.Networks.Values.SelectMany(networks => networks)]));
    }

    /// <summary>The word for every address in no declared network.</summary>
    public const string Internet = "internet";

    /// <summary>The word for every server.</summary>
    public const string AllServers = "*";

    /// <summary>The policy's flows, in its order, with their ends as addresses.</summary>
    /// <exception cref="FoobarException"><c>FlowEndUnknown</c>: an end names nothing; cannot happen with a loaded inventory.</exception>
    public IReadOnlyList<ResolvedFlow> Flows() =>
        [.. _site.Policy.Flows.Select(flow => new ResolvedFlow(flow, [.. flow.From.Select(Sender)], [.. flow.To.Select(Resolve)]))];

    /// <summary>The addresses of an end.</summary>
    /// <exception cref="FoobarException"><c>FlowEndUnknown</c>: it names nothing; cannot happen with a loaded inventory.</exception>
    public FlowEnd Resolve(string end) => Find(end) ?? throw new FoobarException(
        "FlowEndUnknown", ErrorKind.InvalidInput, $"'{end}' is no role, server, network, address or CIDR of {_site.Name}.")
    {
        Recommendation = "Use a name of the inventory, an address or a CIDR, 'internet' or '*'.",
    };

    // What a load balancer opens comes from an address of its own: one that moves is nobody's for long.
    private FlowEnd Sender(string end) =>
        InventoryWord.TryParse(end, out Role role) ? Of(end, FlowEndKind.Role, [.. _site.WithRole(role)]) : Resolve(end);

    /// <summary>The addresses of an end, or <see langword="null"/> if it names nothing.</summary>
    public FlowEnd? Find(string end)
    {
        if (end == AllServers)
        {
            return Of(end, FlowEndKind.AllServers, [.. _site.Servers]);
        }

        if (end == Internet)
        {
            return new FlowEnd { Name = end, Kind = FlowEndKind.Internet, Networks = _internet.Value };
        }

        if (InventoryWord.TryParse(end, out Role role))
        {
            return Of(
                end, FlowEndKind.Role, [.. _site.WithRole(role)],
                role == Role.LoadBalancer ? _site.Policy.LoadBalancing.VirtualAddresses : []);
        }

        return _site.Networks.FirstOrDefault(
            pair => string.Equals(pair.Key, end, StringComparison.OrdinalIgnoreCase)) is { Value: { } networks }
            ? new FlowEnd { Name = end, Kind = FlowEndKind.Network, Networks = networks }
            : _site.Find(end) is { } server ? Of(end, FlowEndKind.Server, [server]) : Literal(end);
    }

    private static FlowEnd? Literal(string end)
    {
        if (Addresses.TryAddress(end, out IPAddress? address))
        {
            return new FlowEnd { Name = end, Kind = FlowEndKind.Address, Networks = [.. Single([address!])] };
        }

        return Addresses.TryNetwork(end, out IPNetwork network, out _)
            ? new FlowEnd { Name = end, Kind = FlowEndKind.Address, Networks = [network] }
            : null;
    }

    private static FlowEnd Of(string name, FlowEndKind kind, IReadOnlyList<Server> servers, IReadOnlyList<IPAddress>? more = null) => new()
    {
        Name = name,
        Kind = kind,
        Servers = servers,
        Networks = [.. Single(servers.SelectMany(server => server.Addresses).Concat(more ?? []))],
    };

    private static IEnumerable<IPNetwork> Single(IEnumerable<IPAddress> addresses) =>
        addresses.Distinct().Select(address => new IPNetwork(address, address.GetAddressBytes().Length * 8));
}
