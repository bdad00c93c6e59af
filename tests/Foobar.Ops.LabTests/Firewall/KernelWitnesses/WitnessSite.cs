using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.Linux;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>A site in which the sandbox is one server, so that what a finding names can be sent through it.</summary>
internal static class WitnessSite
{
    private const string Box = "box";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>All findings of the module's own controls on one server.</summary>
    /// <param name="facts">What was read of it.</param>
    /// <param name="isNetworkFirewall">Whether it stands before the others, or is one of them.</param>
    public static IReadOnlyList<Finding> Judge(FirewallFacts facts, bool isNetworkFirewall)
    {
        Site site = Make(isNetworkFirewall);
        ServerCase<FirewallFacts> server = new(site.Find(Box)!, site, facts, Now);
        return [.. FirewallControls.All.SelectMany(control => control.Apply(server, Box, Now))];
    }

    /// <summary>The facts of a server with a ruleset, and with another one for the next boot.</summary>
    public static FirewallFacts Facts(RulesetText running, RulesetText? nextBoot = null) => new()
    {
        Running = Reading.Of(running),
        Persisted = Reading.Of(new PersistedFirewall { Mechanisms = ["nftables"], Ruleset = nextBoot ?? running }),
        Network = Reading.Of(LoadedRuleset.Network),
        Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>([]),
        Forwarding = Reading.Of(new ForwardingSettings(true, true)),
        ReversePath = Reading.Of<IReadOnlyList<ReversePathSetting>>([
            new("all", 0), .. SandboxNetwork.Interfaces.Select(static name => new ReversePathSetting(name, 0)),
        ]),
    };

    private static Site Make(bool isNetworkFirewall) => new()
    {
        Name = "www.foobar.com",
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["internal"] = [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8:b::/64")],
            ["operator"] = [IPNetwork.Parse("203.0.113.0/28"), IPNetwork.Parse("2001:db8:c::/112")],
        },
        Servers =
        [
            Server(
                Box,
                isNetworkFirewall ? [Role.NetworkFirewall] : [Role.LoadBalancer, Role.Web, Role.Database],
                [.. SandboxNetwork.Addresses.Select(static entry => entry.Address)]),
            .. isNetworkFirewall ? (Server[])[Server("lb-01", [Role.LoadBalancer], Addresses("198.51.100.10", "2001:db8:a::10"))] : [],
            Server("web-02", [Role.Web, Role.Database], Addresses("192.0.2.12", "2001:db8:b::12")),
        ],
        Policy = new Policy
        {
            Flows =
            [
                Flow("visitors", "internet", "load-balancer", "tcp/80", "tcp/443"),
                Flow("replication", "database", "database", "tcp/3306"),
                Flow("operators", "operator", "*", "tcp/22"),
                Flow("names", "internal", Box, "udp/53"),
            ],
            Database = new DatabasePolicy(),
        },
    };

    private static Server Server(string name, Role[] roles, IPAddress[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = addresses,
    };

    private static IPAddress[] Addresses(params string[] addresses) => [.. addresses.Select(IPAddress.Parse)];

    private static Flow Flow(string name, string from, string to, params string[] ports) => new()
    {
        Name = name,
        From = [from],
        To = [to],
        Ports = [.. ports.Select(static port => PortRange.TryParse(port, out PortRange range) ? range : throw new ArgumentException(port))],
    };
}
