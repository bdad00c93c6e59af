using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Tests.Topology;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Where rules choose the routing table, the main table does not tell by which interface packets go.</summary>
public sealed class PolicyRoutingTests
{
    private const string Addresses = """[{"ifname":"eth0","addr_info":[{"local":"192.0.2.11","prefixlen":24}]}]""";
    private const string Routes =
        """[{"dst":"default","gateway":"192.0.2.10","dev":"eth0","flags":[]},{"dst":"192.0.2.0/24","dev":"eth0","flags":[]}]""";

    // As iproute2 6.1 writes them on a Debian 12 that nobody has configured.
    private const string Plain4 =
        """[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]""";
    private const string Plain6 = """[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]""";

    [Theory]
    [InlineData(Plain4)]
    [InlineData("RTNETLINK answers: Operation not supported")]
    [InlineData(
        """[{"priority":0,"src":"all","table":"local","protocol":"kernel"},{"priority":32766,"src":"all","table":"main","protocol":"kernel"}]""")]
    public void The_kernel_s_own_rules_are_no_policy_routing(string rules)
    {
        HostNetwork network = NetworkParser.Parse(Addresses, [Routes], [rules, Plain6]);

        Assert.Empty(network.PolicyRouting);
        Assert.Null(network.RoutesUnknown);
        Assert.Equal(2, network.KnownRoutes.Count);
    }

