using Foobar.Ops.Findings;
using Foobar.Ops.Topology;
using static Foobar.Ops.Tests.Topology.SmallSite;

namespace Foobar.Ops.Tests.Topology;

public sealed class WayControlTests
{
    [Fact]
    public void A_clean_site_has_no_finding_and_its_ways_are_travelled()
    {
        Assert.All(SiteFirewallControls.All, control => Assert.Empty(Judge(control.Info.Id, Case())));

        SiteMap map = SiteMap.Of(Case());
        Ends ends = new SitePaths(map).FromOutside(Foobar.Ops.Firewall.Spaces.Diagram.True);
        Assert.Equal("outside -> fw-01 -> lb-01", JourneyText.Way(Assert.Single(ends.Arrived, journey => journey.At.Name != "fw-01")));
        Assert.Contains(ends.Stopped, journey => journey.At.Name == "fw-01");
    }

    [Fact]
    public void A_flow_that_one_server_on_the_way_stops_is_found_with_that_server_and_its_rule()
    {
        Finding finding = Assert.Single(
            Judge("FW-014", Case(wall: "-A FORWARD -d 198.51.100.10/32 -p tcp --dport 80 -j DROP\n" + Wall + "\n" + Operators)));
        Assert.Equal((FindingStatus.Fail, "flow visitors", "fw-01"), (finding.Status, finding.Target, finding.Server));
        Assert.Contains("-> 198.51.100.10:80", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("fw-01: ip filter FORWARD rule 2: drop", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_that_its_sender_does_not_let_out_is_found()
    {
        Finding finding = Assert.Single(Judge("FW-014", Case(first: "-A OUTPUT -d 192.0.2.12/32 -p tcp --dport 3306 -j DROP\n" + First)));
        Assert.Equal(("flow replication", "web-01"), (finding.Target, finding.Server));
        Assert.Contains("192.0.2.11:40000 -> 192.0.2.12:3306", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_is_reached_if_one_of_its_addresses_is() => Assert.Empty(Judge("FW-014", Case(leadsInside: true)));

    [Fact]
    public void A_rate_limit_on_the_way_leaves_a_flow_open() =>
        Assert.Empty(
            Judge("FW-014", Case(first: First.Replace("--dport 3306", "--dport 3306 -m limit --limit 3/min", StringComparison.Ordinal))));

    [Fact]
    public void A_translation_and_a_masquerade_that_open_the_database_are_found_with_every_hop()
    {
        Finding[] found = Judge("FW-015", Case(
            wall: Wall + "\n-A FORWARD -i outside -o public -d 192.0.2.11/32 -j ACCEPT",
            nat: "-A PREROUTING -i outside -d 203.0.113.1/32 -p tcp --dport 3307 -j DNAT --to-destination 192.0.2.11:3306",
            balancer: Balancer + "\n-A FORWARD -o internal -j ACCEPT",
            balancerNat: "-A POSTROUTING -o internal -j SNAT --to-source 192.0.2.10",
            balancerForwards: true,
            leadsInside: true));

        Finding finding = Assert.Single(found, finding => finding.Evidence!.Contains("-> 203.0.113.1:3307", StringComparison.Ordinal));
        Assert.Equal(("outside -> fw-01 -> lb-01 -> web-01", "web-01"), (finding.Target, finding.Server));
        Assert.Contains(
            "lb-01: ip filter FORWARD rule 2: accept; ip nat POSTROUTING rule 1: source translation",
            finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("web-01: ip filter INPUT rule 2: accept", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_translation_to_another_port_is_found_though_each_firewall_alone_allows_what_it_sees()
    {
        Finding[] found = Judge("FW-015", Case(
            wall: Wall + "\n-A FORWARD -m conntrack --ctstatus DNAT -j ACCEPT",
            nat: "-A PREROUTING -d 198.51.100.10/32 -p tcp --dport 80 -j DNAT --to-destination 198.51.100.10:22\n"
                + "-A POSTROUTING -m conntrack --ctstatus DNAT -j SNAT --to-source 203.0.113.7"));
        Finding finding = Assert.Single(found);
        Assert.Equal((FindingStatus.Fail, "outside -> fw-01 -> lb-01", "lb-01"), (finding.Status, finding.Target, finding.Server));
        Assert.Contains("dport 80 ", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("becomes tcp 203.0.113.7:40000 -> 198.51.100.10:22", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("lb-01: ip filter INPUT rule 4: accept", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_translation_to_where_a_declared_flow_leads_is_no_finding() =>
        Assert.Empty(
            Judge(
                "FW-015",
                Case(nat: "-A PREROUTING -i outside -d 203.0.113.1/32 -p tcp --dport 443 -j DNAT --to-destination 198.51.100.10:443")));

    [Fact]
    public void A_server_that_forwards_behind_the_network_firewall_is_found_where_it_leads_to()
    {
        Finding[] found = Judge("FW-015", Case(
            balancer: Balancer + "\n-A FORWARD -i internal -o public -j ACCEPT",
            wall: Wall + "\n" + Operators + "\n-A INPUT -i public -p tcp --dport 8080 -j ACCEPT",
            first: First,
            balancerForwards: true,
            balancerNat: "-A PREROUTING -i internal -d 192.0.2.10/32 -p tcp --dport 9999 -j DNAT --to-destination 198.51.100.1:8080"));
        Assert.Equal(["web-01 -> lb-01 -> fw-01", "web-02 -> lb-01 -> fw-01"], found.Select(finding => finding.Target));
        Assert.All(found, finding => Assert.Contains("dport 9999", finding.Actual, StringComparison.Ordinal));
    }

    [Fact]
    public void Replication_that_could_not_run_the_other_way_is_found_before_the_failover()
    {
        Finding finding = Assert.Single(
            Judge("FW-016", Case(second: Second.Replace("192.0.2.11", "192.0.2.99", StringComparison.Ordinal))));
        Assert.Equal((FindingStatus.Fail, "primary web-02", "web-02"), (finding.Status, finding.Target, finding.Server));
        Assert.Contains("replication: web-01 -> web-02", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("192.0.2.11:40000 -> 192.0.2.12:3306", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_balancer_that_can_t_reach_the_other_database_is_found()
    {
        Finding finding = Assert.Single(
            Judge("FW-016", Case(second: Second.Replace("192.0.2.10", "192.0.2.99", StringComparison.Ordinal))));
        Assert.Contains("the write endpoint: lb-01 -> web-02", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_could_not_be_read_is_unknown_and_named() =>
        Assert.All(SiteFirewallControls.All, control => Assert.Contains(
            Judge(control.Info.Id, Case(unread: "web-02")),
            finding =>
                finding.Status == FindingStatus.Unknown
                    && finding.Server == "web-02"
                    && finding.Reason!.Contains("lightning", StringComparison.Ordinal)));
}
