using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Topology;

/// <summary>
/// A network firewall, a balancer behind it and two servers behind that with application and database, each with rules of its own.
/// </summary>
internal static class SmallSite
{
    public const string Wall = "-A FORWARD -i outside -o public -d 198.51.100.10/32 -p tcp -m multiport --dports 80,443 -j ACCEPT";
    public const string Balancer =
        "-A INPUT -i public -p tcp -m multiport --dports 80,443 -j ACCEPT\n-A INPUT -i internal -p tcp --dport 3306 -j ACCEPT\n"
            + "-A INPUT -s 203.0.113.7/32 -p tcp --dport 22 -j ACCEPT";
    public const string First =
        "-A INPUT -s 192.0.2.10/32 -p tcp --dport 3306 -j ACCEPT\n-A INPUT -s 192.0.2.12/32 -p tcp --dport 3306 -j ACCEPT\n"
            + Backend;
    public const string Second =
        "-A INPUT -s 192.0.2.10/32 -p tcp --dport 3306 -j ACCEPT\n-A INPUT -s 192.0.2.11/32 -p tcp --dport 3306 -j ACCEPT\n"
            + Backend;

    /// <summary>The rule by which the network firewall lets operators in.</summary>
    public const string Operators = "-A FORWARD -i outside -o public -s 203.0.113.7/32 -d 198.51.100.10/32 -p tcp --dport 22 -j ACCEPT";

    private const string Refusal = "-A FORWARD -i outside -o public -p tcp --dport 25 -j REJECT --reject-with icmp-admin-prohibited";
    private const string Backend = "-A INPUT -s 192.0.2.10/32 -p tcp --dport 80 -j ACCEPT";
    private const string AnswersIn = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n";

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
            Make("web-01", [Role.Web, Role.App, Role.Database], "192.0.2.11"),
            Make("web-02", [Role.Web, Role.App, Role.Database], "192.0.2.12"),
        ],
        Policy = new Policy
        {
            Flows =
            [
                TestSite.MakeFlow("visitors", "internet", "load-balancer", "tcp/80", "tcp/443") with { From = ["internet", "operator"] },
                TestSite.MakeFlow("backends", "load-balancer", "web", "tcp/80"),
                TestSite.MakeFlow("writes", "app", "load-balancer", "tcp/3306"),
                TestSite.MakeFlow("members", "load-balancer", "database", "tcp/3306"),
                TestSite.MakeFlow("replication", "database", "database", "tcp/3306"),
                TestSite.MakeFlow("operators", "operator", "load-balancer", "tcp/22"),
            ],
            Database = new DatabasePolicy { WriteEndpoint = new WriteEndpoint { Server = "lb-01", Backend = "mysql-write" } },
        },
    };

    /// <summary>What is read of the site's servers, each with its rules.</summary>
    public static SiteCase<FirewallFacts> Case(
        string wall = Wall
            + "\n"
            + Operators
            + "\n"
            + Refusal, string balancer = Balancer, string first = First, string second = Second, string nat = "", string balancerNat = "",
        bool forwards = true,
        bool balancerForwards = false,
        bool balancerAnswers = true,
        bool leadsInside = false,
        string? unread = null,
        Policy? policy = null)
    {
        Dictionary<string, Reading<FirewallFacts>> facts = new()
        {
            ["fw-01"] = Read(
                AnswersIn + wall, nat, forwards, ["outside 203.0.113.1", "public 198.51.100.1"],
                leadsInside ? [new NetworkRoute(IPAddress.Parse("192.0.2.0"), 24, "public")] : []),
            ["lb-01"] = Read(
                (balancerAnswers ? AnswersIn : "") + balancer, balancerNat, balancerForwards,
                ["public 198.51.100.10", "internal 192.0.2.10"], [new NetworkRoute(IPAddress.Any, 0, "public")], 22, 80, 443, 3306),
            ["web-01"] = Read(AnswersIn + first, "", false, ["internal 192.0.2.11"], [], 22, 80, 3306),
            ["web-02"] = Read(AnswersIn + second, "", false, ["internal 192.0.2.12"], [], 22, 80, 3306),
        };
        if (unread is not null)
        {
            facts[unread] = Reading.Unreadable<FirewallFacts>("it was struck by lightning");
        }

        return new(policy is null ? Site : Site with { Policy = policy }, facts, TestSite.Now);
    }

    /// <summary>The map of what was read.</summary>
    public static SiteMap Map(SiteCase<FirewallFacts> site) => new(site.Site, site.Facts, namesRules: true);

    /// <summary>What a control says of them that is no pass.</summary>
    public static Finding[] Judge(string id, SiteCase<FirewallFacts> site) =>
        [
            .. SiteFirewallControls.All.Single(control => control.Info.Id == id)
                .Apply(site, null, TestSite.Now)
                .Where(finding => finding.Status != FindingStatus.Pass),
        ];

    /// <summary>What is read of a server with rules on both ways through it, and IPv6 without rules.</summary>
    public static Reading<FirewallFacts> Read(
        string rules, string nat, bool forwards, string[] addresses, NetworkRoute[] routes, params int[] ports)
    {
        InterfaceAddress[] own =
        [
            .. addresses.Select(text => text.Split(' '))
                .Select(
                    part =>
                        new InterfaceAddress(part[0], IPAddress.Parse(part[1]), part[1].Contains(':', StringComparison.Ordinal) ? 64 : 24)),
        ];
        IEnumerable<NetworkRoute> links = own.Where(each => each.PrefixLength == 24)
            .Select(each => new NetworkRoute(new IPAddress([.. each.Address.GetAddressBytes()[..3], 0]), 24, each.Interface));
        string text =
            $"*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{nat}\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
                + ":OUTPUT ACCEPT [0:0]\n"
                + $"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{rules}\nCOMMIT\n";
        return Reading.Of(new FirewallFacts
        {
            Running = Reading.Of(new RulesetText { Iptables = text.Replace("\n\n", "\n", StringComparison.Ordinal) }),
            Persisted = Reading.Of(new PersistedFirewall()),
            Network = Reading.Of(new HostNetwork
            {
                Interfaces = ["lo", .. own.Select(each => each.Interface)],
                Addresses = own,
                Routes = [.. links, .. routes],
            }),
            Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>([
                .. ports.Select(port => new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "0.0.0.0", Port = port }),
            ]),
            Forwarding = Reading.Of(new ForwardingSettings(forwards, false)),
        });
    }

    /// <summary>A server as declared.</summary>
    public static Server Make(string name, Role[] roles, params string[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = [.. addresses.Select(IPAddress.Parse)],
    };
}
