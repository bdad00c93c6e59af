using System.Net;
using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>A server's nftables ruleset: drops by default, both IP versions, and allows exactly the flows of the policy that end on it or pass through it.</summary>
internal static class FirewallFiles
{
    /// <summary>The ruleset and what loads it at boot.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server) =>
    [
        new ServerFile("/etc/nftables.conf", Ruleset(plan, server)),
        ServerFile.Enable("nftables.service", "sysinit.target"),
    ];

    /// <summary>The text of <c>/etc/nftables.conf</c>.</summary>
    public static string Ruleset(LabPlan plan, LabServer server)
    {
        StringBuilder forward = new();
        if (server.Is(Role.NetworkFirewall))
        {
            forward.AppendLine("        ct state established,related accept");
            forward.AppendLine("        ct state invalid drop");
            AppendRules(forward, Passing(plan));
        }

        StringBuilder input = new();
        AppendRules(input, LabPolicy.Flows(plan.Options).SelectMany(flow => Ending(plan, server, flow)));
        return $$"""
            #!/usr/sbin/nft -f
            # Allows exactly the flows of the site's policy; each rule names the one it serves.
            flush ruleset

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
            }

            """;
    }

    private static void AppendRules(StringBuilder text, IEnumerable<string> rules)
    {
        foreach (string rule in rules)
        {
            text.Append("        ").AppendLine(rule);
        }
    }

    /// <summary>The rules for a flow that ends on a server: from each network its senders are met on.</summary>
    private static IEnumerable<string> Ending(LabPlan plan, LabServer server, Flow flow)
    {
        if (!flow.To.Any(end => server.Roles.Any(role => InventoryWord.Of(role) == end)))
        {
            yield break;
        }

        foreach (LabLink link in server.Links)
        {
            foreach (string source in Sources(plan, server, link, flow))
            {
                yield return $"iifname \"{link.Interface}\" {source}{Ports(flow)} accept comment \"flow {flow.Name}\"";
            }
        }
    }

    /// <summary>The rules for the flows that pass the network firewall.</summary>
    private static IEnumerable<string> Passing(LabPlan plan) =>
        from flow in LabPolicy.Flows(plan.Options)
        where flow.To.Contains("load-balancer")
        from source in Sources(plan, plan.Firewall, plan.Addresses.FirewallOutside, flow)
        from destination in (string[])
        [
            $"ip daddr {plan.Addresses.BalancerPublic.V4} ",
            $"ip6 daddr {plan.Addresses.BalancerPublic.V6} ",
        ]
        where source.Split(' ')[0] == destination.Split(' ')[0]
        select $"iifname \"outside\" oifname \"public\" {source}{destination}{Ports(flow)} accept comment \"flow {flow.Name}\"";

    /// <summary>How rules name the senders of a flow that are met on a link: one match an IP version.</summary>
    private static IEnumerable<string> Sources(LabPlan plan, LabServer server, LabLink link, Flow flow)
    {
        bool facesOutside = link.Network != LabNetworkName.Internal && !(server.Is(Role.NetworkFirewall) && link.Network == LabNetworkName.Public);
        foreach (string end in flow.From)
        {
            if (end == LabPolicy.Internet)
            {
                // Anybody but the site's own networks, whose addresses can only be forged out there.
                IEnumerable<string> anybody = facesOutside
                    ? [$"ip saddr != {Set(OwnNetworks(plan, plan.Addresses.V4))} ", $"ip6 saddr != {Set(OwnNetworks(plan, plan.Addresses.V6))} "]
                    : [];
                foreach (string match in anybody)
                {
                    yield return match;
                }

                continue;
            }

            if (end == LabPolicy.Operator && flow.From.Contains(LabPolicy.Internet))
            {
                continue;
            }

            IPAddress[] senders = end == LabPolicy.Operator
                ? facesOutside ? [plan.Addresses.Operator.V4, plan.Addresses.Operator.V6] : []
                : [.. Peers(plan, server, link, end).SelectMany(peer => (IPAddress[])[peer.V4, peer.V6])];
            foreach (IGrouping<AddressFamily, IPAddress> family in senders.GroupBy(sender => sender.AddressFamily))
            {
                string protocol = family.Key == AddressFamily.InterNetwork ? "ip" : "ip6";
                yield return $"{protocol} saddr {Set(family.Select(sender => sender.ToString()))} ";
            }
        }
    }

    private static IEnumerable<string> OwnNetworks(LabPlan plan, Func<LabNetworkName, IPNetwork> range) =>
        [range(LabNetworkName.Public).ToString(), range(LabNetworkName.Internal).ToString()];

    private static IEnumerable<LabLink> Peers(LabPlan plan, LabServer server, LabLink link, string role) =>
        from peer in plan.Servers
        where peer.Name != server.Name && peer.Roles.Any(one => InventoryWord.Of(one) == role)
        from peerLink in peer.Links
        where peerLink.Network == link.Network
        select peerLink;

    private static string Ports(Flow flow)
    {
        string protocol = flow.Ports[0].Protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        return $"{protocol} dport {Set(flow.Ports.Select(port => port.ToString()[4..]))}";
    }

    private static string Set(IEnumerable<string> elements)
    {
        string[] all = [.. elements];
        return all.Length == 1 ? all[0] : $"{{ {string.Join(", ", all)} }}";
    }

}
