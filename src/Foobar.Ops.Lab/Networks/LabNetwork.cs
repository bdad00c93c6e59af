using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Networks;

/// <summary>
/// The lab's three networks. Their bridges stand in a namespace of their own that routes nothing, so this machine is no
/// short cut between them: it has one address, the operator's, on the outside network, and reaches the rest through
/// fw-01 like anybody.
/// </summary>
internal static class LabNetwork
{
    private static readonly IPNetwork[] Everywhere = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    /// <summary>Makes what is missing of the networks, the operator's place and the outside vantage.</summary>
    public static async Task EnsureAsync(LabPlan plan, CancellationToken cancel)
    {
        string switches = NetworkNames.Switches(plan.Options.Name);
        if (!Exists(switches))
        {
            await Tool.RunAsync("ip", ["netns", "add", switches], cancel: cancel);
        }

        foreach (LabNetworkName network in Enum.GetValues<LabNetworkName>())
        {
            string bridge = network.ToString().ToLowerInvariant();
            await Tool.TryAsync(
                "ip", [
                    "-n", switches, "link", "add", bridge, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0",
                ], cancel: cancel);
            await BatchAsync(switches, $"link set {bridge} addrgenmode none up", cancel);
        }

        await EnsureOperatorAsync(plan, switches, cancel);
        await EnsureVisitorAsync(plan, switches, cancel);
    }

    /// <summary>Removes all of a lab's namespaces and the operator's place.</summary>
    public static async Task RemoveAsync(string lab, int slot, IEnumerable<string> servers, CancellationToken cancel)
    {
        // Named first: a veth pair whose other end's namespace dies goes only when the kernel gets to it.
        await Tool.TryAsync("ip", ["link", "del", NetworkNames.Operator(slot)], cancel: cancel);
        string[] namespaces =
        [
            .. servers.Select(server => NetworkNames.Server(lab, server)), NetworkNames.Outside(lab), NetworkNames.Switches(lab),
        ];
        foreach (string one in namespaces.Where(Exists))
        {
            await KillAllInAsync(one, cancel);
            await Tool.RunAsync("ip", ["netns", "del", one], cancel: cancel);
        }

        string names = $"/etc/netns/{NetworkNames.Outside(lab)}";
        if (Directory.Exists(names))
        {
            Directory.Delete(names, recursive: true);
        }

        if (Directory.Exists("/etc/netns") && !Directory.EnumerateFileSystemEntries("/etc/netns").Any())
        {
            Directory.Delete("/etc/netns");
        }
    }

    /// <summary>Plugs a server's cables out of the switch, or in again.</summary>
    public static Task SetCablesAsync(string lab, LabServer server, bool plugged, CancellationToken cancel) => BatchAsync(
        NetworkNames.Switches(lab),
        string.Join('\n', server.Links.Select(link => $"link set {NetworkNames.Cable(server.Name, link)} {(plugged ? "up" : "down")}")),
        cancel);

    /// <summary>Whether a namespace of a name exists.</summary>
    public static bool Exists(string name) => File.Exists(Path.Combine("/run/netns", name));

    private static async Task EnsureOperatorAsync(LabPlan plan, string switches, CancellationToken cancel)
    {
        string name = NetworkNames.Operator(plan.Addresses.Slot);
        if (!Directory.Exists($"/sys/class/net/{name}"))
        {
            await Tool.TryAsync("ip", ["-n", switches, "link", "del", "operator"], cancel: cancel);
            await Tool.RunAsync("ip", ["link", "add", name, "type", "veth", "peer", "name", "operator", "netns", switches], cancel: cancel);
        }

        await BatchAsync(switches, "link set operator addrgenmode none master outside up", cancel);
        await BatchAsync(null, Host(plan, name, plan.Addresses.Operator, Behind(plan)), cancel);
    }

    private static async Task EnsureVisitorAsync(LabPlan plan, string switches, CancellationToken cancel)
    {
        string outside = NetworkNames.Outside(plan.Options.Name);
        if (!Exists(outside))
        {
            await Tool.RunAsync("ip", ["netns", "add", outside], cancel: cancel);
        }

        await Tool.TryAsync(
            "ip", ["-n", outside, "link", "add", "eth0", "type", "veth", "peer", "name", "visitor", "netns", switches], cancel: cancel);
        await BatchAsync(switches, "link set visitor addrgenmode none master outside up", cancel);
        await BatchAsync(outside, "link set lo up\n" + Host(plan, "eth0", plan.Addresses.Visitor, Everywhere), cancel);
        string names = $"/etc/netns/{outside}";
        Directory.CreateDirectory(names);
        LabLink site = plan.SitePublic;
        await File.WriteAllTextAsync(
            Path.Combine(names, "hosts"), $"127.0.0.1 localhost\n{site.V4} {LabPlan.SiteName}\n{site.V6} {LabPlan.SiteName}\n", cancel);
    }

    /// <summary>The networks behind fw-01; this machine reaches them through it alone.</summary>
    private static IEnumerable<IPNetwork> Behind(LabPlan plan) =>
        from network in new[] { LabNetworkName.Public, LabNetworkName.Internal }
        from range in new[] { plan.Addresses.V4(network), plan.Addresses.V6(network) }
        select range;

    private static string Host(LabPlan plan, string name, LabLink link, IEnumerable<IPNetwork> routes)
    {
        LabLink gateway = plan.Addresses.FirewallOutside;
        IEnumerable<string> lines =
        [
            $"link set {name} up",
            $"addr replace {link.V4}/{AddressPlan.PrefixV4} dev {name}",
            $"addr replace {link.V6}/{AddressPlan.PrefixV6} dev {name} nodad",
            .. routes.Select(route =>
                $"route replace {route} via {(route.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? gateway.V4 : gateway.V6)} "
                    + $"dev {name}"),
        ];
        return string.Join('\n', lines);
    }

    /// <summary>Runs lines of <c>ip</c> in a namespace, or on the machine itself.</summary>
    private static Task<string> BatchAsync(string? where, string commands, CancellationToken cancel)
    {
        string[] place = where is null ? [] : ["-n", where];
        return Tool.RunAsync("ip", [.. place, "-batch", "-"], input: commands + "\n", cancel: cancel);
    }

    private static async Task KillAllInAsync(string name, CancellationToken cancel)
    {
        string processes = await Tool.RunAsync("ip", ["netns", "pids", name], cancel: cancel);
        foreach (string process in processes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await Tool.TryAsync("kill", ["-KILL", process], cancel: cancel);
        }
    }
}
