using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>
/// Judges rulesets with the module's own controls and sends the packet of each finding, to see that the kernel does what the finding says
/// by the rules it names.
/// </summary>
internal sealed class WitnessReplay
{
    private const string Passes = " passes: ";
    private const string Forwarded = " is forwarded: ";
    private const string Dropped = " is dropped: ";
    private const string Elsewhere = " is led elsewhere: ";
    private readonly Sandbox _box;
    private readonly IdleReplay _idle;

    public WitnessReplay(Sandbox box)
    {
        _box = box;
        _idle = new IdleReplay(box, Report);
        box.StartTracing();
    }

    /// <summary>What was seen so far.</summary>
    public ReplayReport Report { get; } = new();

    /// <summary>Replays the findings about a ruleset.</summary>
    /// <param name="name">What to call it in failures.</param>
    /// <param name="ruleset">The ruleset.</param>
    /// <param name="isNetworkFirewall">What the server is declared to be.</param>
    /// <param name="nextBoot">What the next boot would load; the same if not given.</param>
    public void Run(string name, GeneratedRuleset ruleset, bool isNetworkFirewall, GeneratedRuleset? nextBoot = null)
    {
        RulesetText? saved = nextBoot is null ? null : Load(name, nextBoot, []);
        RulesetText text = Load(name, ruleset, []);
        Finding[] findings =
        [
            .. WitnessSite.Judge(WitnessSite.Facts(text, saved), isNetworkFirewall)
                .Where(static finding => finding.Status is FindingStatus.Fail or FindingStatus.Warning)
                .Where(IsOfFirstPacket),
        ];
        Replay(name, ruleset, [.. findings.Select(Claim).OfType<WitnessClaim>()]);
        _idle.Run(name, ruleset, text, [.. findings.Where(static finding => finding.ControlId is "FW-006" or "FW-007")]);
        if (nextBoot is not null && findings.Any(static finding => finding.ControlId == "FW-008"))
        {
            Report.Add(new ComparisonReplay(_box).Run("FW-008", name, ruleset, nextBoot));
        }
    }

    // What a connection's later packets meet, and what a limit lets through, no single packet shows.
    private static bool IsOfFirstPacket(Finding finding) =>
        finding.ControlId != "FW-002"
            || (finding.Status == FindingStatus.Fail && finding.Target!.StartsWith("flow ", StringComparison.Ordinal));

    private RulesetText Load(string name, GeneratedRuleset ruleset, IEnumerable<Probe> probes)
    {
        _box.Reset(probes);
        return _box.Load(ruleset) is { } error
            ? throw new InvalidOperationException($"{name} was refused: {error}\n{ruleset}")
            : LoadedRuleset.Text(ruleset);
    }

    private WitnessClaim? Claim(Finding finding, int index)
    {
        if (finding.ControlId is "FW-006" or "FW-007" or "FW-008")
        {
            return null;
        }

        string evidence = finding.Evidence ?? string.Empty;
        if (evidence.Contains(" is dropped at times: ", StringComparison.Ordinal))
        {
            Count(finding, "a limit");
            return null;
        }

        (Probe? probe, string? obstacle) = WitnessPacket.Read(evidence, (ushort)(index + 1));
        if (probe is null)
        {
            Count(finding, obstacle);
            return null;
        }

        Outcome throughHere = SandboxNetwork.IsLocal(probe.Destination) && finding.ControlId != "FW-012" ? Outcome.Delivered : Outcome.Sent;
        Outcome[] said = Has(Dropped) ? [Outcome.Dropped, Outcome.Rejected]
            : Has(Elsewhere) ? [.. Enum.GetValues<Outcome>().Where(outcome => outcome != throughHere)]
            : Has(Forwarded) ? [Outcome.Sent]
            : Has(Passes) ? [throughHere]
            : throw new InvalidOperationException($"It is not understood what {finding.ControlId} says: {evidence}");
        return new WitnessClaim(finding, probe, said, NamedRule.In(evidence));

        bool Has(string words) => evidence.Contains(words, StringComparison.Ordinal);
    }

    private void Count(Finding finding, string? obstacle)
    {
        if (obstacle is null)
        {
            Report.CountWithoutPacket(finding.ControlId);
        }
        else
        {
            Report.CountObstacle(finding.ControlId, obstacle);
        }
    }

    // Those that belong to connections first: they end when all connections are forgotten, so that each of the others is a
    // first packet again.
    private void Replay(string name, GeneratedRuleset ruleset, WitnessClaim[] claims)
    {
        Load(name, ruleset, claims.Select(static claim => claim.Probe).Where(static probe => probe.Prelude.Count > 0));
        LegacyCounters? counters = ruleset is { Variant: "legacy", Iptables.Length: > 0 } ? new LegacyCounters() : null;
        foreach (WitnessClaim claim in claims.OrderByDescending(static claim => claim.Probe.Prelude.Count))
        {
            if (claim.Probe.Prelude.Count == 0)
            {
                _box.ForgetConnections();
            }

            _ = _box.RulesMet();
            Observation seen = _box.Observe(claim.Probe);
            IReadOnlyList<string> met = [.. _box.RulesMet(), .. counters?.RulesMet() ?? []];
            Report.Count(
                claim.Finding.ControlId,
                claim.Fault(seen, met) is { } fault
                    ? $"{name}: {claim.Finding.ControlId} {claim.Finding.Target}: {fault}\n  {claim.Finding.Evidence}\n  sent "
                        + $"{claim.Probe}\n  kernel {seen} by {string.Join(", ", met)}\n{ruleset}"
                    : null);
        }
    }
}
