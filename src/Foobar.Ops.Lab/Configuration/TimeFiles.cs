using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// chrony on every server. A container can't set the machine's clock and must not, so chronyd runs with <c>-x</c>: it
/// measures and serves time, and <c>chronyc tracking</c> tells whether it is synchronised, but it changes nothing.
/// fw-01 is the site's time source, lb-01 passes it on to the servers behind it.
/// </summary>
internal static class TimeFiles
{
    /// <summary>The configuration, the unit's change and its start.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server) =>
    [
        new ServerFile("/etc/chrony/chrony.conf", Configuration(plan, server)),
        new ServerFile("/etc/default/chrony", "DAEMON_OPTS=\"-F 1 -x\"\n"),
        // The package's unit refuses to start in a container, since it expects to control the clock.
        ServerFile.DropIn("chrony.service", "[Unit]\nConditionCapability=\nConditionVirtualization=\n"),
        ServerFile.Enable("chrony.service"),
    ];

    private static string Configuration(LabPlan plan, LabServer server)
    {
        AddressPlan addresses = plan.Addresses;
        string source = server.Roles[0] switch
        {
            Role.NetworkFirewall => Serve(addresses, addresses.FirewallPublic, "local stratum 8"),
            Role.LoadBalancer =>
                Follow(addresses.FirewallPublic) + Serve(addresses, server.On(LabNetworkName.Internal), "local stratum 12"),
            _ => Follow(addresses.BalancerInternal) + "port 0\n",
        };
        return source + "bindcmdaddress 127.0.0.1\ndriftfile /var/lib/chrony/chrony.drift\n";
    }

    private static string Follow(LabLink server) => $"server {server.V4} iburst minpoll -2 maxpoll 4\n";

    private static string Serve(AddressPlan addresses, LabLink link, string local) => $"""
        {local}
        bindaddress {link.V4}
        bindaddress {link.V6}
        allow {addresses.V4(link.Network)}
        allow {addresses.V6(link.Network)}

        """;
}
