using System.Globalization;
using System.Net;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Finds the site's networks by its servers' interfaces, and the operator's addresses by the sessions themselves.</summary>
internal static class NetworkFinder
{
    /// <summary>The name of the operators' network.</summary>
    public const string Operator = "operator";

    /// <summary>The networks by name: those of the site, and the operator's where he comes from elsewhere.</summary>
    /// <param name="book">The servers.</param>
    /// <param name="firewalls">The servers that are network firewalls: beyond their default route the site ends.</param>
    /// <param name="visited">The addresses at which visitors reach the site.</param>
    /// <param name="options">What is known of this machine.</param>
    /// <param name="draft">Told what shows them.</param>
    public static Dictionary<string, IReadOnlyList<IPNetwork>> Find(
        AddressBook book, IReadOnlyList<FoundServer> firewalls, IReadOnlyList<IPAddress> visited, ProposalOptions options, Draft draft)
    {
        List<Group> groups = [];
        foreach (FoundServer server in book.Servers)
        {
            string[] beyond = firewalls.Contains(server)
                ? [.. DefaultRoutes(server).Select(static route => route.Interface).OfType<string>()]
                : [];
            foreach (IGrouping<string, InterfaceAddress> link in book.AddressesOf(server)
                .Where(own => !beyond.Contains(own.Interface))
                .GroupBy(static own => own.Interface))
            {
                Join(groups, [.. link.Where(IsNetwork).Select(NetworkOf)], server.Name, link.Key);
            }
        }

        Dictionary<string, IReadOnlyList<IPNetwork>> named = [];
        bool IsVisited(Group group) => visited.Any(address => group.Networks.Any(network => network.Contains(address)));

        // The plain names go to the networks that most servers share.
        foreach (Group group in groups.OrderByDescending(
            group => IsVisited(group) ? int.MaxValue : group.Links.Select(static link => link.Server).Distinct().Count()))
        {
            string name = Free(named, groups.Count == 1 ? "site" : IsVisited(group) ? "public" : "internal");
            named[name] = [.. group.Networks];
            draft.Show(
                $"networks.{name}", null,
                $"ip address show: {string.Join("; ", group.Links.Select(static link => $"{link.Server}, {link.Interface}"))}");
        }

        AddOperator(named, book, options, draft);
        return named.OrderBy(static pair => pair.Key == Operator ? 2 : pair.Key == "public" ? 0 : 1).ToDictionary();
    }

    /// <summary>The address that a listener is bound to; <see langword="null"/> for every address, or a name.</summary>
    public static IPAddress? Bound(string place) => IPAddress.TryParse(place.Trim('[', ']'), out IPAddress? address)
        && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : null;

    /// <summary>The addresses at which others than the site's servers reach a listener.</summary>
    public static IEnumerable<IPAddress> Listening(AddressBook book, FoundServer server, string place) =>
        Bound(place) is { } address ? [address] : Outward(book, server);

    /// <summary>
    /// The addresses at which others than the site's servers reach a program that listens on every address: those of the networks by which
    /// the server sends to everywhere, all of them where no such route is known.
    /// </summary>
    private static IEnumerable<IPAddress> Outward(AddressBook book, FoundServer server)
    {
        IReadOnlyList<InterfaceAddress> all = book.AddressesOf(server);
        InterfaceAddress[] outward =
        [
            .. all.Where(own => DefaultRoutes(server).Any(route => route.Gateway is { IsIPv6LinkLocal: false } gateway && IsNetwork(own)
                ? NetworkOf(own).Contains(gateway)
                : route.Interface == own.Interface)),
        ];
        return (outward.Length > 0 ? outward : all).Select(static own => own.Address);
    }

    /// <summary>A server's routes to everywhere.</summary>
    public static IEnumerable<NetworkRoute> DefaultRoutes(FoundServer server) =>
        (server.Facts.Network.Value?.Routes ?? []).Where(static route => route.PrefixLength == 0);

    private static void AddOperator(
        Dictionary<string, IReadOnlyList<IPNetwork>> named, AddressBook book, ProposalOptions options, Draft draft)
    {
        (FoundServer Server, IPAddress Client)[] sessions =
        [
            .. book.Servers.Where(static server => server.Facts.Host.Value?.Client is not null).Select(
                static server => (server, server.Facts.Host.Value!.Client!))
                .Where(session => book.Owner(session.Item2) is null && !IPAddress.IsLoopback(session.Item2)),
        ];
        if (sessions.Length == 0)
        {
            return;
        }

        IPAddress[] seen = [.. sessions.Select(static session => session.Client).Distinct()];

        // Where an address seen is one of this machine's interfaces, nothing translates between, and its other addresses are the operator's
        // too.
        IPAddress[] own = [.. options.OwnInterfaces.Where(group => group.Any(seen.Contains)).SelectMany(static group => group)];
        named[Operator] =
        [
            .. seen.Concat(own).Distinct().Select(static address => new IPNetwork(address, address.GetAddressBytes().Length * 8)),
        ];
        foreach ((FoundServer server, IPAddress client) in sessions)
        {
            draft.Show($"networks.{Operator}", server.Name, $"SSH_CONNECTION: this session comes from {client}");
        }

        draft.Confirm(
            $"networks.{Operator}", null, "From which other addresses do operators log in?",
            "Only the address that this session comes from can be seen.", string.Join(", ", named[Operator]));
    }

    private static void Join(List<Group> groups, IPNetwork[] networks, string server, string link)
    {
        if (networks.Length == 0)
        {
            return;
        }

        Group[] touching = [.. groups.Where(group => group.Networks.Overlaps(networks))];
        groups.RemoveAll(touching.Contains);
        groups.Add(new Group(
            [.. touching.SelectMany(static group => group.Networks), .. networks],
            [.. touching.SelectMany(static group => group.Links), (server, link)]));
    }

    private static string Free(Dictionary<string, IReadOnlyList<IPNetwork>> named, string name) =>
        Enumerable.Range(1, 1000)
            .Select(number => number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"))
            .First(each => !named.ContainsKey(each));

    /// <summary>Whether an address has others beside it in its network.</summary>
    internal static bool IsNetwork(InterfaceAddress own) =>
        own.PrefixLength > 0 && own.PrefixLength < own.Address.GetAddressBytes().Length * 8;

    /// <summary>An address alone, as a network.</summary>
    internal static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

    /// <summary>The network of an address.</summary>
    internal static IPNetwork NetworkOf(InterfaceAddress own)
    {
        byte[] bytes = own.Address.GetAddressBytes();
        for (int bit = own.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), own.PrefixLength);
    }

    /// <summary>Networks that are on the same links.</summary>
    private sealed record Group(HashSet<IPNetwork> Networks, List<(string Server, string Interface)> Links);
}
