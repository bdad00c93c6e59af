using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// A server's firewall: drops by default, both IP versions, and allows exactly the flows of the policy that end on it or pass through it.
/// </summary>
internal static class FirewallFiles
{
    /// <summary>The rules and what loads them at boot.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server) => plan.Options.Firewall switch
    {
        HostFirewall.Firewalld when !server.Is(Role.NetworkFirewall) => FirewalldFiles.For(plan, server),
        HostFirewall.Ufw when !server.Is(Role.NetworkFirewall) => UfwFiles.For(plan, server),
        HostFirewall.Docker when server.Is(Role.Web) => [.. Nftables(plan, server), .. ContainerFiles.All],
        _ => Nftables(plan, server),
    };

    /// <summary>The text of <c>/etc/nftables.conf</c>.</summary>
    public static string Ruleset(LabPlan plan, LabServer server)
    {
        bool hasContainers = plan.Options.Firewall == HostFirewall.Docker && server.Is(Role.Web);
        StringBuilder forward = new();
        if (server.Is(Role.NetworkFirewall))
        {
            forward.AppendLine("        ct state established,related accept");
            forward.AppendLine("        ct state invalid drop");
            AppendRules(forward, Passing(plan));
        }
        else if (hasContainers)
        {
            AppendRules(forward, ContainerFiles.Forward);
        }

        StringBuilder input = new();
        AppendRules(input, Admission.To(plan, server).Select(static admission => admission.ToNftables()));
        AppendRules(input, VirtualRouters(plan, server));
        return $$"""
            #!/usr/sbin/nft -f
            # Allows exactly the flows of the site's policy; each rule names the one it serves.
            {{(hasContainers ? ContainerFiles.Table : "flush ruleset\n")}}
            table inet filter {
                chain input {
                    type filter hook input priority filter; policy drop;
                    iifname "lo" accept
                    ct state established,related accept
                    ct state invalid drop
                    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept comment "neighbour discovery"
            {{input.ToString().TrimEnd()}}
                }

                chain forward {
                    type filter hook forward priority filter; policy drop;
            {{forward.ToString().TrimEnd()}}
                }

                chain output {
                    type filter hook output priority filter; policy accept;
                }
            {{(hasContainers ? ContainerFiles.Prerouting : string.Empty)}}}

            """;
    }

    private static IEnumerable<ServerFile> Nftables(LabPlan plan, LabServer server) =>
    [
        new ServerFile("/etc/nftables.conf", Ruleset(plan, server)),
        ServerFile.Enable("nftables.service", "sysinit.target"),
    ];

    private static void AppendRules(StringBuilder text, IEnumerable<string> rules)
    {
        foreach (string rule in rules)
        {
            text.Append("        ").AppendLine(rule);
        }
    }

    /// <summary>The rules for the flows that pass the network firewall.</summary>
    private static IEnumerable<string> Passing(LabPlan plan) =>
        from flow in LabPolicy.Flows(plan.Options)
        where flow.To.Contains("load-balancer")
        from admission in Admission.Of(plan, plan.Firewall, plan.Addresses.FirewallOutside, flow)
        select $"iifname \"outside\" oifname \"public\" {admission.Source} {admission.Protocol} daddr {Balancers(plan, admission.Family)} {admission.Ports} accept comment \"flow {flow.Name}\"";

    private static string Balancers(LabPlan plan, AddressFamily family)
    {
        string[] addresses =
        [
            .. plan.Balancers.Select(static server => server.On(LabNetworkName.Public))
                .Select(link => $"{(family == AddressFamily.InterNetwork ? link.V4 : link.V6)}"),
            .. plan.IsPair && family == AddressFamily.InterNetwork ? [$"{plan.SitePublic.V4}"] : Array.Empty<string>(),
        ];
        return addresses.Length == 1 ? addresses[0] : $"{{ {string.Join(", ", addresses)} }}";
    }

    // Load balancers of a pair tell each other by VRRP that they live.
    private static IEnumerable<string> VirtualRouters(LabPlan plan, LabServer server) =>
        from other in plan.IsPair && server.Is(Role.LoadBalancer) ? plan.Balancers : []
        where other.Name != server.Name
        from link in other.Links
        select $"iifname \"{link.Interface}\" ip saddr {link.V4} ip protocol 112 accept comment \"VRRP of {other.Name}\"";
}
