using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>Makes the ruleset of a disagreement as short as it goes, so that one sees what it is about.</summary>
internal static class Shrinker
{
    /// <summary>Leaves out lines while the disagreement stays.</summary>
    /// <param name="found">The disagreement.</param>
    /// <param name="check">Gives the disagreement over another ruleset, or <see langword="null"/> if there is none.</param>
    public static Disagreement Shrink(Disagreement found, Func<GeneratedRuleset, Disagreement?> check)
    {
        Disagreement smallest = found;
        smallest = Lines(smallest, check, static ruleset => ruleset.Nft, static (ruleset, text) => ruleset with { Nft = text });
        smallest = Lines(smallest, check, static ruleset => ruleset.Iptables, static (ruleset, text) => ruleset with { Iptables = text });
        smallest = Lines(smallest, check, static ruleset => ruleset.Ip6tables, static (ruleset, text) => ruleset with { Ip6tables = text });
        return Lines(smallest, check, static ruleset => ruleset.Ipset, static (ruleset, text) => ruleset with { Ipset = text });
    }

    private static Disagreement Lines(
        Disagreement found,
        Func<GeneratedRuleset, Disagreement?> check,
        Func<GeneratedRuleset, string> get,
        Func<GeneratedRuleset, string, GeneratedRuleset> set)
    {
        Disagreement smallest = found;
        for (int size = 8; size > 0; size /= 2)
        {
            string[] lines = get(smallest.Ruleset).Split('\n');
            for (int index = 0; index < lines.Length;)
            {
                int end = Math.Min(lines.Length, index + size);
                string[] fewer = [.. lines[..index], .. lines[end..]];
                bool structural = !lines[index..end].All(IsRule);
                if (!structural && check(set(smallest.Ruleset, string.Join('\n', fewer))) is { } still)
                {
                    (smallest, lines) = (still, fewer);
                }
                else
                {
                    index++;
                }
            }
        }

        return smallest;
    }

    private static bool IsRule(string line) =>
        line.StartsWith("-A ", StringComparison.Ordinal) || line.StartsWith("add ", StringComparison.Ordinal)
            || (line.StartsWith("    ", StringComparison.Ordinal) && !line.StartsWith("    type", StringComparison.Ordinal));
}
