using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>Rulesets that differ from another a little.</summary>
internal static class Altered
{
    /// <summary>A ruleset that differs from another in one place: the policy of a chain, or a rule that is gone.</summary>
    public static GeneratedRuleset Differing(GeneratedRuleset ruleset, int seed) =>
        seed % 3 == 0 ? OneRuleLess(ruleset, seed) : OtherPolicy(ruleset, seed);

    private static GeneratedRuleset OtherPolicy(GeneratedRuleset ruleset, int seed)
    {
        string[] lines = ruleset.Nft.Split('\n');
        int[] chains =
        [
            .. Enumerable.Range(0, lines.Length).Where(index => lines[index].StartsWith("    type filter hook", StringComparison.Ordinal)),
        ];
        if (chains.Length == 0)
        {
            return OneRuleLess(ruleset, seed);
        }

        int chain = chains[seed % chains.Length];
        bool drops = lines[chain].Contains("policy drop", StringComparison.Ordinal);
        lines[chain] = lines[chain].Replace(
            drops ? "policy drop" : "policy accept", drops ? "policy accept" : "policy drop", StringComparison.Ordinal);
        return ruleset with { Nft = string.Join('\n', lines) };
    }


    private static GeneratedRuleset OneRuleLess(GeneratedRuleset ruleset, int seed)
    {
        string[] lines = ruleset.Nft.Split('\n');
        int[] rules =
        [
            .. Enumerable.Range(0, lines.Length)
                .Where(
                    index =>
                        IsIn(lines, index)
                            && lines[index].StartsWith("    ", StringComparison.Ordinal)
                            && !lines[index].StartsWith("    type", StringComparison.Ordinal)),
        ];
        int left = rules[seed % rules.Length];
        return ruleset with { Nft = string.Join('\n', lines.Where((_, index) => index != left)) };
    }

    private static bool IsIn(string[] lines, int index) =>
        lines[..index].LastOrDefault(static line => line.EndsWith('{'), string.Empty).StartsWith("  chain ", StringComparison.Ordinal);
}
