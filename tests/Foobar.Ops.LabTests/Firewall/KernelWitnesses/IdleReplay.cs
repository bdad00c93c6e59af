using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>
/// Holds findings about idle rules against the kernel: a shadowed or dead rule meets no packet, those included that it names
/// itself; without a redundant one all packets fare as with it.
/// </summary>
internal sealed partial class IdleReplay(Sandbox box, ReplayReport report)
{
    private const int ProbesPerRuleset = 32;
    private const int MostRedundant = 4;

    /// <summary>Replays the findings of FW-006 and FW-007 about a ruleset.</summary>
    public void Run(string name, GeneratedRuleset ruleset, RulesetText text, IReadOnlyList<Finding> findings)
    {
        (Finding Finding, NamedRule Rule)[] idle =
        [
            .. findings.Select(static finding => (finding, NamedRule.In(finding.Evidence!)[0])),
        ];
        if (idle.Length == 0)
        {
            return;
        }

        Probe[] probes = [.. Random(ruleset), .. Aimed(text, idle)];
        (Observation[] seen, HashSet<string> met) = Send(ruleset, probes, null);
        foreach ((Finding finding, NamedRule rule) in idle.Where(static one => one.Finding.Status == FindingStatus.Fail))
        {
            string? fault = !met.Contains(rule.Met) ? null : OneFamily().IsMatch(finding.Evidence!) ? Changed(rule) : "met a packet";
            report.Count(
                finding.ControlId,
                fault is null ? null : $"{name}: {finding.ControlId} {finding.Target}: {fault}\n  {finding.Actual}\n{ruleset}");
        }

        foreach ((Finding finding, NamedRule rule) in idle.Where(static one => one.Finding.Status == FindingStatus.Warning).Take(
            MostRedundant))
        {
            report.Count(
                finding.ControlId,
                Changed(rule) is { } fault
                    ? $"{name}: {finding.ControlId} {finding.Target}: {fault}\n  {finding.Actual}\n{ruleset}"
                    : null);
        }

        string? Changed(NamedRule rule)
        {
            Observation[] without = Send(ruleset, probes, rule).Seen;
            int changed = Enumerable.Range(0, probes.Length).FirstOrDefault(index => Fate(seen[index]) != Fate(without[index]), -1);
            return changed < 0 ? null : $"{probes[changed]} was {seen[changed]}, and without the rule {without[changed]}";
        }
    }

    // A port that masquerading chose is chosen anew each time.
    private static string Fate(Observation seen) =>
        $"{seen.Outcome} {seen.OutInterface} {seen.Packet?.Source} {seen.Packet?.Destination} {seen.Packet?.DestinationPort}";

    private static IEnumerable<Probe> Random(GeneratedRuleset ruleset)
    {
        Random random = new(ruleset.Nft.Length + ruleset.Iptables.Length);
        ProbeMaker maker = new(random, ruleset.Atoms);
        return Enumerable.Range(1, ProbesPerRuleset)
            .Select(
                id => maker.Make(
                    (ushort)id, ruleset.Drafts.Count > 0 && random.Next(3) > 0 ? ruleset.Drafts[random.Next(ruleset.Drafts.Count)] : null))
            .DistinctBy(static probe => probe.Connection);
    }

    // Packets that a rule itself names, for this server and for others, of both IP versions.
    private static IEnumerable<Probe> Aimed(RulesetText text, IEnumerable<(Finding Finding, NamedRule Rule)> idle)
    {
        FirewallModel model = new(text.Parse(), KernelAgreement.LoadedRuleset.Network, namesRules: false);
        Diagram diagram = model.Workspace.Diagram;
        SpaceText words = new(diagram, model.Workspace.Atoms, arriving: true);
        HookPackets packets = new(model);
        ushort id = 1000;
        foreach ((Finding finding, _) in idle)
        {
            bool IsMeant(FirewallRule rule) => finding.Evidence!.StartsWith($"{rule}: ", StringComparison.Ordinal);
            FirewallChain chain = model.Ruleset.Chains.First(chain => chain.Rules.Any(IsMeant));
            int matched = model.Chains.Rules.Matches(chain.Rules.First(IsMeant), chain).May;
            foreach (PacketField field in (PacketField[])
            [
                PacketField.ConnectionMark, PacketField.Mark, PacketField.Status, PacketField.OutInterface,
            ])
            {
                matched = diagram.Forget(matched, field);
            }

            foreach (string hook in (string[])["input", "prerouting"])
            {
                int space = diagram.And(matched, packets.Possible(hook));
                foreach (int family in (int[])[PacketValues.Ipv4, PacketValues.Ipv6])
                {
                    int part = diagram.And(space, diagram.FieldIs(PacketField.Family, (UInt128)family));
                    Packet wish = packets.Wish(hook);
                    wish[PacketField.SourcePort] = id;
                    if (part != Diagram.False && WitnessPacket.Read(words.Text(diagram.Witness(part, wish)), ++id).Probe is { } probe)
                    {
                        yield return probe;
                    }
                }
            }
        }
    }

    private (Observation[] Seen, HashSet<string> Met) Send(GeneratedRuleset ruleset, Probe[] probes, NamedRule? without)
    {
        box.Reset(probes);
        if (box.Load(ruleset) is { } error)
        {
            throw new InvalidOperationException($"{error}\n{ruleset}");
        }

        if (without is not null)
        {
            Delete(without);
        }

        _ = box.RulesMet();
        LegacyCounters? counters = ruleset is { Variant: "legacy", Iptables.Length: > 0 } ? new LegacyCounters() : null;
        Observation[] seen = new Observation[probes.Length];
        foreach (int index in Enumerable.Range(0, probes.Length).OrderByDescending(index => probes[index].Prelude.Count))
        {
            if (probes[index].Prelude.Count == 0)
            {
                box.ForgetConnections();
            }

            seen[index] = box.Observe(probes[index]);
        }

        return (seen, [.. box.RulesMet(), .. counters?.RulesMet() ?? []]);
    }

    // In a table of both families a translation of one meets the other's packets, and does nothing with them (nft_nat_inet_eval).
    [GeneratedRegex("^inet [^;]*: [^;]*(?:dnat|snat) ")]
    private static partial Regex OneFamily();

    private static void Delete(NamedRule rule)
    {
        if (rule.Handle is { } handle)
        {
            Tool.Run("nft", string.Empty, "delete", "rule", rule.Family, rule.Table, rule.Chain, "handle", handle);
        }
        else
        {
            Tool.Run(
                rule.Family == "ip" ? "iptables-legacy" : "ip6tables-legacy",
                string.Empty, "-t", rule.Table, "-D", rule.Chain, rule.Position);
        }
    }
}
