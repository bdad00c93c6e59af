using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Which ends of flows reach each other without passing one server, as far as that server's routes and the inventory tell.
/// Servers with addresses in one declared network talk over that network, whichever of their addresses a flow names; to
/// an end that the server reaches by a default route only, or not at all, it can't be the way from there. Where it has routes
/// of its own to both ends, it may well stand between them.
/// </summary>
internal sealed class DirectWays
{
    private readonly HostNetwork _network;
    private readonly (IPNetwork Network, IPNetwork[] Members)[] _joined;

    /// <summary>Looks at a site from one of its servers.</summary>
    /// <param name="site">The site.</param>
    /// <param name="network">The server's addresses and routes; without known routes nothing can be told.</param>
    public DirectWays(Site site, HostNetwork network)
    {
        _network = network;
        _joined = network.KnownRoutes.Count == 0 ? [] :
        [
            .. from declared in site.Networks.Values.SelectMany(static networks => networks).Distinct()
               let members = site.Servers.Where(server => server.Addresses.Any(declared.Contains)).ToArray()
               where members.Length > 0
               select (declared, (IPNetwork[])[declared, .. members.SelectMany(static server => server.Addresses).Select(Single)]),
        ];
    }

    /// <summary>For each declared network the ends that it joins, and those of them that the server has no route of its own to.</summary>
    public IEnumerable<(IReadOnlyList<IPNetwork> Joined, IReadOnlyList<IPNetwork> Remote)> Groups =>
        from each in _joined
        let remote = each.Members.Where(IsRemote).ToArray()
        where remote.Length > 0
        select ((IReadOnlyList<IPNetwork>)each.Members, (IReadOnlyList<IPNetwork>)remote);

    /// <summary>Whether packets from one end to another go another way than through the server.</summary>
    /// <param name="from">A server's address, or a network.</param>
    /// <param name="to">A server's address, or a network.</param>
    public bool Join(IPNetwork from, IPNetwork to) => Groups.Any(group =>
        (Holds(group.Joined, from) && Holds(group.Remote, to)) || (Holds(group.Remote, from) && Holds(group.Joined, to)));

    private static bool Holds(IReadOnlyList<IPNetwork> members, IPNetwork end) =>
        members.Any(member => member.PrefixLength <= end.PrefixLength && member.Contains(end.BaseAddress));

    // Link-local and multicast routes stand on every link and lead to no end of a flow.
    private bool IsRemote(IPNetwork end) =>
        !_network.Addresses.Any(own => end.Contains(own.Address))
        && !_network.KnownRoutes.Any(route => route is { PrefixLength: > 0, Interface: not null }
            && (Contains(new IPNetwork(route.Destination, route.PrefixLength), end) || Contains(end, new IPNetwork(route.Destination, route.PrefixLength))));

    private static bool Contains(IPNetwork outer, IPNetwork inner) => outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
