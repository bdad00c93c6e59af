using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Topology;

/// <summary>A network firewall, a balancer behind it and two database servers behind that, each with rules of its own.</summary>
internal static class ThreeServers
{
    public const string Wall = "-A FORWARD -i outside -o public -d 198.51.100.10/32 -p tcp -m multiport --dports 80,443 -j ACCEPT";
    public const string Balancer = "-A INPUT -i public -p tcp -m multiport --dports 80,443 -j ACCEPT\n-A INPUT -i internal -p tcp --dport 3306 -j ACCEPT\n-A INPUT -s 203.0.113.7/32 -p tcp --dport 22 -j ACCEPT";
    public const string First = "-A INPUT -s 192.0.2.10/32 -p tcp --dport 3306 -j ACCEPT\n-A INPUT -s 192.0.2.12/32 -p tcp --dport 3306 -j ACCEPT";
    public const string Second = "-A INPUT -s 192.0.2.10/32 -p tcp --dport 3306 -j ACCEPT\n-A INPUT -s 192.0.2.11/32 -p tcp --dport 3306 -j ACCEPT";

    public static Site Site { get; } = new()
    {
        Name = "www.foobar.com",
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["public"] = [IPNetwork.Parse("198.51.100.0/24")],
            ["internal"] = [IPNetwork.Parse("192.0.2.0/24")],
            ["operator"] = [IPNetwork.Parse("203.0.113.7/32")],
        },
        Servers =
        [
            Make("fw-01", [Role.NetworkFirewall], "203.0.113.1", "198.51.100.1"),
            Make("lb-01", [Role.LoadBalancer], "198.51.100.10", "192.0.2.10"),
            Make("web-01", [Role.Database, Role.App], "192.0.2.11"),
            Make("web-02", [Role.Database, Role.App], "192.0.2.12"),
        ],
        Policy = new Policy
        {
            Flows =
            [
                TestSite.MakeFlow("visitors", "internet", "load-balancer", "tcp/80", "tcp/443") with { From = ["internet", "operator"] },
                TestSite.MakeFlow("writes", "app", "load-balancer", "tcp/3306"),
                TestSite.MakeFlow("members", "load-balancer", "database", "tcp/3306"),
                TestSite.MakeFlow("replication", "database", "database", "tcp/3306"),
                TestSite.MakeFlow("operators", "operator", "load-balancer", "tcp/22"),
            ],
            Database = new DatabasePolicy { WriteEndpoint = new WriteEndpoint { Server = "lb-01", Backend = "mysql-write" } },
        },
    };

    /// <summary>What is read of the site's servers, each with its rules; a server without rules could not be read.</summary>
    public static SiteCase<FirewallFacts> Case(string wall = Wall + "\n" + Operators, string balancer = Balancer, string first = First, string? second = Second, string nat = "", string balancerNat = "", bool balancerForwards = false, bool leadsInside = false) => new(
        Site,
        new Dictionary<string, Reading<FirewallFacts>>
        {
            ["fw-01"] = Read(wall, nat, true, ["outside 203.0.113.1", "public 198.51.100.1"], null, leadsInside ? [new NetworkRoute(IPAddress.Parse("192.0.2.0"), 24, "public")] : []),
            ["lb-01"] = Read(balancer, balancerNat, balancerForwards, ["public 198.51.100.10", "internal 192.0.2.10"], "public"),
            ["web-01"] = Read(first, "", false, ["internal 192.0.2.11"], null),
            ["web-02"] = second is null ? Reading.Unreadable<FirewallFacts>("it was struck by lightning") : Read(second, "", false, ["internal 192.0.2.12"], null),
        },
        TestSite.Now);

    /// <summary>The rule by which the network firewall lets operators in.</summary>
    public const string Operators = "-A FORWARD -i outside -o public -s 203.0.113.7/32 -d 198.51.100.10/32 -p tcp --dport 22 -j ACCEPT";

    /// <summary>What a control says of them that is no pass.</summary>
    public static Finding[] Judge(string id, SiteCase<FirewallFacts> site) =>
        [.. SiteFirewallControls.All.Single(control => control.Info.Id == id).Apply(site, null, TestSite.Now).Where(finding => finding.Status != FindingStatus.Pass)];

    private static Reading<FirewallFacts> Read(string rules, string nat, bool forwards, string[] addresses, string? onward, params NetworkRoute[] more)
    {
        InterfaceAddress[] own = [.. addresses.Select(text => text.Split(' ')).Select(part => new InterfaceAddress(part[0], IPAddress.Parse(part[1]), 24))];
        IEnumerable<NetworkRoute> links = own.Select(each => new NetworkRoute(new IPAddress([.. each.Address.GetAddressBytes()[..3], 0]), 24, each.Interface));
        string text = $"*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{nat}\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
            + $"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{rules}\nCOMMIT\n";
        return Reading.Of(new FirewallFacts
        {
            Running = Reading.Of(new RulesetText { Iptables = text.Replace("\n\n", "\n", StringComparison.Ordinal) }),
            Persisted = Reading.Of(new PersistedFirewall()),
            Network = Reading.Of(new HostNetwork
            {
                Interfaces = ["lo", .. own.Select(each => each.Interface)],
                Addresses = own,
                Routes = onward is null ? [.. links, .. more] : [.. links, new NetworkRoute(IPAddress.Any, 0, onward)],
            }),
            Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>([]),
            Forwarding = Reading.Of(new ForwardingSettings(forwards, false)),
        });
    }

    private static Server Make(string name, Role[] roles, params string[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = [.. addresses.Select(IPAddress.Parse)],
    };
}
