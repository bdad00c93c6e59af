namespace Foobar.Ops.Firewall.Model;

/// <summary>All packet filters of one network namespace, parsed: chains of all tables with their rules, and named sets.</summary>
public sealed class Ruleset
{
    private readonly Dictionary<(RulesetOrigin, string, string, string), FirewallChain> _chains;
    private readonly Dictionary<(string, string, string), NamedSet> _sets;

    internal Ruleset(IEnumerable<FirewallChain> chains, IEnumerable<NamedSet> sets)
    {
        Chains = [.. chains];
        Sets = [.. sets.DistinctBy(set => (set.Family, set.Table, set.Name))];
        _chains = Chains.DistinctBy(Key).ToDictionary(Key);
        _sets = Sets.ToDictionary(set => (set.Family, set.Table, set.Name));
    }

    /// <summary>A ruleset without a chain, which lets everything pass.</summary>
    public static Ruleset Empty { get; } = new([], []);

    /// <summary>All chains.</summary>
    public IReadOnlyList<FirewallChain> Chains { get; }

    /// <summary>All rules, chain by chain.</summary>
    public IEnumerable<FirewallRule> Rules => Chains.SelectMany(static chain => chain.Rules);

    /// <summary>All named sets and maps.</summary>
    internal IReadOnlyList<NamedSet> Sets { get; }

    /// <summary>Both rulesets together, as where legacy iptables stands beside nftables.</summary>
    internal Ruleset With(Ruleset other) => new(Chains.Concat(other.Chains), Sets.Concat(other.Sets));

    private static (RulesetOrigin, string, string, string) Key(FirewallChain chain) =>
        (chain.Origin, chain.Family, chain.Table, chain.Name);

    internal FirewallChain? FindChain(FirewallChain from, string name) =>
        _chains.GetValueOrDefault((from.Origin, from.Family, from.Table, name));

    internal NamedSet? FindSet(FirewallChain from, string name) => _sets.GetValueOrDefault((from.Family, from.Table, name))
        ?? _sets.GetValueOrDefault((NamedSet.AnyFamily, NamedSet.IpsetTable, name));
}
