using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Tests.Topology;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>
/// A network firewall with a default route, as every one in use has it, does not stand between servers that share a network.
/// </summary>
public sealed class DirectWaysTests
{
    private static readonly NetworkRoute Default = new(IPAddress.Any, 0, "outside", IPAddress.Parse("203.0.113.254"));
    private static readonly NetworkRoute Inside = new(IPAddress.Parse("192.0.2.0"), 24, "public", IPAddress.Parse("198.51.100.10"));

    [Theory]
    [InlineData("198.51.100.10/32", "192.0.2.11/32", true)]
    [InlineData("192.0.2.11/32", "198.51.100.10/32", true)]
    [InlineData("192.0.2.0/24", "198.51.100.10/32", true)]
    [InlineData("192.0.2.64/26", "198.51.100.10/32", true)]
    [InlineData("192.0.2.10/32", "198.51.100.1/32", true)]
    [InlineData("198.51.100.10/32", "198.51.100.1/32", false)]
    [InlineData("203.0.113.7/32", "198.51.100.10/32", false)]
    [InlineData("203.0.113.7/32", "192.0.2.11/32", false)]
    [InlineData("0.0.0.0/1", "192.0.2.11/32", false)]
    public void Ends_that_a_network_joins_reach_each_other_by_it(string from, string to, bool expected) =>
        Assert.Equal(expected, new DirectWays(SmallSite.Site, Wall(Default)).Join(IPNetwork.Parse(from), IPNetwork.Parse(to)));

    [Fact]
    public void A_server_with_routes_of_its_own_to_both_ends_may_stand_between_them() =>
        Assert.False(
            new DirectWays(SmallSite.Site, Wall(Default, Inside))
                .Join(IPNetwork.Parse("198.51.100.10/32"), IPNetwork.Parse("192.0.2.11/32")));

    // Servers at several providers: each reaches all others by its default route.
    [Fact]
    public void Servers_that_no_declared_network_joins_are_apart()
    {
        Site apart = SmallSite.Site with { Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>() };

        Assert.False(new DirectWays(apart, Wall(Default)).Join(IPNetwork.Parse("192.0.2.10/32"), IPNetwork.Parse("192.0.2.11/32")));
    }

    [Fact]
    public void Without_known_routes_nothing_can_be_told() =>
        Assert.Empty(
            new DirectWays(SmallSite.Site, Wall(Default) with { PolicyRouting = ["ip rule: from 192.0.2.0/24 lookup 100"] }).Groups);

    [Fact]
    public void No_flow_between_such_servers_is_asked_of_the_network_firewall()
    {
        FirewallFacts facts = SmallSite.Case().Facts["fw-01"].Value!;
        FirewallFacts routed = facts with
        {
            Network = Reading.Of(facts.Network.Value! with { Routes = [.. facts.Network.Value!.Routes, Default] }),
        };

        Finding[] found = [.. TestSite.Judge(FirewallControls.All, "FW-002", routed, "fw-01", SmallSite.Site)];

        Assert.Equal(
            ["flow operators", "flow visitors"],
            found.Where(finding => finding.Status == FindingStatus.Pass).Select(finding => finding.Target).Distinct().Order());
        Assert.DoesNotContain(found, finding => finding.Status != FindingStatus.Pass);
    }

    // Spoofed from outside, such a rule would open the balancer's database port to the internet.
    [Fact]
    public void No_rule_for_such_a_flow_is_written()
    {
        string rules = PolicyRuleset.Render(SmallSite.Site, SmallSite.Site.Find("fw-01")!, Wall(Default));

        Assert.Contains("flow visitors", rules, StringComparison.Ordinal);
        Assert.Contains("flow operators", rules, StringComparison.Ordinal);
        Assert.All(
            ["flow backends", "flow writes", "flow members", "flow replication", "3306"],
            words => Assert.DoesNotContain(words, rules, StringComparison.Ordinal));
    }

    [Fact]
    public void A_flow_that_does_pass_is_written() =>
        Assert.Contains(
            "flow backends",
            PolicyRuleset.Render(SmallSite.Site, SmallSite.Site.Find("fw-01")!, Wall(Default, Inside)),
            StringComparison.Ordinal);

    private static HostNetwork Wall(params NetworkRoute[] routes)
    {
        HostNetwork network = SmallSite.Case().Facts["fw-01"].Value!.Network.Value!;
        return network with { Routes = [.. network.Routes, .. routes] };
    }
}
