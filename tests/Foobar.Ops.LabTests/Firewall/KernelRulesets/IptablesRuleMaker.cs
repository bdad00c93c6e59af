using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes the rules of one table of iptables or ip6tables, in the words of its restore format.</summary>
internal sealed class IptablesRuleMaker(
    Random random, ValueMaker values, bool version4, string table, IReadOnlyList<IpsetSet> sets, List<ProbeDraft> drafts)
{
    private readonly IptablesMatchMaker _matches = new(random, values, version4, sets);

    /// <summary>A rule without its chain.</summary>
    /// <param name="hook">The built-in chain, or empty for a chain that several use.</param>
    /// <param name="targets">The chains it may jump to.</param>
    public string Rule(string hook, string[] targets)
    {
        ProbeDraft draft = new() { IsIpv4 = version4 };
        string transport = Pick("", "", "tcp", "tcp", "udp", version4 ? "icmp" : "ipv6-icmp");
        List<string> parts = [];
        if (transport.Length > 0)
        {
            parts.Add($"-p {transport}");
            draft.Protocol = transport switch { "tcp" => Probe.Tcp, "udp" => Probe.Udp, "icmp" => Probe.Icmp, _ => Probe.IcmpV6 };
        }

        parts.AddRange(_matches.Basics(hook, draft));
        parts.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => _matches.Match(transport, hook, draft)).DistinctBy(Module));

        drafts.Add(draft);
        parts.Add(Target(hook, transport, targets));
        return string.Join(' ', parts.Distinct());
    }

    // A module's options may be given once a rule.
    private static string Module(string match) =>
        match.StartsWith("-m ", StringComparison.Ordinal) && !match.Contains("multiport", StringComparison.Ordinal)
            ? match.Split(' ')[1]
            : "ports or flags";

    private string Target(string hook, string transport, string[] targets)
    {
        if (targets.Length > 0 && random.Next(3) == 0)
        {
            return $"{Pick("-j", "-j", "-g")} {Pick(targets)}";
        }

        if (random.Next(10) == 0)
        {
            return Pick("-j LOG --log-prefix \"seen: \"", string.Empty, "-j RETURN");
        }

        return table switch
        {
            "raw" => Pick("-j CT --notrack", "-j NOTRACK", "-j ACCEPT", "-j DROP", $"-j MARK --set-mark {values.Mark().Text}"),
            "mangle" => Pick(
                $"-j MARK --set-mark {values.Mark().Text}", $"-j MARK --or-mark {values.Mark().Text}",
                $"-j MARK --set-xmark {values.Mark().Text}/0xff", $"-j MARK --and-mark {values.Mark().Text}",
                $"-j CONNMARK --set-mark {values.Mark().Text}", "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", "-j ACCEPT",
                "-j RETURN", "-j DROP"),
            "nat" => Translation(hook, transport is "tcp" or "udp"),
            _ => Pick("-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j RETURN", Rejection(transport)),
        };
    }

    private string Rejection(string transport) => transport == "tcp" && random.Next(2) == 0
        ? "-j REJECT --reject-with tcp-reset"
        : Pick("-j REJECT", version4 ? "-j REJECT --reject-with icmp-admin-prohibited" : "-j REJECT --reject-with icmp6-adm-prohibited");

    private string Translation(string hook, bool hasPorts)
    {
        string port = hasPorts && random.Next(2) == 0 ? $":{values.Port(single: true).Text}" : string.Empty;
        return hook switch
        {
            "PREROUTING" or "OUTPUT" => Pick(
                "-j DNAT --to-destination "
                    + $"{Address(Pick("192.0.2.11", "192.0.2.12", "203.0.113.10"), Pick("2001:db8:b::11", "2001:db8:c::10"), port)}",
                $"-j DNAT --to-destination {Address("192.0.2.11-192.0.2.14", "2001:db8:b::11-2001:db8:b::14", string.Empty)}",
                hasPorts ? $"-j REDIRECT --to-ports {values.Port(single: true).Text}" : "-j REDIRECT",
                $"-j NETMAP --to {(version4 ? "192.0.2.0/28" : "2001:db8:b::/120")}",
                "-j ACCEPT"),
            "POSTROUTING" => Pick(
                "-j MASQUERADE",
                $"-j SNAT --to-source {Address(Pick("192.0.2.1", "203.0.113.5"), Pick("2001:db8:b::1", "2001:db8:c::5"), port)}",
                $"-j SNAT --to-source {Address("203.0.113.20-203.0.113.30", "2001:db8:c::20-2001:db8:c::30", string.Empty)}",
                "-j ACCEPT"),
            "INPUT" => Pick($"-j SNAT --to-source {Address("192.0.2.77", "2001:db8:b::77", string.Empty)}", "-j ACCEPT"),
            _ => Pick("-j ACCEPT", "-j RETURN"),
        };
    }

    private string Address(string four, string six, string port) =>
        version4 ? four + port : port.Length == 0 ? six : $"[{six}]{port}";

    private T Pick<T>(params T[] list) => list[random.Next(list.Length)];
}
