using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>
/// Rules that <c>iptables-nft</c> wrote into nftables: the kernel's listing hides the matches and targets it kept in
/// iptables' own form (<c>xt</c>), so that these rules are taken from <c>iptables-nft-save</c>, with the handles of the listing.
/// </summary>
internal static class CompatibilityRules
{
    /// <summary>The ruleset with hidden rules filled in; those that can't be stay as they are, their effect unknown.</summary>
    public static Ruleset Fill(Ruleset listing, Ruleset saved)
    {
        Dictionary<(string, string, string), FirewallChain> known = saved.Chains.ToDictionary(
            chain => (chain.Family, chain.Table, chain.Name));
        return new Ruleset(
            listing.Chains.Select(chain => chain.Origin == RulesetOrigin.Nftables && chain.Rules.Any(IsHidden)
                && known.TryGetValue((chain.Family, chain.Table, chain.Name), out FirewallChain? twin)
                && twin.Rules.Count == chain.Rules.Count
                    ? chain with { Rules = [.. chain.Rules.Zip(twin.Rules, Merge)] }
                    : chain),
            listing.Sets.Concat(saved.Sets));
    }

    private static FirewallRule Merge(FirewallRule listed, FirewallRule saved) =>
        !IsHidden(listed) ? listed : saved with { Handle = listed.Handle, Origin = RulesetOrigin.Nftables };

    private static bool IsHidden(FirewallRule rule) => rule.Statements.Any(static step =>
        step is Statement.UnknownEffect { Why: var why } && why.StartsWith("nftables statement 'xt'", StringComparison.Ordinal));
}
