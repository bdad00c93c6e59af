using System.Net;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Tests.Connectivity;

/// <summary>A network firewall, a balancer behind it and a web server behind that, each with rules of its own.</summary>
internal static class SmallSite
{
    public const string Wall = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -i outside -o public -d 198.51.100.10/32 -p tcp -m multiport --dports 22,443 -j ACCEPT
        -A FORWARD -i outside -o public -p tcp --dport 25 -j REJECT --reject-with icmp-admin-prohibited
        COMMIT

        """;

    public const string Balancer = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -i public -p tcp -m multiport --dports 22,443 -j ACCEPT
        COMMIT

        """;

    public const string Web = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -s 192.0.2.10/32 -p tcp --dport 80 -j ACCEPT
        COMMIT

        """;

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
            Make("web-01", [Role.Web], "192.0.2.11"),
        ],
        Policy = new Policy
        {
            Flows =
            [
                TestSite.MakeFlow("visitors", "internet", "load-balancer", "tcp/443") with { From = ["internet", "operator"] },
                TestSite.MakeFlow("operators", "operator", "load-balancer", "tcp/22"),
                TestSite.MakeFlow("backends", "load-balancer", "web", "tcp/80"),
            ],
        },
    };

    public static KnownServer[] Servers(string wall = Wall, string balancer = Balancer, string web = Web, bool forwards = true) =>
    [
        Known("fw-01", wall, forwards, ["outside 203.0.113.1/24", "public 198.51.100.1/24"], []),
        Known("lb-01", balancer, false, ["public 198.51.100.10/24", "internal 192.0.2.10/24"], ["public"], 22, 443),
        Known("web-01", web, false, ["internal 192.0.2.11/24"], [], 22, 80),
    ];

    public static KnownServer Unread(string name) => new(Site.Find(name)!, Reading.Unreadable<FirewallFacts>("it was struck by lightning"));

    private static KnownServer Known(string name, string rules, bool forwards, string[] addresses, string[] defaults, params int[] ports)
    {
        InterfaceAddress[] own = [.. addresses.Select(static text => text.Split(' ', '/')).Select(static part => new InterfaceAddress(part[0], IPAddress.Parse(part[1]), 24))];
        FirewallFacts facts = new()
        {
            Running = Reading.Of(new RulesetText { Iptables = rules }),
            Persisted = Reading.Of(new PersistedFirewall()),
            Network = Reading.Of(new HostNetwork
            {
                Interfaces = ["lo", .. own.Select(static each => each.Interface)],
                Addresses = own,
                Routes = [.. own.Select(static each => new NetworkRoute(new IPAddress([.. each.Address.GetAddressBytes()[..3], 0]), 24, each.Interface)), .. defaults.Select(static device => new NetworkRoute(IPAddress.Any, 0, device))],
            }),
            Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>([.. ports.Select(static port => new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "0.0.0.0", Port = port })]),
            Forwarding = Reading.Of(new ForwardingSettings(forwards, forwards)),
        };
        return new KnownServer(Site.Find(name)!, Reading.Of(facts));
    }

    private static Server Make(string name, Role[] roles, params string[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = [.. addresses.Select(IPAddress.Parse)],
    };
}
