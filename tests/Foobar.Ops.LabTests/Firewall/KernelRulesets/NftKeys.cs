using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Something of a packet that nftables can look at.</summary>
/// <param name="Expression">How a rule names it.</param>
/// <param name="SetType">The type of sets of it; <see langword="null"/> if sets are of no use.</param>
/// <param name="Make">Makes a value, single if told so.</param>
/// <param name="Meet">Lets a probe have a value of it.</param>
internal sealed record NftKey(string Expression, string? SetType, Func<bool, Span> Make, Action<ProbeDraft, UInt128> Meet)
{
    /// <summary>Whether values can be ranges.</summary>
    public bool HasRanges { get; init; }

    /// <summary>Whether a rule may test it for not being something.</summary>
    public bool CanNegate { get; init; } = true;
}

/// <summary>What a rule is restricted to, so that its parts fit together.</summary>
/// <param name="Version">4 or 6, or 0 for both.</param>
/// <param name="Transport"><c>tcp</c>, <c>udp</c>, <c>th</c> (both), <c>icmp</c>, or empty.</param>
/// <param name="Hook">The hook of the chain, or empty for a chain that several hooks use.</param>
internal sealed record RuleScope(int Version, string Transport, string Hook);

/// <summary>The keys of nftables' expressions.</summary>
internal static class NftKeys
{
    private static readonly (string, int)[] Protocols =
    [
        ("tcp", Probe.Tcp), ("udp", Probe.Udp), ("icmp", Probe.Icmp), ("icmpv6", Probe.IcmpV6), ("esp", Probe.Esp),
    ];
    private static readonly (string, int)[] IcmpTypes =
    [
        ("echo-request", 8), ("echo-reply", 0), ("destination-unreachable", 3), ("timestamp-request", 13),
    ];
    private static readonly (string, int)[] IcmpV6Types =
    [
        ("echo-request", 128), ("echo-reply", 129), ("destination-unreachable", 1), ("nd-neighbor-solicit", 135), ("nd-router-advert", 134),
    ];
    private static readonly (string, int)[] States = [("new", 0), ("established", 1), ("related", 2), ("invalid", 3), ("untracked", 4)];
    private static readonly (string, int)[] Versions = [("ipv4", 4), ("ipv6", 6)];

    /// <summary>The keys that fit a scope.</summary>
    public static IEnumerable<NftKey> For(RuleScope scope, ValueMaker values) =>
        Always(scope, values).Concat(Addresses(scope, values)).Concat(Transports(scope, values));

    private static IEnumerable<NftKey> Always(RuleScope scope, ValueMaker values)
    {
        if (scope.Hook is not ("output" or "postrouting"))
        {
            yield return new(
                "iifname", "ifname", _ => values.Word(Interfaces("eth*")), (draft, value) => draft.InInterface = Interface(value));
            yield return new("iif", null, _ => values.Word(Interfaces("lo")), (draft, value) => draft.InInterface = Interface(value));
        }

        if (scope.Hook is "forward" or "output" or "postrouting")
        {
            yield return new("oif", null, _ => values.Word(Interfaces("lo")), (draft, value) => draft.OutInterface = Interface(value));
            yield return new(
                "oifname", "ifname", _ => values.Word(Interfaces("eth*")), (draft, value) => draft.OutInterface = Interface(value));
        }

        yield return new("meta mark", "mark", _ => values.Mark(), (draft, value) => draft.Mark = (uint)value);
        yield return new("ct mark", "mark", _ => values.Mark(), static (_, _) => { });
        yield return new("ct state", null, _ => values.Word(States), static (draft, value) => draft.State = (TrackedState)(int)value);
        yield return new("ct direction", null, _ => values.Word([("original", 0), ("reply", 1)]), static (_, _) => { });
        yield return new("meta length", null, _ => values.Length(), static (_, _) => { }) { HasRanges = true };
        yield return new(
            "meta pkttype", null,
            _ => values.Word([("unicast", 0), ("host", 0), ("broadcast", 1), ("multicast", 2)]),
            static (_, _) => { });
        if (scope.Transport.Length == 0)
        {
            yield return new(
                "meta l4proto", "inet_proto", _ => values.Word(Protocols), static (draft, value) => draft.Protocol = (byte)value);
        }

        if (scope.Version == 0)
        {
            yield return new(
                "meta protocol", null, _ => values.Word([("ip", 4), ("ip6", 6)]), static (draft, value) => draft.IsIpv4 = value == 4);
            yield return new("meta nfproto", null, _ => values.Word(Versions), static (draft, value) => draft.IsIpv4 = value == 4);
        }
    }

