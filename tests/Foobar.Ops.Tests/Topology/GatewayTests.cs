using System.Net;
using System.Text.Json;
using Foobar.Ops.Auditing;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Topology;

/// <summary>Two network firewalls stand on the same links: which of them a packet takes is its sender's route's to say.</summary>
public sealed class GatewayTests
{
    private const string Shut = "";
    private const string Open =
        "-A FORWARD -i public -o internal -p tcp --dport 80 -j ACCEPT\n-A FORWARD -i outside -o public -p tcp --dport 443 -j ACCEPT";

    private static readonly Site Site = SmallSite.Site with
    {
        Servers =
        [
            SmallSite.Make("fw-01", [Role.NetworkFirewall], "198.51.100.1", "192.0.2.1"),
            SmallSite.Make("fw-02", [Role.NetworkFirewall], "198.51.100.2", "192.0.2.2"),
            SmallSite.Make("lb-01", [Role.LoadBalancer], "198.51.100.10"),
            SmallSite.Make("web-01", [Role.Web], "192.0.2.11"),
        ],
        Policy = new Policy
        {
            Flows =
            [
                TestSite.MakeFlow("backends", "load-balancer", "web", "tcp/80"),
                TestSite.MakeFlow("visitors", "internet", "load-balancer", "tcp/443"),
            ],
        },
    };

