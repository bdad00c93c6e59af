using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Decision = Foobar.Ops.Firewall.Evaluation.Outcome;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>The module's own model of what stands loaded in the namespace of the calling thread.</summary>
internal sealed class EvaluatedRuleset : IVerdictModel
{
    private readonly FirewallModel _model;

    private EvaluatedRuleset(FirewallModel model) => _model = model;

    /// <summary>Reads what is loaded, as the module does on a server, and makes its model; the observer's own rules are left out.</summary>
    public static EvaluatedRuleset Read(GeneratedRuleset loaded) =>
        new(new FirewallModel(LoadedRuleset.Text(loaded).Parse(), LoadedRuleset.Network));

    public IPrediction Predict(Probe probe)
    {
        Packet packet = ToPacket(probe);
        return probe.InInterface is null
            ? new ModelPrediction(_model, probe, packet, [(KernelSandbox.Outcome.Sent, Decide(_model.Sent(), packet))])
            : new ModelPrediction(
                _model, probe, packet,
                [
                    (KernelSandbox.Outcome.Delivered, Decide(_model.Delivered(), packet)),
                    (KernelSandbox.Outcome.Sent, Decide(_model.Forwarded(), packet)),
                ]);
    }

    private Decision[] Decide(int function, Packet packet) =>
        _model.Workspace.Algebra.Table.Outcomes(_model.Workspace.Diagram.Evaluate(function, packet));

    private Packet ToPacket(Probe probe)
    {
        bool tracked = probe.State is TrackedState.Established or TrackedState.Related;
        return new Packet
        {
            [PacketField.Family] = (UInt128)(probe.IsIpv4 ? PacketValues.Ipv4 : PacketValues.Ipv6),
            [PacketField.InInterface] = (UInt128)(probe.InInterface is null
                ? InterfaceAtoms.None
                : _model.Workspace.Atoms.Of(probe.InInterface)),
            // A program's packet has its route, and so its way out, before the first chain of output sees it.
            [PacketField.OutInterface] = (UInt128)(probe.InInterface is null
                ? _model.Workspace.Atoms.Of(SandboxNetwork.RouteTo(probe.Destination))
                : InterfaceAtoms.None),
            [PacketField.State] = (UInt128)(int)probe.State,
            // Seen-reply, assured (TCP after its handshake) and confirmed.
            [PacketField.Status] = tracked ? (probe.Protocol == Probe.Tcp ? 14u : 10u) : 0u,
            [PacketField.Direction] = probe.IsReply ? 1u : 0u,
            [PacketField.Protocol] = probe.Protocol,
            [PacketField.TcpFlags] = probe.TcpFlags,
            [PacketField.IcmpType] = probe.IcmpType,
            [PacketField.IcmpCode] = probe.IcmpCode,
            [PacketField.HopLimit] = probe.HopLimit,
            [PacketField.TrafficClass] = probe.TrafficClass,
            [PacketField.Length] = (UInt128)PacketWriter.Write(probe).Length,
            [PacketField.ExtensionHeader] = probe.Extension is { } header ? header + 1u : 0u,
            [PacketField.Mark] = probe.Mark,
            [PacketField.SourcePort] = probe.HasPorts ? probe.SourcePort : 0u,
            [PacketField.DestinationPort] = probe.HasPorts ? probe.DestinationPort : 0u,
            [probe.IsIpv4 ? PacketField.Source4 : PacketField.Source6] = AddressText.ToNumber(probe.Source),
            [probe.IsIpv4 ? PacketField.Destination4 : PacketField.Destination6] = AddressText.ToNumber(probe.Destination),
        };
    }
}
