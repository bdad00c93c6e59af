using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>A ruleset in the words of the tools that load it, with what probes need to meet its rules.</summary>
internal sealed record GeneratedRuleset
{
    /// <summary>For <c>nft -f</c>; empty for none.</summary>
    public string Nft { get; init; } = string.Empty;

    /// <summary>For <c>ipset restore</c>; empty for none.</summary>
    public string Ipset { get; init; } = string.Empty;

    /// <summary>For <c>iptables-restore</c>; empty for none.</summary>
    public string Iptables { get; init; } = string.Empty;

    /// <summary>For <c>ip6tables-restore</c>; empty for none.</summary>
    public string Ip6tables { get; init; } = string.Empty;

    /// <summary>Which iptables loads it: <c>legacy</c> or <c>nft</c>.</summary>
    public string Variant { get; init; } = "nft";

    /// <summary>The values it names.</summary>
    public required Atoms Atoms { get; init; }

    /// <summary>For some of its rules, packets that meet them.</summary>
    public IReadOnlyList<ProbeDraft> Drafts { get; init; } = [];

    public override string ToString() =>
        string.Join('\n', ((string[])[Nft, Ipset, Iptables, Ip6tables]).Where(static text => text.Length > 0));
}
