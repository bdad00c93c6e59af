using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// A server's interfaces, routes and names. Only fw-01 forwards; its default route leads to the visitor, as to a provider's
/// router, who passes nothing on. The servers behind lb-01 have no default route: nothing they do needs one, and lb-01 is no router.
/// </summary>
internal static class NetworkFiles
{
    /// <summary>The networkd files, forwarding, host name and <c>/etc/hosts</c>.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server)
    {
        foreach (LabLink link in server.Links)
        {
            yield return new ServerFile($"/etc/systemd/network/10-{link.Interface}.network", Network(plan, server, link));
        }

        if (server.Is(Role.NetworkFirewall))
        {
            yield return new ServerFile("/etc/sysctl.d/50-router.conf", "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
        }

        yield return new ServerFile("/etc/hostname", server.Name + "\n");
        yield return new ServerFile("/etc/hosts", Hosts(plan, server));
        yield return new ServerFile("/etc/resolv.conf", "# The lab has no name server; /etc/hosts knows its names.\n");
    }

    private static string Network(LabPlan plan, LabServer server, LabLink link)
    {
        LabLink? gateway = link.Network switch
        {
            LabNetworkName.Public when server.Is(Role.LoadBalancer) => plan.Addresses.FirewallPublic,
            LabNetworkName.Outside when server.Is(Role.NetworkFirewall) => plan.Addresses.Visitor,
            _ => null,
        };
        return $"""
            [Match]
            Name={link.Interface}

            [Network]
            Address={link.V4}/{AddressPlan.PrefixV4}
            Address={link.V6}/{AddressPlan.PrefixV6}
            {(gateway is null ? string.Empty : $"Gateway={gateway.V4}\nGateway={gateway.V6}\n")}IPv6AcceptRA=no
            IPv6DuplicateAddressDetection=0

            """;
    }

    private static string Hosts(LabPlan plan, LabServer server)
    {
        IEnumerable<string> lines =
            from other in plan.Servers
            from link in other.Links
            where server.Links.Any(own => own.Network == link.Network)
            from address in new[] { link.V4, link.V6 }
            select $"{address} {other.Name}";
        return $"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{string.Join('\n', lines)}\n";
    }
}
