using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// What stands at interfaces and is not modelled, as chains of which nobody can tell what they do: programs (XDP, tc),
/// filters of bridges and of ARP, and chains at interfaces that carry the packets of others.
/// </summary>
internal static class FiltersBelow
{
    private static readonly string[] Everywhere = ["*"];

    /// <summary>The chains, at the hooks <c>ingress</c> and <c>egress</c>.</summary>
    public static IEnumerable<FirewallChain> Of(Ruleset ruleset, HostNetwork network)
    {
        foreach (InterfaceProgram program in network.Programs)
        {
            string why = $"{program.Kind} at {program.Interface}, which may drop or change any packet";
            yield return Chain("netdev", program.Interface, program.Kind, program.Leaving, [program.Interface], why);
        }

        foreach (FirewallChain chain in ruleset.Chains.Where(static chain => chain.IsBase))
        {
            if (chain.Family is "bridge" or "arp")
            {
                string[] devices = chain.Family == "arp" || network.Interfaces.Count == 0
                    ? Everywhere
                    : [.. network.Links.Where(static link => link.IsBridge).Select(static link => link.Upper).Distinct()];
                if (devices.Length > 0 && MayStop(chain, ruleset))
                {
                    bool leaving = chain.Hook is "output" or "postrouting";
                    yield return Chain(
                        chain.Family, chain.Table, chain.Name, leaving, devices, chain.Undecided ?? $"{chain} is not modelled");
                }
            }
            else if (chain.Hook is not ("ingress" or "prerouting" or "input" or "forward" or "output" or "postrouting" or "egress"))
            {
                yield return Chain(
                    chain.Family, chain.Table, chain.Name, leaving: false, Everywhere, chain.Undecided ?? $"hook {chain.Hook}");
            }
            else if (chain.Hook is "ingress" or "egress" && Uppers(chain, network) is { Length: > 0 } uppers)
            {
                string why =
                    $"{chain} stands at {string.Join(", ", chain.Devices)}, which carries the packets of {string.Join(", ", uppers)}";
                yield return Chain(chain.Family, chain.Table, chain.Name, chain.Hook == "egress", uppers, why);
            }
        }
    }

    // A chain that accepts at its end stops and changes nothing, unless a rule of its table does, to which it may jump.
    private static bool MayStop(FirewallChain chain, Ruleset ruleset) =>
        (chain.Undecided is { } why && why != NftWords.Families.Trouble(chain.Family)) || chain.Policy == "drop"
        || ruleset.Chains.Where(other => (other.Family, other.Table) == (chain.Family, chain.Table))
            .SelectMany(static other => other.Rules).SelectMany(static rule => rule.Statements).Any(static step => step is not (
                Statement.Test or Statement.NoEffect or Statement.Fill
                or Statement.Verdict
                {
                    Kind: VerdictKind.Accept or VerdictKind.Return or VerdictKind.Continue or VerdictKind.Jump or VerdictKind.Goto,
                }));

    private static string[] Uppers(FirewallChain chain, HostNetwork network) =>
        [
            .. network.Links.Where(link => chain.Devices.Contains(link.Lower) && !chain.Devices.Contains(link.Upper))
                .Select(static link => link.Upper)
                .Distinct(),
        ];

    private static FirewallChain Chain(
        string family, string table, string name, bool leaving, IReadOnlyList<string> devices, string why) => new()
    {
        Family = family,
        Table = table,
        Name = name,
        Type = "filter",
        Hook = leaving ? "egress" : "ingress",
        Priority = int.MinValue,
        Devices = devices,
        Undecided = why,
    };
}
