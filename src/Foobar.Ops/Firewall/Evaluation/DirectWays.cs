using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Which ends of flows reach each other without passing one server, as far as that server's routes and the inventory tell.
/// Servers with addresses in one declared network talk over that network, whichever of their addresses a flow names. Where
/// the server has routes of its own to both ends, it may stand between them all the same; a default route is none of these.
/// </summary>
internal sealed class DirectWays
{
    private readonly HostNetwork _network;

    /// <summary>Looks at a site from one of its servers.</summary>
    /// <param name="site">The site.</param>
    /// <param name="network">The server's addresses and routes; without known routes nothing can be told.</param>
    public DirectWays(Site site, HostNetwork network)
    {
        _network = network;
        Groups = network.KnownRoutes.Count == 0 ? [] :
        [
            .. from declared in site.Networks.Values.SelectMany(static networks => networks).Distinct()
               let members = site.Servers.Where(server => server.Addresses.Any(declared.Contains)).ToArray()
               where members.Length > 0
               let moving = members.Any(static server => server.Is(Role.LoadBalancer)) ? site.Policy.LoadBalancing.VirtualAddresses : []
               let joined = (IPNetwork[])[declared, .. members.SelectMany(static server => server.Addresses).Concat(moving).Select(Single)]
               let remote = joined.Where(IsRemote).ToArray()
               where remote.Length > 0
               select (joined, remote),
        ];
    }

    /// <summary>For each declared network the ends that it joins, and those of them that the server has no route of its own to.</summary>
    public IReadOnlyList<(IPNetwork[] Joined, IPNetwork[] Remote)> Groups { get; }

    /// <summary>Whether packets from one end to another go another way than through the server.</summary>
    /// <param name="from">A server's address, or a network.</param>
    /// <param name="to">A server's address, or a network.</param>
    public bool Join(IPNetwork from, IPNetwork to) => Groups.Any(group =>
        (Holds(group.Joined, from) && Holds(group.Remote, to)) || (Holds(group.Remote, from) && Holds(group.Joined, to)));

    private static bool Holds(IPNetwork[] members, IPNetwork end) => members.Any(member => AddressSpace.Holds(member, end));

    private bool IsRemote(IPNetwork end) =>
        !_network.Addresses.Any(own => end.Contains(own.Address))
        && !_network.KnownRoutes.Any(route => route is { PrefixLength: > 0, Interface: not null }
            && (AddressSpace.Holds(new IPNetwork(route.Destination, route.PrefixLength), end)
                || AddressSpace.Holds(end, new IPNetwork(route.Destination, route.PrefixLength))));

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
