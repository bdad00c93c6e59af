using System.Globalization;
using System.Text;
using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes random rulesets of iptables, ip6tables and ipset that load.</summary>
internal sealed class IptablesGenerator
{
    private static readonly (string Table, string[] Chains)[] Tables =
    [
        ("raw", ["PREROUTING", "OUTPUT"]),
        ("mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
        ("nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
        ("filter", ["INPUT", "FORWARD", "OUTPUT"]),
    ];

    private readonly Random _random;
    private readonly Atoms _atoms = new();
    private readonly ValueMaker _values;
    private readonly List<ProbeDraft> _drafts = [];

    private IptablesGenerator(int seed)
    {
        _random = new Random(seed);
        _values = new ValueMaker(_random, _atoms);
    }

    /// <summary>The ruleset of a seed, always the same, for <c>legacy</c> or <c>nft</c>.</summary>
    public static GeneratedRuleset Generate(int seed, string variant)
    {
        IptablesGenerator generator = new(seed);
        List<IpsetSet> sets = [.. IpsetSet.Make(generator._random, generator._values)];
        return new GeneratedRuleset
        {
            Variant = variant,
            Ipset = string.Concat(sets.Select(static set => set.Text)),
            Iptables = generator.Version(true, sets),
            Ip6tables = generator.Version(false, sets),
            Atoms = generator._atoms,
            Drafts = generator._drafts,
        };
    }

    private string Version(bool version4, List<IpsetSet> sets)
    {
        StringBuilder text = new();
        foreach ((string table, string[] chains) in Tables)
        {
            if (table != "filter" && _random.Next(3) > 0)
            {
                continue;
            }

            string[] own =
            [
                .. Enumerable.Range(1, _random.Next(4)).Select(number => string.Create(CultureInfo.InvariantCulture, $"{table}-{number}")),
            ];
            IptablesRuleMaker rules = new(
                _random, _values, version4, table, [.. sets.Where(set => set.Version4 is null || set.Version4 == version4)], _drafts);
            text.Append(CultureInfo.InvariantCulture, $"*{table}\n");
            text.AppendJoin(string.Empty, chains.Select(chain => $":{chain} {Policy(table)} [0:0]\n"));
            text.AppendJoin(string.Empty, own.Select(static chain => $":{chain} - [0:0]\n"));
            foreach (string chain in chains)
            {
                Rules(text, rules, chain, chain, own);
            }

            for (int index = 0; index < own.Length; index++)
            {
                Rules(text, rules, own[index], string.Empty, own[(index + 1)..]);
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }

    private string Policy(string table) => _random.Next(table == "filter" ? 2 : 15) == 0 && table != "nat" ? "DROP" : "ACCEPT";

    private void Rules(StringBuilder text, IptablesRuleMaker rules, string chain, string hook, string[] targets)
    {
        for (int count = _random.Next(chain == hook ? 5 : 3); count > 0; count--)
        {
            text.Append(CultureInfo.InvariantCulture, $"-A {chain} {rules.Rule(hook, targets)}\n");
        }
    }
}
