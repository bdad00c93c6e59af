using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Packets that come in by an interface by which the server's routes do not lead to their source.</summary>
public sealed class ForgedSourceTests
{
    private const string Missing =
        """{"match":{"op":"==","left":{"fib":{"result":"oif","flags":["saddr","iif"]}},"right":false}},{"drop":null}""";

    private static readonly HostNetwork TwoLinks = new()
    {
        Interfaces = ["lo", "eth0", "eth1"],
        Addresses =
        [
            new(
                "lo", IPAddress.Loopback, 8), new(
                    "eth0", IPAddress.Parse("192.0.2.11"), 24), new("eth0", IPAddress.Parse("2001:db8:b::11"), 64),
            new("eth1", IPAddress.Parse("198.51.100.11"), 24), new("eth1", IPAddress.Parse("2001:db8:a::11"), 64),
        ],
        Routes =
        [
            new(IPAddress.Any, 0, "eth1"), new(IPAddress.Parse("192.0.2.0"), 24, "eth0"), new(IPAddress.Parse("198.51.100.0"), 24, "eth1"),
            new(
                IPAddress.IPv6Any, 0, "eth1"), new(
                    IPAddress.Parse("2001:db8:b::"), 64, "eth0"), new(IPAddress.Parse("2001:db8:a::"), 64, "eth1"),
        ],
    };

