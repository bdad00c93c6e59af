using System.Net;
using System.Text.Json.Nodes;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
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
    public static EvaluatedRuleset Read(GeneratedRuleset loaded)
    {
        RulesetText text = new()
        {
            Nftables = WithoutObserver(Tool.Run("nft", string.Empty, "-j", "list", "ruleset")),
            Ipsets = loaded.Ipset.Length == 0 ? string.Empty : Tool.Run("ipset", string.Empty, "save"),
        };
        text = loaded switch
        {
            { Iptables.Length: 0, Ip6tables.Length: 0 } => text,
            { Variant: "nft" } => text with { Iptables = Tool.Run("iptables-nft-save", string.Empty, "-c"), Ip6tables = Tool.Run("ip6tables-nft-save", string.Empty, "-c") },
            _ => text with { LegacyIptables = Tool.Run("iptables-legacy-save", string.Empty, "-c"), LegacyIp6tables = Tool.Run("ip6tables-legacy-save", string.Empty, "-c") },
        };
        return new EvaluatedRuleset(new FirewallModel(text.Parse(), Network()));
    }

    public IPrediction Predict(Probe probe)
    {
        Packet packet = ToPacket(probe);
        return probe.InInterface is null
            ? new ModelPrediction(_model, probe, packet, [(KernelSandbox.Outcome.Sent, Decide(_model.Sent(), packet))])
            : new ModelPrediction(_model, probe, packet, [(KernelSandbox.Outcome.Delivered, Decide(_model.Delivered(), packet)), (KernelSandbox.Outcome.Sent, Decide(_model.Forwarded(), packet))]);
    }

    private Decision[] Decide(int function, Packet packet) => _model.Workspace.Algebra.Table.Outcomes(_model.Workspace.Diagram.Evaluate(function, packet));

    private static HostNetwork Network() => new()
    {
        Interfaces = ["lo", .. SandboxNetwork.Interfaces],
        Addresses = [.. SandboxNetwork.Addresses.Select(static entry => new InterfaceAddress(entry.Interface, entry.Address, entry.PrefixLength))],
        Routes =
        [
            .. SandboxNetwork.Addresses.Select(static entry => new NetworkRoute(SandboxNetwork.Network(entry.Address, entry.PrefixLength).BaseAddress, entry.PrefixLength, entry.Interface)),
            new NetworkRoute(IPAddress.Any, 0, SandboxNetwork.Outside),
            new NetworkRoute(IPAddress.IPv6Any, 0, SandboxNetwork.Outside),
        ],
    };

    private Packet ToPacket(Probe probe)
    {
        bool tracked = probe.State is TrackedState.Established or TrackedState.Related;
        return new Packet
        {
            [PacketField.Family] = (UInt128)(probe.IsIpv4 ? PacketValues.Ipv4 : PacketValues.Ipv6),
            [PacketField.InInterface] = (UInt128)(probe.InInterface is null ? InterfaceAtoms.None : _model.Workspace.Atoms.Of(probe.InInterface)),
            // A program's packet has its route, and so its way out, before the first chain of output sees it.
            [PacketField.OutInterface] = (UInt128)(probe.InInterface is null ? _model.Workspace.Atoms.Of(SandboxNetwork.RouteTo(probe.Destination)) : InterfaceAtoms.None),
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
            [PacketField.Mark] = probe.Mark,
            [PacketField.SourcePort] = probe.HasPorts ? probe.SourcePort : 0u,
            [PacketField.DestinationPort] = probe.HasPorts ? probe.DestinationPort : 0u,
            [probe.IsIpv4 ? PacketField.Source4 : PacketField.Source6] = AddressText.ToNumber(probe.Source),
            [probe.IsIpv4 ? PacketField.Destination4 : PacketField.Destination6] = AddressText.ToNumber(probe.Destination),
        };
    }

    private static string WithoutObserver(string listing)
    {
        JsonNode root = JsonNode.Parse(listing)!;
        JsonArray items = root["nftables"]!.AsArray();
        for (int index = items.Count - 1; index >= 0; index--)
        {
            JsonObject item = items[index]!.AsObject();
            if (item.Any(static pair => pair.Value is JsonObject value && ((string?)value["table"] == ObserverRuleset.Table || (pair.Key == "table" && (string?)value["name"] == ObserverRuleset.Table))))
            {
                items.RemoveAt(index);
            }
        }

        return root.ToJsonString();
    }
}
