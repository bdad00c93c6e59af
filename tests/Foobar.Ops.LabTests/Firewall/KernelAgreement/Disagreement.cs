using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>A probe of which model and kernel say different things.</summary>
internal sealed record Disagreement(string Name, GeneratedRuleset Ruleset, Probe Probe, Observation Kernel, IPrediction Model)
{
    public override string ToString() => $"{Name}\n  packet {Probe}\n  kernel {Kernel}\n  model  {Model}\n{Ruleset}";
}