    [Theory]
    [InlineData(
        """{"priority":100,"src":"192.0.2.0","srclen":24,"table":"100"}""", "ip rule: priority 100 src 192.0.2.0 srclen 24 table 100")]
    [InlineData(
        """{"priority":100,"src":"all","fwmark":"0xca6c","table":"51820"}""", "ip rule: priority 100 src all fwmark 0xca6c table 51820")]
    [InlineData("""{"priority":1000,"src":"all","l3mdev":null}""", "ip rule: priority 1000 src all l3mdev")]
    [InlineData(
        """{"priority":100,"not":null,"src":"all","fwmark":"0xca6c","table":"51820"}""",
        "ip rule: priority 100 not src all fwmark 0xca6c table 51820")]
    [InlineData(
        """{"priority":10,"src":"all","iif":"eth1","action":"blackhole"}""", "ip rule: priority 10 src all iif eth1 action blackhole")]
    [InlineData(
        """{"priority":32767,"src":"192.0.2.11","table":"main"}""", "ip rule: priority 32767 src 192.0.2.11 table main")]
    [InlineData("""{"priority":0,"src":"192.0.2.11","table":"main"}""", "ip rule: priority 0 src 192.0.2.11 table main")]
    [InlineData(
        """{"priority":100,"src":"192.0.2.11","table":"main","newer":1}""",
        "ip rule: priority 100 src 192.0.2.11 table main newer 1")]
    [InlineData(
        """{"priority":32765,"src":"all","table":"main","suppress_prefixlen":0}""",
        "ip rule: priority 32765 src all table main suppress_prefixlen 0")]
    public void Any_other_rule_leaves_the_routes_unknown(string rule, string words)
    {
        HostNetwork network = NetworkParser.Parse(
            Addresses, [Routes], [Plain4.Replace("[", $"[{rule},", StringComparison.Ordinal), Plain6]);

        Assert.Equal([words], network.PolicyRouting);
        Assert.Empty(network.KnownRoutes);
        Assert.Contains(words, network.RoutesUnknown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"priority":100,"src":"192.0.2.11","table":"main"}""")]
    [InlineData("""{"priority":10,"src":"all","table":"main"}""")]
    [InlineData("""{"priority":100,"not":null,"src":"2001:db8::","srclen":64,"fwmark":"0x1","fwmask":"0xff","table":"main"}""")]
    [InlineData("""{"priority":32765,"src":"all","iif":"eth1","ipproto":"tcp","dport":443,"table":"main","protocol":"static"}""")]
    public void A_rule_that_asks_the_main_table_changes_nothing(string rule)
    {
        foreach (string plain in (string[])[Plain4, Plain6])
        {
            HostNetwork network = NetworkParser.Parse(
                Addresses, [Routes], [plain.Replace("[", $"[{rule},", StringComparison.Ordinal)]);

            Assert.Empty(network.PolicyRouting);
            Assert.Equal(2, network.KnownRoutes.Count);
        }
    }

    // A balancer in front of the servers' network sends to them by its address in it, and never by its public one.
    [Theory]
    [InlineData("192.0.2.10", "198.51.100.10")]
    [InlineData("2001:db8:b::10", "2001:db8:ffff::10")]
    public void What_may_never_be_sent_is_not_called_closed_there(string near, string far)
    {
        System.Net.IPAddress[] addresses = [System.Net.IPAddress.Parse(near), System.Net.IPAddress.Parse(far)];
        Foobar.Ops.Inventory.Site site = Fixture.Site with
        {
            Servers =
            [
                Fixture.Site.Servers[0] with { Addresses = [.. Fixture.Site.Servers[0].Addresses, addresses[1]] },
                .. Fixture.Site.Servers.Skip(1),
            ],
        };
        FirewallFacts facts = Fixture.Facts(Fixture.Clean);
        Finding[] Judged(params string[] rules) =>
        [
            .. TestSite.Judge(
                FirewallControls.All, "FW-002",
                facts with { Network = Reading.Of(Fixture.Network with { PolicyRouting = rules }) }, site: site)
                .Where(static finding => finding.Status != FindingStatus.Pass),
        ];

        Assert.Empty(Judged());
        Assert.All(Judged("ip rule: from 192.0.2.0/24 lookup 100"), static finding =>
        {
            Assert.Equal(FindingStatus.Unknown, finding.Status);
            Assert.Contains("policy routing is not modelled", finding.Reason, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void So_does_a_route_of_the_default_table()
    {
        HostNetwork network = NetworkParser.Parse(
            Addresses, [Routes, """[{"dst":"10.0.0.0/8","gateway":"192.0.2.1","dev":"eth0","table":"default","flags":[]}]"""], [Plain4]);

        Assert.Equal(["ip route, table default: dst 10.0.0.0/8 gateway 192.0.2.1 dev eth0"], network.PolicyRouting);
    }

    [Fact]
    public void Routes_of_tables_that_rules_choose_are_no_ways_of_the_main_one() =>
        Assert.Empty(NetworkParser.Parse(
            Addresses,
            [
                """[{"type":"local","dst":"192.0.2.11","dev":"eth0","table":"local","flags":[]},{"dst":"default","dev":"eth1","table":"100","flags":[]}]""",
            ],
            [Plain4]).Routes);

    [Theory]
    [InlineData("""{"dst":"2001:db8::/64","from":"2001:db8:1::/64","dev":"eth0","flags":[],"pref":"medium"}""")]
    [InlineData("""{"dst":"10.0.0.0/8","tos":"0x10","dev":"eth0","flags":[]}""")]
    [InlineData("""{"dst":"10.0.0.0/8","encap":"mpls","dev":"eth0","flags":[]}""")]
    [InlineData("""{"dst":"10.0.0.0/8","newer":1,"dev":"eth0","flags":[]}""")]
    [InlineData("""{"dst":"10.0.0.0/8","flags":[],"nexthops":[{"dev":"eth0","weight":1,"encap":"ip6","flags":[]}]}""")]
    public void So_does_a_route_for_some_packets_only_or_one_with_an_unknown_key(string route) =>
        Assert.StartsWith(
            "ip route: dst ", Assert.Single(NetworkParser.Parse(Addresses, [$"[{route}]"], []).PolicyRouting), StringComparison.Ordinal);

    [Fact]
    public void Words_of_ip_that_are_no_listing_are_told() =>
        Assert.Throws<ParseException>(() => NetworkParser.Parse(Addresses, [Routes], ["Option \"-json\" is unknown"]));

    [Theory]
    [InlineData("FW-014")]
    [InlineData("FW-015")]
    public void No_way_through_such_a_server_can_be_told(string control)
    {
        SiteCase<FirewallFacts> site = With("lb-01");

        Finding finding = Assert.Single(
            SmallSite.Judge(control, site), finding => finding.Status == FindingStatus.Unknown && finding.Server == "lb-01");
        Assert.Contains("policy routing is not modelled (ip rule: from 192.0.2.0/24 lookup 100)", finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_that_asks_for_the_way_back_is_not_decided_there()
    {
        FirewallFacts facts = Fixture.Facts(
            Fixture.WithFirst(
                "input", """{"match":{"op":"==","left":{"fib":{"result":"oif","flags":["saddr","iif"]}},"right":false}},{"drop":null}"""));
        FirewallFacts ruled = facts with
        {
            Network = Reading.Of(Fixture.Network with { PolicyRouting = ["ip rule: from 192.0.2.0/24 lookup 100"] }),
        };

        Assert.DoesNotContain(Fixture.Judge("FW-002", facts), finding => finding.Status == FindingStatus.Unknown);
        Assert.Contains(Fixture.Judge("FW-002", ruled), finding => finding.Status == FindingStatus.Unknown);
    }

    // Whoever drops by interface may drop where nothing of the flow ever comes.
    [Theory]
    [InlineData("eth1", FindingStatus.Unknown)]
    [InlineData("eth0", FindingStatus.Unknown)]
    [InlineData(null, FindingStatus.Fail)]
    public void A_flow_is_called_closed_only_if_it_is_closed_at_every_interface(string? device, FindingStatus expected)
    {
        string match = device is null ? "" : $$$"""{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"{{{device}}}"}},""";
        FirewallFacts facts = Fixture.Facts(Fixture.WithFirst("input", match + """{"drop":null}"""));
        HostNetwork network = Fixture.Network with
        {
            Interfaces = ["lo", "eth0", "eth1"],
            PolicyRouting = ["ip rule: from 192.0.2.0/24 lookup 100"],
        };
        Finding[] found =
        [
            .. Fixture.Judge("FW-002", facts with { Network = Reading.Of(network) })
                .Where(finding => finding.Target?.StartsWith("answers", StringComparison.Ordinal) != true),
        ];

        Assert.NotEmpty(found);
        Assert.All(found, finding => Assert.Equal(expected, finding.Status));
        Assert.All(
            found,
            finding => Assert.Equal(
                expected == FindingStatus.Unknown,
                finding.Reason?.Contains(
                    "by which interface it comes and leaves is not known, since its policy routing", StringComparison.Ordinal)
                    ?? false));
    }

    [Fact]
    public void A_network_that_could_not_be_read_closes_no_flow()
    {
        FirewallFacts facts = Fixture.Facts(
            Fixture.WithFirst("input", """{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"eth1"}},{"drop":null}"""));

        Assert.DoesNotContain(
            Fixture.Judge("FW-002", facts with { Network = Reading.Unreadable<HostNetwork>("no ip") }),
            finding => finding.Status == FindingStatus.Fail);
    }

    [Fact]
    public void No_firewall_is_changed_there()
    {
        SiteCase<FirewallFacts> site = With("lb-01");

        FoobarException error = Assert.Throws<FoobarException>(
            () => ChangePreparation.NetworkOf(site.Site.Servers[1], site.Facts["lb-01"].Value!));

        Assert.Equal("NetworkUnreadable", error.ErrorId);
        Assert.Contains(
            "lb-01: by which interfaces the flows' senders are reached can't be told: its policy routing is not modelled (ip rule: from",
            error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nor_where_the_network_could_not_be_read()
    {
        FirewallFacts facts = SmallSite.Case().Facts["lb-01"].Value! with { Network = Reading.Unreadable<HostNetwork>("no ip") };

        FoobarException error = Assert.Throws<FoobarException>(() => ChangePreparation.NetworkOf(SmallSite.Site.Servers[1], facts));

        Assert.Equal("NetworkUnreadable", error.ErrorId);
        Assert.Contains("no ip", error.Message, StringComparison.Ordinal);
    }

    private static SiteCase<FirewallFacts> With(string server)
    {
        SiteCase<FirewallFacts> site = SmallSite.Case();
        FirewallFacts facts = site.Facts[server].Value!;
        Dictionary<string, Reading<FirewallFacts>> all = new(site.Facts)
        {
            [server] = Reading.Of(
                facts with
                {
                    Network = Reading.Of(facts.Network.Value! with { PolicyRouting = ["ip rule: from 192.0.2.0/24 lookup 100"] }),
                }),
        };
        return new(site.Site, all, site.Time);
    }
}