    [Theory]
    [InlineData("198.51.100.1", false, "fw-01: ")]
    [InlineData("198.51.100.2", true, "web-01 takes it")]
    [InlineData(null, null, "fw-01 and fw-02 both lead to 192.0.2.11")]
    public void The_next_hop_is_the_server_whose_address_is_the_gateway(string? gateway, bool? passes, string because)
    {
        Forecast forecast = Follow(Case([Route("192.0.2.0/24", gateway)]));
        Assert.Equal(passes, forecast.Passes);
        Assert.StartsWith(because, forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_routes_the_one_with_the_lower_metric_leads() =>
        Assert.True(Follow(Case([Route("192.0.2.0/24", "198.51.100.1", 200), Route("192.0.2.0/24", "198.51.100.2", 100)])).Passes);

    [Fact]
    public void The_longer_prefix_leads_whatever_its_metric() =>
        Assert.True(Follow(Case([Route("192.0.2.0/24", "198.51.100.1", 1), Route("192.0.2.11/32", "198.51.100.2", 100)])).Passes);

    [Fact]
    public void Routers_that_share_the_traffic_leave_it_open_where_they_differ()
    {
        NetworkRoute[] shared = [Route("192.0.2.0/24", "198.51.100.1"), Route("192.0.2.0/24", "198.51.100.2")];
        Assert.Null(Follow(Case(shared)).Passes);
        Assert.True(Follow(Case(shared, first: Open)).Passes);
    }

    [Fact]
    public void A_gateway_that_is_no_server_of_the_site_is_named()
    {
        Forecast forecast = Follow(Case([Route("192.0.2.0/24", "198.51.100.254")]));
        Assert.False(forecast.HasWay);
        Assert.Contains("198.51.100.254", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_is_judged_on_the_router_that_it_takes()
    {
        Finding finding = Assert.Single(SmallSite.Judge("FW-014", Case([Route("192.0.2.0/24", "198.51.100.1")])));
        Assert.Equal((FindingStatus.Fail, "flow backends", "fw-01"), (finding.Status, finding.Target, finding.Server));
        Assert.Empty(SmallSite.Judge("FW-014", Case([Route("192.0.2.0/24", "198.51.100.2")])));
    }

    [Fact]
    public void Packets_come_in_where_default_routes_lead_to_a_router_that_is_none_of_the_sites()
    {
        SiteMap map = SmallSite.Map(Case([], uplinks: [Route("0.0.0.0/0", "203.0.113.254") with { Interface = "outside" }]));
        Assert.Equal(["fw-01 outside", "fw-02 outside"], map.Entries.Select(static entry => $"{entry.Server} {entry.Interface}"));
        Assert.Equal(
            ["outside -> fw-02 -> lb-01"],
            new SitePaths(map)
                .FromOutside(map.Fresh()).Arrived
                .Where(static journey => journey.At.Name == "lb-01")
                .Select(JourneyText.Way));
    }

    [Fact]
    public void A_link_local_gateway_is_looked_for_on_its_own_link()
    {
        SiteMap map = SmallSite.Map(Case([]));
        Gateway Of(string address) => new("public", IPAddress.Parse(address), 0, Alone: true);
        Assert.Equal("fw-02", map.Holder(map.Find("lb-01")!, Of("fe80::2"))?.Server.Name);
        Assert.Null(map.Holder(map.Find("lb-01")!, Of("fe80::3")));
    }

    [Fact]
    public void Gateways_of_every_form_are_read()
    {
        const string Routes = """
            [{"dst":"default","gateway":"198.51.100.1","dev":"d0","metric":100,"flags":[]},
            {"dst":"10.0.0.0/8","flags":[],"nexthops":[{"gateway":"198.51.100.1","dev":"d0","weight":1,"flags":[]},{"gateway":"192.0.2.1","dev":"d1","weight":1,"flags":["dead","linkdown"]}]},
            {"dst":"10.1.0.0/16","via":{"family":"inet6","host":"fe80::1"},"dev":"d0","flags":[]},
            {"type":"blackhole","dst":"10.2.0.0/16","flags":[]},{"dst":"10.3.0.0/16","nhid":5,"gateway":"198.51.100.3","dev":"d0","flags":[]},
            {"dst":"192.0.2.0/28","dev":"d1","protocol":"kernel","scope":"link","prefsrc":"192.0.2.10","flags":[]}]
            """;
        const string Routes6 = """
            [{"dst":"2001:db8:2::/64","metric":1024,"flags":[],"pref":"medium","nexthops":[{"gateway":"2001:db8:1::1","dev":"d0","weight":1,"flags":[]},{"gateway":"2001:db8:1::2","dev":"d0","weight":1,"flags":[]}]},
            {"dst":"default","gateway":"fe80::1","dev":"d0","metric":1024,"flags":[],"pref":"medium"}]
            """;
        Assert.Equal(
            [
                "0.0.0.0/0 d0 198.51.100.1 100",
                "10.0.0.0/8 d0 198.51.100.1 0",
                "10.1.0.0/16 d0 fe80::1 0",
                "10.2.0.0/16   0",
                "10.3.0.0/16 d0 198.51.100.3 0",
                "192.0.2.0/28 d1  0",
                "2001:db8:2::/64 d0 2001:db8:1::1 1024",
                "2001:db8:2::/64 d0 2001:db8:1::2 1024",
                "::/0 d0 fe80::1 1024",
            ],
            NetworkParser.Parse("", [Routes, Routes6], []).Routes
                .Select(static route => $"{route.Destination}/{route.PrefixLength} {route.Interface} {route.Gateway} {route.Metric}"));
    }

    [Fact]
    public void Routes_of_snapshots_from_before_gateways_were_kept_still_load()
    {
        NetworkRoute route = Route("0.0.0.0/0", "198.51.100.1", 100);
        Assert.Equal(
            route, JsonSerializer.Deserialize<NetworkRoute>(JsonSerializer.Serialize(route, SnapshotJson.Options), SnapshotJson.Options));
        Assert.Equal(
            route with { Gateway = null, Metric = 0 },
            JsonSerializer.Deserialize<NetworkRoute>(
                """{"destination":"0.0.0.0","prefixLength":0,"interface":"public"}""", SnapshotJson.Options));
    }

    private static NetworkRoute Route(string destination, string? gateway, long metric = 0) =>
        IPNetwork.Parse(destination) is var network
            ? new(network.BaseAddress, network.PrefixLength, "public", gateway is null ? null : IPAddress.Parse(gateway), metric)
            : null!;

    private static SiteCase<FirewallFacts> Case(NetworkRoute[] routes, string first = Shut, NetworkRoute[]? uplinks = null) => new(
        Site,
        new Dictionary<string, Reading<FirewallFacts>>
        {
            ["fw-01"] = SmallSite.Read(
                first, "", true, ["outside 203.0.113.1", "public 198.51.100.1", "public fe80::1", "internal 192.0.2.1"], uplinks ?? []),
            ["fw-02"] = SmallSite.Read(
                Open, "", true, ["outside 203.0.113.2", "public 198.51.100.2", "public fe80::2", "internal 192.0.2.2"], uplinks ?? []),
            ["lb-01"] = SmallSite.Read(
                "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 443 -j ACCEPT",
                "", false, ["public 198.51.100.10"], routes, 443),
            ["web-01"] = SmallSite.Read(
                "-A INPUT -p tcp --dport 80 -j ACCEPT", "", false, ["internal 192.0.2.11"],
                [Route("198.51.100.0/24", "192.0.2.2") with { Interface = "internal" }],
                80),
        },
        TestSite.Now);

    private static Forecast Follow(SiteCase<FirewallFacts> site)
    {
        SiteMap map = SmallSite.Map(site);
        return new Forecaster(map).Of(
            map.Find("lb-01"), IPAddress.Parse("198.51.100.10"), new Probe(IPAddress.Parse("192.0.2.11"), TransportProtocol.Tcp, 80));
    }
}