    private static IEnumerable<NftKey> Addresses(RuleScope scope, ValueMaker values)
    {
        if (scope.Version == 0)
        {
            yield break;
        }

        bool version4 = scope.Version == 4;
        string type = version4 ? "ipv4_addr" : "ipv6_addr";
        string prefix = version4 ? "ip" : "ip6";
        for (int weight = 0; weight < 2; weight++)
        {
            yield return new(
                $"{prefix} saddr", type, single => values.Address(version4, single),
                (draft, value) => draft.Source = ValueMaker.ToAddress(value, version4)) { HasRanges = true };
            yield return new(
                $"{prefix} daddr", type, single => values.Address(version4, single),
                (draft, value) => draft.Destination = ValueMaker.ToAddress(value, version4)) { HasRanges = true };
        }

        yield return new(
            version4 ? "ip ttl" : "ip6 hoplimit", null, _ => values.HopLimit(),
            static (draft, value) => draft.HopLimit = (byte)value) { HasRanges = true };
        yield return new($"{prefix} dscp", null, _ => values.Dscp(), static (draft, value) => draft.TrafficClass = (byte)((int)value << 2));
        if (!version4 && scope.Transport.Length == 0)
        {
            yield return new(
                "ip6 nexthdr", "inet_proto", _ => values.Word(Protocols), static (draft, value) => draft.Protocol = (byte)value);
        }

        if (version4 && scope.Transport.Length == 0)
        {
            yield return new(
                "ip protocol", "inet_proto", _ => values.Word(Protocols), static (draft, value) => draft.Protocol = (byte)value);
        }
    }

    private static IEnumerable<NftKey> Transports(RuleScope scope, ValueMaker values)
    {
        byte protocol = scope.Transport == "udp" ? Probe.Udp : Probe.Tcp;
        switch (scope.Transport)
        {
            case "tcp" or "udp" or "th":
                for (int weight = 0; weight < 4; weight++)
                {
                    yield return new(
                        $"{scope.Transport} dport", "inet_service", single => values.Port(single),
                        (draft, value) => (draft.Protocol, draft.DestinationPort) = (protocol, (ushort)value)) { HasRanges = true };
                }

                yield return new(
                    $"{scope.Transport} sport", "inet_service", single => values.Port(single),
                    (draft, value) => (draft.Protocol, draft.SourcePort) = (protocol, (ushort)value)) { HasRanges = true };
                break;
            case "icmp" when scope.Version == 4:
                yield return new(
                    "icmp type", "icmp_type", _ => values.Word(IcmpTypes),
                    static (draft, value) => (draft.IsIpv4, draft.Protocol, draft.IcmpType) = (true, Probe.Icmp, (byte)value));
                break;
            case "icmp" when scope.Version == 6:
                yield return new(
                    "icmpv6 type", "icmpv6_type", _ => values.Word(IcmpV6Types),
                    static (draft, value) => (draft.IsIpv4, draft.Protocol, draft.IcmpType) = (false, Probe.IcmpV6, (byte)value));
                break;
            default:
                break;
        }
    }

    private static (string, int)[] Interfaces(string extra) =>
        [
            .. SandboxNetwork.Interfaces.Select(static (name, index) => ($"\"{name}\"", index)),
            ($"\"{extra}\"", SandboxNetwork.Interfaces.Length),
        ];

    private static string Interface(UInt128 value) => SandboxNetwork.Interfaces[Math.Min((int)value, SandboxNetwork.Interfaces.Length - 1)];
}
