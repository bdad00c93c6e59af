using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>
/// Finds the networks that one server alone has and nothing known uses: no visitor, no other server by its configuration or a
/// connection, no route to another server, not the session itself. Declared as the site's own, such a network would be left out of the
/// internet, and no control would ask whether its ports are closed to it. So each is a question, and its addresses are left out.
/// </summary>
internal sealed class UnusedNetworks
{
    private readonly AddressBook _book;
    private readonly IReadOnlyList<FoundServer> _firewalls;
    private readonly HashSet<IPAddress> _visited;

    private UnusedNetworks(AddressBook book, RoleFinder roles, BalancerFinder balancers)
    {
        _book = book;
        _firewalls = roles.With(Role.NetworkFirewall);
        _visited =
        [
            .. balancers.VisitedAddresses,
            .. balancers.Database.Select(static pair => NetworkFinder.Bound(pair.Listener.Address)).OfType<IPAddress>(),
            .. balancers.Visited.Count > 0
                ? []
                : roles.With(Role.Web).SelectMany(server => (server.Facts.Web?.Value?.Listeners ?? [])
                    .Where(static listener => !listener.IsStream && listener.Port is 80 or 443)
                    .SelectMany(listener => NetworkFinder.Listening(book, server, listener.Address))),
        ];
    }

    /// <summary>Asks about them and leaves their addresses out.</summary>
    public static void LeaveOut(AddressBook book, RoleFinder roles, BalancerFinder balancers, Draft draft)
    {
        UnusedNetworks unused = new(book, roles, balancers);
        (FoundServer Server, InterfaceAddress[] Addresses)[] found = [.. book.Servers.Select(server => (server, unused.Of(server)))];
        foreach ((FoundServer server, InterfaceAddress[] addresses) in found)
        {
            foreach (IGrouping<IPNetwork, InterfaceAddress> network in addresses.GroupBy(NetworkFinder.NetworkOf))
            {
                string own = string.Join(", ", network.Select(static each => each.Address));
                draft.Unexplained(
                    "networks", server.Name, $"What is {network.Key} of {server.Name} for?",
                    "No other server that was read has it, and nothing known uses it. Neither the network nor the address "
                        + $"{own} is part of the inventory, so that both count as outside of the site.",
                    "ip address show: " + string.Join(
                        ", ", network.Select(static each => FormattableString.Invariant(
                            $"{each.Interface} {each.Address}/{each.PrefixLength}"))),
                    new QuestionSubject { Network = network.Key });
            }

            book.LeaveOut(server, addresses);
        }
    }

    private InterfaceAddress[] Of(FoundServer server)
    {
        IReadOnlyList<InterfaceAddress> all = _book.AddressesOf(server);
        InterfaceAddress[] used = [.. all.Where(own => IsShared(server, own) || IsUsed(server, own))];
        InterfaceAddress[] unused =
        [
            .. all.Where(own => !used.Any(known => NetworkFinder.NetworkOf(known).Contains(own.Address)) && !IsBeside(server, own, used)),
        ];

        // A server has some address; where none is seen in use, there is nothing to choose by.
        return unused.Length == all.Count ? [] : unused;
    }

    private bool IsShared(FoundServer server, InterfaceAddress own) => _book.Servers.Where(other => other != server)
        .SelectMany(_book.AddressesOf)
        .Any(other => NetworkFinder.NetworkOf(own).Contains(other.Address) || NetworkFinder.NetworkOf(other).Contains(own.Address));

    // IPv4 and IPv6 of one interface are one link. Where other servers are on it, they would have both.
    private bool IsBeside(FoundServer server, InterfaceAddress own, InterfaceAddress[] used) => used.Any(
        known => known.Interface == own.Interface && known.Address.AddressFamily != own.Address.AddressFamily && !IsShared(server, known));

    private bool IsUsed(FoundServer server, InterfaceAddress own) =>
        own.Address.Equals(server.Facts.Host.Value?.Address)
        || _visited.Contains(own.Address)
        || (NetworkFinder.IsNetwork(own) && _book.Moving.Any(NetworkFinder.NetworkOf(own).Contains))
        || RoleFinder.Conversations(server).Any(
            each => each.LocalAddress.Equals(own.Address) && _book.Owner(each.PeerAddress) is { } peer && peer != server)
        || _book.Servers.Where(other => other != server).Any(
            other => PlacesOf(other.Facts).Any(
                place => IPAddress.TryParse(place.Trim('[', ']'), out IPAddress? address) && address.Equals(own.Address)))
        || Ways(server).Any(route => Leaves(server, route, own));

    // The routes by which a server reaches others; a network firewall's lead to the visitors too.
    private IEnumerable<NetworkRoute> Ways(FoundServer server)
    {
        NetworkRoute[] routes = [.. server.Facts.Network.Value?.Routes ?? []];
        IPAddress[] direct = [.. _book.Servers.Where(other => other != server)
            .SelectMany(_book.AddressesOf)
            .Select(static own => own.Address)
            .Where(address => !_book.AddressesOf(server).Any(own => NetworkFinder.NetworkOf(own).Contains(address)))];
        return direct.Select(
                address => routes.Where(route => route.PrefixLength == 0
                        ? route.Destination.AddressFamily == address.AddressFamily
                        : new IPNetwork(route.Destination, route.PrefixLength).Contains(address))
                    .OrderByDescending(static route => route.PrefixLength).ThenBy(static route => route.Metric).FirstOrDefault())
            .OfType<NetworkRoute>()
            .Concat(_firewalls.Contains(server) ? NetworkFinder.DefaultRoutes(server) : []);
    }

    private bool Leaves(FoundServer server, NetworkRoute route, InterfaceAddress own) =>
        route.Gateway is { } gateway && NetworkFinder.IsNetwork(own)
        ? NetworkFinder.NetworkOf(own).Contains(gateway)
        : route.Interface == own.Interface && _book.AddressesOf(server).Where(other => other.Interface == own.Interface)
            .Select(NetworkFinder.NetworkOf).Where(network => network.BaseAddress.AddressFamily == own.Address.AddressFamily)
            .Distinct().Count() == 1;

    // The hosts that a server's configurations and its clock name.
    private static IEnumerable<string> PlacesOf(ServerDiscovery facts) =>
        [
            .. (facts.Balancer?.Value?.Legs.Servers ?? []).Select(static one => one.Host),
            .. (facts.Web?.Value?.Upstreams ?? []).Where(static place => !place.StartsWith('/'))
                .Select(static place => Places.Split(place).Host),
            .. (facts.Database?.Replication.Channels.Value ?? []).Select(static channel => channel.SourceHost),
            .. (facts.Time.Value?.Sources ?? []).Concat(facts.Time.Value?.Clients ?? []).Select(static address => address.ToString()),
            .. (facts.Scrapes.Value ?? []).Select(static target => Places.Split(target).Host),
            .. (facts.Agents.Value ?? []).SelectMany(static agent => agent.Endpoints).Select(static endpoint => endpoint.Host)
                .OfType<string>(),
        ];
}
