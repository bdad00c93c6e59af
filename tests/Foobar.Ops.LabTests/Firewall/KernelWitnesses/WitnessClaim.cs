using Foobar.Ops.Findings;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>What a finding says of one packet.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="Probe">The packet.</param>
/// <param name="Said">What becomes of it, one of these.</param>
/// <param name="Rules">The rules that it is said to meet, in order.</param>
internal sealed record WitnessClaim(Finding Finding, Probe Probe, IReadOnlyList<Outcome> Said, IReadOnlyList<NamedRule> Rules)
{
    /// <summary>How what the kernel did is something else; <see langword="null"/> if it is what the finding says.</summary>
    public string? Fault(Observation seen, IReadOnlyList<string> met) =>
        Said.Contains(seen.Outcome) ? Missed(met) : $"said {string.Join(" or ", Said)}, was {seen.Outcome}";

    // Traced rules are told in order; those of legacy iptables are only counted.
    private string? Missed(IReadOnlyList<string> met)
    {
        int from = 0;
        foreach (NamedRule rule in Rules)
        {
            int at = rule.Handle is null
                ? met.Contains(rule.Met) ? from : -1
                : Enumerable.Range(from, met.Count - from).FirstOrDefault(index => met[index] == rule.Met, -1);
            if (at < 0)
            {
                return $"did not meet {rule.Met}";
            }

            from = rule.Handle is null ? from : at + 1;
        }

        return null;
    }
}
