using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// The nftables ruleset that a policy asks of a server: everything closed but the flows that end on it (on the network
/// firewall also those that pass it), answers, loopback and the control messages IP can't do without. A flow is let in by the
/// interfaces that lead to its senders, and what comes by another interface than its source is reached by is dropped first
/// (BCP 38, RFC 3704 section 2.2: strict reverse path forwarding). Pure.
/// </summary>
public static class PolicyRuleset
{
    // Messages that must never be dropped (RFC 4890, 4.3.1 and 4.4.1; RFC 792 for their kin) and echo, which operators test with.
    private const string Essentials4 =
        "icmp type { destination-unreachable, time-exceeded, parameter-problem, echo-request, echo-reply } accept";
    private const string Essentials6 =
        "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request, echo-reply } accept";

    // Neighbour discovery is trusted from the own link only, which hop limit 255 proves (RFC 4861, 7.1); listener discovery has 1.
    private const string Neighbours =
        "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept";
    private const string Listeners =
        "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept";

    // A host that tries whether an address is free has none yet (RFC 4862, 5.4.2; RFC 3810, 5.2.13).
    private const string WithoutAddress =
        "ip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld-listener-report, mld-listener-done, mld2-listener-report } accept";

    /// <summary>The text of <c>/etc/nftables.conf</c>; loading it replaces all rules in one transaction.</summary>
    /// <param name="site">The site with its policy.</param>
    /// <param name="server">The server.</param>
    /// <param name="network">The server's interfaces and routes.</param>
    public static string Render(Site site, Server server, HostNetwork network)
    {
        FlowRules flows = new(site, server, network);
        IReadOnlyList<string> input = flows.Input();
        IReadOnlyList<string> forward = server.Is(Role.NetworkFirewall) ? flows.Forward() : [];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $$"""
            #!/usr/sbin/nft -f
            # The firewall of {{server.Name}}, made by Set-FoobarFirewall from the policy of {{site.Name}}.
            # Each rule names the control that asks for it and the flow of the policy that it serves.
            flush ruleset

            table inet filter {

            """);
        foreach (string set in flows.Sets)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {set}\n\n");
        }

        Chain(
            text, "prerouting", "raw", "accept",
            [
                .. Comment(WithoutAddress, "Foobar.Ops FW-001 hosts without an address yet"),
                .. Comment("fib saddr . iif oif missing drop", "Foobar.Ops FW-001 forged sources"),
            ]);
        Chain(
            text, "input", "filter", "drop",
            [
                .. Always("FW-005"),
                .. Comment("iif \"lo\" accept", "Foobar.Ops FW-002 the server itself"),
                .. Control(),
                .. VirtualRouters(site, server),
                .. input,
            ]);
        Chain(
            text, "forward", "filter", "drop",
            forward.Count == 0
                ? []
                : [
                    .. Always("FW-005"),
                    $"{Essentials4} comment \"Foobar.Ops FW-002 control messages\"",
                    $"{Essentials6} comment \"Foobar.Ops FW-002 control messages\"",
                    .. forward,
                ]);
        Chain(text, "output", "filter", "accept", []);
        return text.Append("}\n").ToString();
    }

    private static IEnumerable<string> Always(string control) =>
    [
        $"ct state established,related accept comment \"Foobar.Ops {control} answers\"",
        $"ct state invalid drop comment \"Foobar.Ops {control} parts of no connection\"",
    ];

    private static IEnumerable<string> Control() =>
    [
        $"{Essentials4} comment \"Foobar.Ops FW-002 control messages\"",
        $"{Essentials6} comment \"Foobar.Ops FW-002 control messages\"",
        $"{Neighbours} comment \"Foobar.Ops FW-002 neighbour discovery\"",
        $"{Listeners} comment \"Foobar.Ops FW-002 multicast listeners\"",
    ];

    // Load balancers of a pair that do not hear each other (VRRP, RFC 9568) both take the address of the site.
    private static IEnumerable<string> VirtualRouters(Site site, Server server) =>
        from family in server.Is(Role.LoadBalancer)
            ? site.WithRole(Role.LoadBalancer)
                .Where(other => other != server)
                .SelectMany(static other => other.Addresses)
                .GroupBy(static address => address.AddressFamily)
            : []
        let version = family.Key == AddressFamily.InterNetwork ? "ip" : "ip6"
        from rule in Comment(
            $"{version} saddr {{ {string.Join(", ", family)} }} meta l4proto 112 accept",
            "Foobar.Ops FW-002 VRRP of the other load balancers")
        select rule;

    private static IEnumerable<string> Comment(string rule, string comment) => [$"{rule} comment \"{comment}\""];

    private static void Chain(StringBuilder text, string hook, string priority, string policy, IEnumerable<string> rules)
    {
        text.Append(
            CultureInfo.InvariantCulture, $"    chain {hook} {{\n        type filter hook {hook} priority {priority}; policy {policy};\n");
        foreach (string rule in rules)
        {
            text.Append(CultureInfo.InvariantCulture, $"        {rule}\n");
        }

        text.Append("    }\n");
    }
}
