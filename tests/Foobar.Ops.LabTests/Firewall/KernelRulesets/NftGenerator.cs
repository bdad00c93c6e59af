using System.Globalization;
using System.Text;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>
/// Makes random rulesets of nftables that load: tables of all IP families, base chains of all hooks and types, chains they use, sets and
/// maps.
/// </summary>
internal sealed class NftGenerator
{
    // nft 1.0.6 reads beside its memory for the name of the flag: another word stands there, or the JSON ends. On a server such a
    // listing is an error that is told.
    private static readonly Lazy<bool> ListsDormantTables = new(static () =>
        Tool.Run("unshare", string.Empty, "--net", "sh", "-c", "nft 'add table ip t { flags dormant; }' && nft -j list tables")
            .Contains("dormant", StringComparison.Ordinal));

    private static readonly (Room Room, string Type, string Hook, int[] Priorities, bool MayDrop)[] Bases =
    [
        (Room.Filter, "filter", "input", [-10, 0, 0, 0, 10], true),
        (Room.Filter, "filter", "forward", [-10, 0, 0, 0, 10], true),
        (Room.Filter, "filter", "output", [-10, 0, 0, 10], true),
        (Room.Raw, "filter", "prerouting", [-300], false),
        (Room.Mangle, "filter", "prerouting", [-150, -90, 0], true),
        (Room.Mangle, "filter", "postrouting", [-150, 0, 110], true),
        (Room.Mangle, "route", "output", [-150], false),
        (Room.DestinationNat, "nat", "prerouting", [-110, -100, -100, 10], false),
        (Room.DestinationNat, "nat", "output", [-100], false),
        (Room.SourceNat, "nat", "postrouting", [90, 100, 100], false),
        (Room.SourceNat, "nat", "input", [100], false),
    ];

    private readonly Random _random;
    private readonly Atoms _atoms = new();
    private readonly ValueMaker _values;
    private readonly List<ProbeDraft> _drafts = [];

    private NftGenerator(int seed)
    {
        _random = new Random(seed);
        _values = new ValueMaker(_random, _atoms);
    }

    /// <summary>The ruleset of a seed, always the same.</summary>
    public static GeneratedRuleset Generate(int seed)
    {
        NftGenerator generator = new(seed);
        string text = generator.Tables();
        return new GeneratedRuleset { Nft = text, Atoms = generator._atoms, Drafts = generator._drafts };
    }

    private string Tables()
    {
        StringBuilder text = new();
        string[] families = _random.Next(4) switch
        {
            0 => ["ip", "ip6"],
            1 => Pick<string[]>([["inet", "ip"], ["inet", "inet"], ["ip6", "inet"]]),
            _ => ["inet"],
        };
        for (int index = 0; index < families.Length; index++)
        {
            Table(text, families[index], $"t{index}");
        }

        if (_random.Next(4) == 0)
        {
            Ingress(text, Pick(["netdev", "netdev", "inet"]));
        }

        return text.ToString();
    }

    // At an interface no connection is known and only what stands in the packet can be tested.
    private void Ingress(StringBuilder text, string family)
    {
        string hook = family == "netdev" && _random.Next(3) == 0 ? "egress" : "ingress";
        string devices = Pick(["device eth0", "device eth1", "devices = { eth0, eth1 }"]);
        text.Append(
            CultureInfo.InvariantCulture,
            $"table {family} edge {{\n  chain at_devices {{\n    type filter hook {hook} {devices} priority -500; policy {Pick(["accept", "accept", "accept", "drop"])};\n");
        for (int count = _random.Next(1, 4); count > 0; count--)
        {
            bool version4 = _random.Next(2) == 0;
            string match = _random.Next(3) switch
            {
                0 => $"{(version4 ? "ip" : "ip6")} saddr {_values.Address(version4).Text}",
                1 => $"tcp dport {_values.Port().Text}",
                _ => $"{(version4 ? "ip" : "ip6")} daddr {_values.Address(version4).Text} udp dport {_values.Port().Text}",
            };
            text.Append(
                CultureInfo.InvariantCulture, $"    {match} {Pick(["accept", "drop", "drop", $"meta mark set {_values.Mark().Text}"])}\n");
        }

        text.Append("  }\n}\n");
    }

    private void Table(StringBuilder text, string family, string name)
    {
        NftChain[] chains = [.. Chains()];
        NftNamedSet[] sets = [.. Sets(family, chains)];
        NftRuleMaker rules = new(_random, _values, family, chains, sets, _drafts);
        text.Append(
            CultureInfo.InvariantCulture,
            $"table {family} {name} {{\n{(_random.Next(8) == 0 && ListsDormantTables.Value ? "  flags dormant\n" : string.Empty)}");
        foreach (NftNamedSet set in sets)
        {
            text.Append(rules.Declaration(set));
        }

        foreach (NftChain chain in chains)
        {
            text.Append(CultureInfo.InvariantCulture, $"  chain {chain.Name} {{\n{chain.Header}");
            for (int count = _random.Next(1, 5); count > 0; count--)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {rules.Rule(chain)}\n");
            }

            text.Append("  }\n");
        }

        text.Append("}\n");
    }

    private IEnumerable<NftChain> Chains()
    {
        int number = 0;
        HashSet<Room> rooms = [];
        foreach ((Room room, string type, string hook, int[] priorities, bool mayDrop) in Bases)
        {
            if (_random.Next(room == Room.Filter ? 5 : 4) is 0 == (room == Room.Filter))
            {
                continue;
            }

            rooms.Add(room);
            string policy = mayDrop && _random.Next(room == Room.Filter ? 2 : 12) == 0 ? "drop" : "accept";
            string header = string.Create(
                CultureInfo.InvariantCulture, $"    type {type} hook {hook} priority {Pick(priorities)}; policy {policy};\n");
            yield return new NftChain(string.Create(CultureInfo.InvariantCulture, $"base{number++}"), room, hook, header, 0);
        }

        foreach (Room room in rooms)
        {
            for (int order = _random.Next(room == Room.Filter ? 3 : 2); order > 0; order--)
            {
                yield return new NftChain(
                    string.Create(CultureInfo.InvariantCulture, $"chain{number++}"), room, string.Empty, string.Empty, order);
            }
        }
    }

    private IEnumerable<NftNamedSet> Sets(string family, NftChain[] chains)
    {
        (string Type, Func<Span> Make)[] kinds =
        [
            ("inet_service", () => _values.Port()),
            ("mark", _values.Mark),
            .. family == "ip6"
                ? []
                : ((string, Func<Span>)[])[("ipv4_addr", () => _values.Address(true)), ("ipv4_addr", () => _values.Address(true))],
            .. family == "ip"
                ? []
                : ((string, Func<Span>)[])[("ipv6_addr", () => _values.Address(false)), ("ipv6_addr", () => _values.Address(false))],
        ];
        for (int index = 0; index < kinds.Length; index++)
        {
            Room? verdicts = chains.Length > 0 && _random.Next(2) == 0 ? Pick(chains).Room : null;
            yield return new NftNamedSet(
                string.Create(CultureInfo.InvariantCulture, $"set{index}"),
                kinds[index].Type, _values.Disjoint(kinds[index].Make, 6), verdicts);
        }
    }

    private T Pick<T>(IReadOnlyList<T> values) => values[_random.Next(values.Count)];
}
