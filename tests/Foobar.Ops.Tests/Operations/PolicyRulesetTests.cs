using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Operations;

/// <summary>The ruleset that a policy asks of a server.</summary>
public sealed class PolicyRulesetTests
{
    private static readonly Site Site = TestSite.Create();

    private static readonly HostNetwork Network = new()
    {
        Routes =
        [
            Route("0.0.0.0/0", "public"),
            Route("198.51.100.0/24", "public"),
            Route("192.0.2.0/24", "internal"),
            Route("2001:db8::/32", null),
            Route("fe80::/64", "internal"),
            Route("::/0", "public"),
        ],
    };

    [Fact]
    public void A_web_server_lets_in_its_flows_and_names_them()
    {
        string rules = Render("web-01");
        Assert.Contains(
            "iifname { \"internal\", \"public\" } ip saddr { 198.51.100.10, 192.0.2.10 } ip daddr 192.0.2.11 tcp dport 80 accept comment "
                + "\"Foobar.Ops FW-002 flow backends\"",
            rules, StringComparison.Ordinal);
        Assert.Contains(
            "iifname \"public\" ip saddr 203.0.113.0/28 ip daddr 192.0.2.11 tcp dport 22 accept comment \"Foobar.Ops FW-002 flow "
                + "operators\"",
            rules, StringComparison.Ordinal);
        Assert.DoesNotContain("visitors", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_does_not_name_itself_as_a_sender() =>
        Assert.Contains(
            "iifname \"internal\" ip saddr 192.0.2.12 ip daddr 192.0.2.11 tcp dport 3306 accept", Render("web-01"),
            StringComparison.Ordinal);

    [Fact]
    public void The_internet_is_all_but_the_declared_networks()
    {
        string rules = Render("lb-01");
        Assert.Contains(
            "iifname \"public\" ip saddr != { 192.0.2.0/24, 203.0.113.0/28 } ip daddr { 198.51.100.10, 192.0.2.10 } tcp dport { 80, 443 } "
                + "accept comment \"Foobar.Ops FW-002 flow visitors\"",
            rules, StringComparison.Ordinal);
        Assert.DoesNotContain("set ", rules.Replace("ruleset ", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(rules.Split('\n').Length < 60, rules);
    }

    [Fact]
    public void Without_declared_networks_the_internet_is_everyone()
    {
        Site apart = Site with
        {
            Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>(),
            Policy = new Policy { Flows = [TestSite.MakeFlow("visitors", "internet", "load-balancer", "tcp/443")] },
        };
        Assert.Contains(
            "iifname { \"internal\", \"public\" } ip daddr { 198.51.100.10, 192.0.2.10 } tcp dport 443 accept",
            PolicyRuleset.Render(apart, apart.Find("lb-01")!, Network),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_balancers_of_a_pair_hear_each_other_and_send_from_addresses_of_their_own()
    {
        Site pair = Site with
        {
            Servers =
            [
                .. Site.Servers,
                new Server
                {
                    Name = "lb-02",
                    Roles = [Role.LoadBalancer],
                    Ssh = new SshEndpoint { Host = "lb-02" },
                    Addresses = [IPAddress.Parse("198.51.100.9"), IPAddress.Parse("192.0.2.9")],
                },
            ],
            Policy = Site.Policy with
            {
                LoadBalancing = new LoadBalancingPolicy
                {
                    VirtualAddresses = [IPAddress.Parse("198.51.100.8"), IPAddress.Parse("192.0.2.8")],
                },
            },
        };

        Assert.Contains(
            "ip saddr { 198.51.100.9, 192.0.2.9 } meta l4proto 112 accept",
            PolicyRuleset.Render(pair, pair.Find("lb-01")!, Network),
            StringComparison.Ordinal);
        Assert.Contains(
            "ip daddr { 198.51.100.10, 192.0.2.10, 198.51.100.8, 192.0.2.8 } tcp dport { 80, 443 } accept",
            PolicyRuleset.Render(pair, pair.Find("lb-01")!, Network),
            StringComparison.Ordinal);
        Assert.DoesNotContain("l4proto 112", PolicyRuleset.Render(pair, pair.Find("web-01")!, Network), StringComparison.Ordinal);
        Assert.Contains(
            "ip saddr { 198.51.100.10, 192.0.2.10, 198.51.100.9, 192.0.2.9 } ip daddr 192.0.2.11 tcp dport 80 accept",
            PolicyRuleset.Render(pair, pair.Find("web-01")!, Network),
            StringComparison.Ordinal);
    }

    // nft refuses a set whose elements overlap.
    [Fact]
    public void Networks_that_lie_in_others_are_not_written_beside_them()
    {
        IPNetwork[] networks =
        [
            .. ((string[])
            [
                "10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "10.2.0.0/16", "192.0.2.0/24",
            ]).Select(
                IPNetwork.Parse),
        ];
        Site large = Site with
        {
            Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
            {
                ["internal"] = networks,
                ["operator"] = [IPNetwork.Parse("10.1.2.0/24")],
            },
        };
        string rules = PolicyRuleset.Render(large, large.Find("lb-01")!, Network);
        Assert.Contains("ip saddr != @declared_ipv4 ip daddr", rules, StringComparison.Ordinal);
        Assert.Contains(
            "elements = {\n            10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 192.0.2.0/24\n",
            rules, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input", "drop")]
    [InlineData("forward", "drop")]
    [InlineData("output", "accept")]
    public void Every_hook_has_one_chain_with_its_policy(string hook, string policy) =>
        Assert.Contains($"type filter hook {hook} priority filter; policy {policy};", Render("web-01"), StringComparison.Ordinal);

    [Fact]
    public void Only_a_network_firewall_forwards_and_only_what_no_network_joins()
    {
        Site site = Site with
        {
            Servers =
            [
                .. Site.Servers,
                new Server
                {
                    Name = "fw-01",
                    Roles = [Role.NetworkFirewall],
                    Ssh = new SshEndpoint { Host = "fw-01" },
                    Addresses = [IPAddress.Parse("198.51.100.1")],
                },
            ],
        };
        string forward = PolicyRuleset.Render(site, site.Find("fw-01")!, Network).Split("chain forward")[1];
        Assert.Contains("flow visitors", forward, StringComparison.Ordinal);
        Assert.Contains("flow operators", forward, StringComparison.Ordinal);
        Assert.DoesNotContain("flow replication", forward, StringComparison.Ordinal);
        Assert.DoesNotContain("flow", Render("web-01").Split("chain forward")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_flows_name_can_not_end_its_comment()
    {
        Site site = TestSite.Create(new Policy { Flows = [TestSite.MakeFlow("a\" drop\n; x", "operator", "web", "tcp/22")] });
        Assert.Contains(
            "comment \"Foobar.Ops FW-002 flow a_ drop__ x\"", PolicyRuleset.Render(site, site.Find("web-01")!, Network),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.10 50000 192.0.2.11 22", "192.0.2.10", 22)]
    [InlineData("::ffff:192.0.2.10 50000 ::ffff:192.0.2.11 2222", "192.0.2.10", 2222)]
    public void What_sshd_tells_of_a_session_is_read(string text, string client, int port)
    {
        SshFlow flow = SshFlow.Parse(text)!;
        Assert.Equal((IPAddress.Parse(client), port), (flow.Client, flow.Port));
        Assert.Null(SshFlow.Parse(""));
    }

    [Fact]
    public void What_comes_by_another_way_than_its_source_is_reached_by_is_dropped_first()
    {
        string rules = Render("web-01");
        string chain = rules.Split("chain prerouting {")[1].Split("\n    }")[0];
        Assert.Contains("type filter hook prerouting priority raw; policy accept;", chain, StringComparison.Ordinal);
        Assert.EndsWith(
            "fib saddr . iif oif missing drop comment \"Foobar.Ops FW-001 forged sources\"", chain.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.11/32", "internal")]
    [InlineData("192.0.2.0/24", "internal")]
    [InlineData("192.0.0.0/16", "internal public")]
    [InlineData("10.0.0.0/8", "public")]
    [InlineData("2001:db8::/64", "")]
    [InlineData("8000::/1", "public")]
    public void A_network_is_reached_by_all_routes_to_it_and_to_its_parts(string target, string interfaces) =>
        Assert.Equal(interfaces, string.Join(' ', Network.InterfacesTo(IPNetwork.Parse(target))));

    [Fact]
    public void Of_routes_to_the_same_network_those_of_the_lowest_metric_count()
    {
        HostNetwork two =
            new() { Routes = [Route("0.0.0.0/0", "wan0"), Route("0.0.0.0/0", "wan1"), Route("0.0.0.0/0", "lte0") with { Metric = 100 }] };
        Assert.Equal(["wan0", "wan1"], two.InterfacesTo(IPNetwork.Parse("10.0.0.0/8")));
    }

    private static NetworkRoute Route(string destination, string? device) =>
        new(IPNetwork.Parse(destination).BaseAddress, IPNetwork.Parse(destination).PrefixLength, device);

    private static string Render(string server) => PolicyRuleset.Render(Site, Site.Find(server)!, Network);
}
