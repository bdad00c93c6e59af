using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>The rules of one server's firewall that let the policy's flows in, and through.</summary>
internal sealed class FlowRules
{
    private const int LongestComment = 100;
    private const int LongestList = 4;
    private readonly Site _site;
    private readonly IReadOnlyList<ResolvedFlow> _flows;
    private readonly IReadOnlyList<IPAddress> _own;
    private readonly HostNetwork _network;
    private readonly DirectWays _direct;
    private readonly Dictionary<string, string> _sets = [];

    public FlowRules(Site site, Server server, HostNetwork network)
    {
        _site = site;
        _network = network;
        _direct = new DirectWays(site, network);
        _flows = new FlowResolver(site).Flows();
        _own = server.Is(Role.LoadBalancer) ? [.. server.Addresses, .. site.Policy.LoadBalancing.VirtualAddresses] : server.Addresses;
    }

    /// <summary>The sets that the rules made so far use, as the table declares them.</summary>
    public IEnumerable<string> Sets => _sets.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => pair.Value);

    /// <summary>The rules for the flows that end on the server.</summary>
    public IReadOnlyList<string> Input() => [.. from flow in _flows
                                               from version4 in (bool[])[true, false]
                                               let to = Single(
                                                   _own.Where(
                                                       address => Is(address, version4) && flow.To.Any(end => end.Contains(address))))
                                               where to.Count > 0
                                               from rule in Rules(flow, version4, to, (source, target) => !_direct.Join(source, target))
                                               select rule];

    /// <summary>
    /// The rules for the flows that pass the server: those between ends that no declared network joins, and no other way.
    /// </summary>
    public IReadOnlyList<string> Forward() => [.. from flow in _flows
                                                 from version4 in (bool[])[true, false]
                                                 let to = flow.To.SelectMany(static end => end.Networks)
                                                     .Where(network => Is(network.BaseAddress, version4) && !_own.Any(network.Contains))
                                                     .Distinct()
                                                     .ToList()
                                                 where to.Count > 0
                                                 from rule in Rules(flow, version4, to, Passes)
                                                 select rule];

    // One rule for each sender's name and IP version.
    private IEnumerable<string> Rules(ResolvedFlow flow, bool version4, List<IPNetwork> to, Func<IPNetwork, IPNetwork, bool> wanted)
    {
        string protocol = version4 ? "ip" : "ip6";
        foreach (FlowEnd end in flow.From)
        {
            IPNetwork[] from =
            [
                .. end.Networks.Where(
                    network =>
                        Is(network.BaseAddress, version4)
                            && !(network.PrefixLength == Bits(version4) && _own.Contains(network.BaseAddress))),
            ];
            List<IPNetwork> reached = [.. to.Where(target => from.Any(source => wanted(source, target)))];
            from = [.. from.Where(source => reached.Any(target => wanted(source, target)))];
            if (from.Length == 0)
            {
                continue;
            }

            foreach (IGrouping<TransportProtocol, PortRange> ports in flow.Flow.Ports.GroupBy(static range => range.Protocol))
            {
                string transport = ports.Key == TransportProtocol.Tcp ? "tcp" : "udp";
                yield return $"{By(from)}{Senders(protocol, end, from, version4)}{protocol} daddr {Braced([.. Largest(reached).Select(Text)])} {transport} dport {Braced([.. ports.Select(Text)])} accept comment \"Foobar.Ops FW-002 flow {Plain(flow.Flow.Name)}\"";
            }
        }
    }

    // Whoever is in no declared network is told by the few that are declared.
    private string Senders(string protocol, FlowEnd end, IPNetwork[] from, bool version4)
    {
        if (end.Kind != FlowEndKind.Internet || from.Length < end.Networks.Count(network => Is(network.BaseAddress, version4)))
        {
            return $"{protocol} saddr {Named(end.Name, from, version4)} ";
        }

        IPNetwork[] declared =
        [
            .. _site.Networks.Values.SelectMany(static networks => networks).Where(network => Is(network.BaseAddress, version4)).Distinct(),
        ];
        return declared.Length == 0 ? string.Empty : $"{protocol} saddr != {Named("declared", declared, version4)} ";
    }

    // nft takes no set whose elements overlap.
    private static IPNetwork[] Largest(IReadOnlyList<IPNetwork> networks) =>
        [.. networks.Distinct().Where(network => !networks.Any(other => other != network && AddressSpace.Holds(other, network)))];

    // Senders to whom no route leads are dropped by the reverse path already.
    private string By(IPNetwork[] from)
    {
        string[] names =
            [.. from.SelectMany(_network.InterfacesTo).Distinct().Order(StringComparer.Ordinal).Select(static name => $"\"{name}\"")];
        return names.Length == 0 ? string.Empty : $"iifname {Braced(names)} ";
    }

    private bool Passes(IPNetwork source, IPNetwork target) =>
        !_direct.Join(source, target)
        && !_site.Networks.Values.SelectMany(static networks => networks)
            .Any(network => AddressSpace.Holds(network, source) && AddressSpace.Holds(network, target));

    // Long lists get a name; two rules of one sender then share it.
    private string Named(string title, IPNetwork[] networks, bool version4)
    {
        networks = Largest(networks);
        if (networks.Length <= LongestList)
        {
            return Braced([.. networks.Select(Text)]);
        }

        string type = version4 ? "ipv4_addr" : "ipv6_addr";
        string elements = string.Join(",\n            ", networks.Chunk(6).Select(chunk => string.Join(", ", chunk.Select(Text))));
        string stem =
            $"{new string([.. title.Select(static character => char.IsAsciiLetterOrDigit(character) ? character : '_')])}_{(version4 ? "ipv4" : "ipv6")}";
        string name = char.IsAsciiLetter(stem[0]) ? stem : $"from_{stem}";
        for (int number = 2; _sets.TryGetValue(name, out string? other) && other != Declaration(name); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}_{number}");
        }

        _sets[name] = Declaration(name);
        return $"@{name}";

        string Declaration(string called) =>
            $"set {called} {{\n        type {type}\n        flags interval\n        elements = {{\n"
                + $"            {elements}\n        }}\n    }}";
    }

    private static List<IPNetwork> Single(IEnumerable<IPAddress> addresses) =>
        [.. addresses.Select(static address => new IPNetwork(address, address.GetAddressBytes().Length * 8))];

    private static bool Is(IPAddress address, bool version4) => address.AddressFamily == AddressFamily.InterNetwork == version4;

    private static int Bits(bool version4) => version4 ? 32 : 128;

    private static string Braced(string[] values) => values.Length == 1 ? values[0] : $"{{ {string.Join(", ", values)} }}";

    private static string Text(IPNetwork network) =>
        network.PrefixLength == network.BaseAddress.GetAddressBytes().Length * 8 ? network.BaseAddress.ToString() : network.ToString();

    private static string Text(PortRange range) => range.First == range.Last
        ? string.Create(CultureInfo.InvariantCulture, $"{range.First}")
        : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}");

    // A comment ends at a quotation mark or a line's end, and the kernel keeps 128 bytes of it.
    private static string Plain(string name)
    {
        string plain = new(
            [
                .. name.Select(
                    static character => char.IsAsciiLetterOrDigit(character) || character is ' ' or '-' or '_' or '.' ? character : '_'),
            ]);
        return plain.Length <= LongestComment ? plain : plain[..LongestComment];
    }
}