    private static readonly string FromPeer4 = $"{Payload("ip", "saddr", "\"192.0.2.12\"")},{Payload("tcp", "dport", "3306")},{Accept}";
    private static readonly string FromPeer6 =
        $"{Payload("ip6", "saddr", "\"2001:db8:b::12\"")},{Payload("tcp", "dport", "3306")},{Accept}";

    [Fact]
    public void A_rule_that_trusts_an_address_whatever_the_interface_lets_a_forged_one_in()
    {
        IReadOnlyList<Finding> findings = Judge(Filter(0, 0), FromPeer4);
        Finding open = Assert.Single(findings, static finding => finding.Status == FindingStatus.Fail);
        Assert.Equal("interface eth1", open.Target);
        Assert.Contains("ip saddr 192.0.2.12", open.Actual, StringComparison.Ordinal);
        Assert.Contains(
            "tcp 192.0.2.12:40000 -> 192.0.2.11:3306 (new in eth1) passes: inet t in rule 1", open.Evidence, StringComparison.Ordinal);
        Assert.Equal(FindingStatus.Pass, Assert.Single(findings, static finding => finding.Target == "interface eth0").Status);
    }

    [Theory]
    [InlineData(1, 0, FindingStatus.Pass)]
    [InlineData(0, 1, FindingStatus.Pass)]
    [InlineData(2, 0, FindingStatus.Fail)]
    [InlineData(1, 2, FindingStatus.Fail)]
    [InlineData(0, 0, FindingStatus.Fail)]
    public void The_greater_of_both_settings_holds_and_only_a_strict_one_is_enough(int all, int own, FindingStatus expected) =>
        Assert.Equal(
            expected,
            Judge(Filter(all, own), FromPeer4)
                .Max(static finding => finding.Status == FindingStatus.Fail ? FindingStatus.Fail : FindingStatus.Pass));

    [Fact]
    public void The_kernel_s_setting_does_nothing_for_IPv6()
    {
        Assert.Contains(Judge(Filter(1, 1), FromPeer6), static finding => finding.Status == FindingStatus.Fail);
        Assert.All(Judge(Filter(1, 1), Missing, FromPeer6), static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void Rules_close_it_by_the_way_back_or_by_the_interface()
    {
        const string ByEth0 = """{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"eth0"}}""";
        Assert.All(Judge(Filter(0, 0), Missing, FromPeer4, FromPeer6), static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
        Assert.All(
            Judge(Filter(0, 0), $"{ByEth0},{FromPeer4}", $"{ByEth0},{FromPeer6}"),
            static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void A_setting_that_could_not_be_read_leaves_IPv4_open_to_doubt_and_nothing_else()
    {
        Reading<IReadOnlyList<ReversePathSetting>> unread = Reading.Unreadable<IReadOnlyList<ReversePathSetting>>("no /proc");
        Finding unknown = Assert.Single(Judge(unread, FromPeer4), static finding => finding.Status != FindingStatus.Pass);
        Assert.Equal(FindingStatus.Unknown, unknown.Status);
        Assert.Contains("no /proc", unknown.Reason, StringComparison.Ordinal);
        Assert.Contains(Judge(unread, FromPeer6), static finding => finding.Status == FindingStatus.Fail);
        Assert.All(Judge(unread, Missing, FromPeer4, FromPeer6), static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void What_comes_by_one_interface_only_is_not_judged()
    {
        FirewallFacts facts = Fixture.Facts(Input("drop", FromPeer4));
        Assert.Equal(FindingStatus.NotApplicable, Assert.Single(Fixture.Judge("FW-017", facts)).Status);
        HostNetwork bridged = Fixture.Network with
        {
            Addresses = [.. Fixture.Network.Addresses, new("port", IPAddress.Parse("fe80::1"), 64)],
            Links = [new("eth0", "port", IsBridge: true)],
        };
        Assert.Equal(
            FindingStatus.NotApplicable, Assert.Single(Fixture.Judge("FW-017", facts with { Network = Reading.Of(bridged) })).Status);
    }

    [Fact]
    public void Where_routes_are_not_known_nothing_is_told()
    {
        HostNetwork routed = TwoLinks with { PolicyRouting = ["ip rule: priority 100"] };
        Finding unknown = Assert.Single(
            Fixture.Judge("FW-017", Fixture.Facts(Input("drop", FromPeer4)) with { Network = Reading.Of(routed) }));
        Assert.Equal(FindingStatus.Unknown, unknown.Status);
        Assert.Contains("policy routing is not modelled", unknown.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_forwarded_is_judged_too()
    {
        const string Forward =
            """{"chain":{"family":"inet","table":"t","name":"f","handle":20,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}""";
        const string Closed =
            """{"chain":{"family":"inet","table":"t","name":"in","handle":19,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";
        string listing = Listing(Closed, Forward, Rule("f", 21, $"{Payload("ip", "saddr", "\"192.0.2.12\"")},{Accept}"));
        FirewallFacts facts = Fixture.Facts(listing, forwarding: true) with { Network = Reading.Of(TwoLinks), ReversePath = Filter(0, 0) };
        Assert.Contains(
            Fixture.Judge("FW-017", facts),
            static finding =>
                finding.Status == FindingStatus.Fail && finding.Evidence!.Contains("inet t f rule 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, false, FindingStatus.Pass)]
    [InlineData(false, true, FindingStatus.Fail)]
    public void Of_what_is_forwarded_only_the_IP_version_that_the_kernel_forwards_is_judged(bool four, bool six, FindingStatus expected)
    {
        const string Forward =
            """{"chain":{"family":"inet","table":"t","name":"f","handle":20,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}""";
        const string Closed =
            """{"chain":{"family":"inet","table":"t","name":"in","handle":19,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";
        string source = $"{Payload("ip6", "saddr", "\"2001:db8:b::12\"")},{Accept}";
        FirewallFacts facts = Fixture.Facts(Listing(Closed, Forward, Rule("f", 21, source))) with
        {
            Network = Reading.Of(TwoLinks), ReversePath = Filter(0, 0), Forwarding = Reading.Of(new ForwardingSettings(four, six)),
        };

        Assert.Equal(
            expected,
            Fixture.Judge("FW-017", facts)
                .Max(static finding => finding.Status == FindingStatus.Fail ? FindingStatus.Fail : FindingStatus.Pass));
    }

    [Fact]
    public void The_settings_are_read_by_interface()
    {
        Assert.Equal(
            [new("all", 0), new("eth0.10", 2)],
            KernelSettings.ReversePath("ipv4/ip_forward:1\nipv4/conf/all/rp_filter:0\nipv4/conf/eth0.10/rp_filter:2\n"));
        Assert.Throws<Foobar.Ops.Errors.ParseException>(
            static () => KernelSettings.ReversePath("ipv4/conf/all/rp_filter:0\nipv4/conf/eth0/rp_filter:\n"));
    }

    private static Reading<IReadOnlyList<ReversePathSetting>> Filter(int all, int own) =>
        Reading.Of<IReadOnlyList<ReversePathSetting>>([new("all", all), new("default", 1), new("eth0", own), new("eth1", own)]);

    private static IReadOnlyList<Finding> Judge(Reading<IReadOnlyList<ReversePathSetting>> filter, params string[] rules) =>
        Fixture.Judge("FW-017", Fixture.Facts(Input("drop", rules)) with { Network = Reading.Of(TwoLinks), ReversePath = filter });
}
