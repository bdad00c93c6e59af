using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Decision = Foobar.Ops.Firewall.Evaluation.Outcome;
using Outcome = Foobar.Ops.LabTests.Firewall.KernelSandbox.Outcome;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What the module's model says of a probe: for each way it can go, what may become of it there.</summary>
internal sealed class ModelPrediction(
    FirewallModel model, Probe probe, Packet before, IReadOnlyList<(Outcome Passed, Decision[] Decisions)> ways) : IPrediction
{
    private readonly (Outcome Passed, Decision Decision)[] _all =
    [
        .. ways.SelectMany(static way => way.Decisions.Select(decision => (way.Passed, decision))),
    ];

    // What passes within a rate limit and not beyond it is known to do either.
    public bool IsUnknown => _all.Select(entry => FirewallModel.Passes(entry.Decision)).Distinct().Count() > 1
        && !FirewallModel.SurelyPass([.. _all.Select(static entry => entry.Decision)]);

    public bool LeavesView => probe.InInterface is null && _all.Any(entry => FirewallModel.Passes(entry.Decision)
        && model.Workspace.Algebra.Table.TransformOf(entry.Decision.Transform).Apply(
            before)[PacketField.OutInterface] == (UInt128)model.Workspace.Atoms.Of("lo"));

    public bool Agrees(Observation seen, bool anyPort) => seen.Packet is { } packet
        ? _all.Any(
            entry =>
                entry.Passed == seen.Outcome
                    && FirewallModel.Passes(entry.Decision)
                    && IsAfter(entry.Decision, packet, seen.OutInterface, anyPort))
        : _all.Any(
            entry =>
                !FirewallModel.Passes(entry.Decision)
                    && (Rejects(entry.Decision) == (seen.Outcome == Outcome.Rejected) || !probe.MayBeAnswered));

    public override string ToString() => _all.Length == 0 ? "nothing at all" : string.Join(" or ", _all.Select(Describe).Distinct());

    // A reset answers TCP only; whether an ICMP error can be sent does not depend on the rule.
    private bool Rejects(Decision decision) =>
        model.Workspace.Algebra.Table.Decider(decision.Decider) is FirewallRule rule
            && rule.Verdict.StartsWith("reject", StringComparison.Ordinal);

    private bool IsAfter(Decision decision, SeenPacket packet, string? outInterface, bool anyPort)
    {
        Transform transform = model.Workspace.Algebra.Table.TransformOf(decision.Transform);
        Packet after = transform.Apply(before);
        bool Has(PacketField field, UInt128 value)
        {
            (PacketField Field, UInt128 Low, UInt128 High)[] choices = [.. transform.Choices.Where(choice => choice.Field == field)];
            return choices.Length > 0 ? choices.Any(choice => choice.Low <= value && value <= choice.High) : after[field] == value;
        }

        return Has(probe.IsIpv4 ? PacketField.Source4 : PacketField.Source6, AddressText.ToNumber(packet.Source))
            && Has(probe.IsIpv4 ? PacketField.Destination4 : PacketField.Destination6, AddressText.ToNumber(packet.Destination))
            && (!probe.HasPorts
                || (Has(PacketField.DestinationPort, packet.DestinationPort)
                    && (anyPort || Has(PacketField.SourcePort, packet.SourcePort))))
            && (outInterface is null || Has(PacketField.OutInterface, (UInt128)model.Workspace.Atoms.Of(outInterface)));
    }

    private string Describe((Outcome Passed, Decision Decision) entry)
    {
        object? decider = model.Workspace.Algebra.Table.Decider(entry.Decision.Decider);
        if (!FirewallModel.Passes(entry.Decision))
        {
            return $"{(Rejects(entry.Decision) ? "Rejected" : "Dropped")} by {decider}";
        }

        Packet after = model.Workspace.Algebra.Table.TransformOf(entry.Decision.Transform).Apply(before);
        PacketField source = probe.IsIpv4 ? PacketField.Source4 : PacketField.Source6;
        PacketField destination = probe.IsIpv4 ? PacketField.Destination4 : PacketField.Destination6;
        return $"{entry.Passed} {model.Workspace.Atoms.Label((int)after[PacketField.OutInterface])} "
            + $"{AddressText.ToAddress(after[source], probe.IsIpv4 ? PacketValues.Ipv4 : PacketValues.Ipv6)} "
            + $"{after[PacketField.SourcePort]} -> "
            + $"{AddressText.ToAddress(after[destination], probe.IsIpv4 ? PacketValues.Ipv4 : PacketValues.Ipv6)} "
            + $"{after[PacketField.DestinationPort]}";
    }
}
