using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Outcome = Foobar.Ops.LabTests.Firewall.KernelSandbox.Outcome;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>
/// Holds what a comparison says of two rulesets against the kernel: the packet that shows a difference gets through one of them, and not
/// through the other.
/// </summary>
internal sealed class ComparisonReplay(Sandbox box)
{
    /// <summary>Compares two rulesets and sends the packet of each difference through both.</summary>
    /// <param name="control">What to count them as.</param>
    /// <param name="name">What to call them in failures.</param>
    /// <param name="before">The first.</param>
    /// <param name="after">The second.</param>
    public ReplayReport Run(string control, string name, GeneratedRuleset before, GeneratedRuleset after)
    {
        ReplayReport report = new();
        (Ruleset old, Ruleset now) = (Read(before), Read(after));
        foreach (HookDifference difference in RulesetComparison.Compare(old, now, LoadedRuleset.Network))
        {
            (Probe? probe, string? obstacle) = WitnessPacket.Read(
                difference.Witness, 1, hops: difference.Hook is "forward" or "postrouting" ? 1 : 0);
            bool decided = difference.Opened.Count + difference.Closed.Count > 0;
            if (probe is null || !decided)
            {
                report.CountObstacle(control, decided ? obstacle! : "undecided by one of them");
                continue;
            }

            (bool Passes, string Text) first = Send(before, probe);
            (bool Passes, string Text) second = Send(after, probe);
            bool opens = difference.Opened.Count > 0;
            bool asSaid = first.Passes == !opens && second.Passes == opens;
            if (!asSaid && IsHidden(before, probe) && IsHidden(after, probe))
            {
                report.CountObstacle(control, "other hooks hide the difference");
                continue;
            }

            report.Count(control, asSaid ? null
                : $"{name}: {control} {difference.Hook} {(opens ? "opened" : "closed")}: {difference.Witness}\n  sent {probe}\n  kernel "
                    + $"{first.Text}, then {second.Text}\n{before}\n-- then\n{after}");
        }

        return report;
    }

    private Ruleset Read(GeneratedRuleset ruleset)
    {
        Load(ruleset);
        return LoadedRuleset.Text(ruleset).Parse();
    }

    private (bool Passes, string Text) Send(GeneratedRuleset ruleset, Probe probe)
    {
        Load(ruleset);
        Observation seen = box.Observe(probe);
        return (seen.Outcome is Outcome.Delivered or Outcome.Sent, seen.ToString());
    }

    private void Load(GeneratedRuleset ruleset)
    {
        box.Reset([]);
        if (box.Load(ruleset) is { } error)
        {
            throw new InvalidOperationException($"{error}\n{ruleset}");
        }
    }

    // A difference at one hook shows at the end only if what stands before and after lets the packet pass unchanged: what the
    // whole way does is then what the model says of the whole way.
    private bool IsHidden(GeneratedRuleset ruleset, Probe probe)
    {
        Load(ruleset);
        IPrediction prediction = EvaluatedRuleset.Read(ruleset).Predict(probe);
        return prediction.IsUnknown || prediction.LeavesView || prediction.Agrees(box.Observe(probe), anyPort: false);
    }
}
