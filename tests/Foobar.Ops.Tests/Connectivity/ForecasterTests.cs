using System.Net;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Tests.Topology;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Connectivity;

/// <summary>What the models say of a packet on its whole way.</summary>
public sealed class ForecasterTests
{
    private const string Operator = "203.0.113.7";

    [Fact]
    public void A_packet_from_outside_goes_through_the_network_firewall_and_the_servers_own()
    {
        Forecast forecast = Follow(SmallSite.Case(), null, Operator, "198.51.100.10", 443);
        Assert.Equal((true, true), (forecast.Passes, forecast.Listens));
        Assert.Contains("lb-01", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_network_firewall_drops_names_it()
    {
        Forecast forecast = Follow(SmallSite.Case(), null, Operator, "198.51.100.10", 3306);
        Assert.Equal((false, false), (forecast.Passes, forecast.Rejects));
        Assert.StartsWith("fw-01: ", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_rejects_is_told_from_what_it_drops() =>
        Assert.Equal(
            (false, true),
            Follow(SmallSite.Case(), null, Operator, "198.51.100.10", 25) is { } forecast ? (forecast.Passes, forecast.Rejects) : default);

    [Fact]
    public void What_the_server_itself_drops_names_it()
    {
        Forecast forecast = Follow(
            SmallSite.Case(balancer: SmallSite.Balancer.Replace("80,443", "80", StringComparison.Ordinal)),
            null, Operator, "198.51.100.10", 443);
        Assert.False(forecast.Passes);
        Assert.StartsWith("lb-01: ", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_the_sender_does_not_take_stops_the_connection()
    {
        Forecast forecast = Follow(SmallSite.Case(balancerAnswers: false), "lb-01", "192.0.2.10", "192.0.2.11", 80);
        Assert.False(forecast.Passes);
        Assert.StartsWith("the answer: lb-01", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void A_firewall_that_does_not_forward_lets_nothing_through()
    {
        Forecast forecast = Follow(SmallSite.Case(forwards: false), null, Operator, "198.51.100.10", 443);
        Assert.False(forecast.Passes);
        Assert.Contains("does not forward", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void A_firewall_of_which_it_is_not_known_whether_it_forwards_leaves_it_open()
    {
        SiteCase<FirewallFacts> site = SmallSite.Case();
        FirewallFacts wall = site.Facts["fw-01"].Value! with { Forwarding = Reading.Unreadable<ForwardingSettings>("no /proc") };
        Forecast forecast = Follow(
            site with { Facts = new Dictionary<string, Reading<FirewallFacts>>(site.Facts) { ["fw-01"] = Reading.Of(wall) } },
            null, Operator, "198.51.100.10", 443);
        Assert.Null(forecast.Passes);
        Assert.Contains("fw-01: whether it forwards", forecast.Because, StringComparison.Ordinal);
    }

    [Fact]
    public void Translation_of_the_destination_is_followed_to_where_it_ends()
    {
        Forecast forecast = Follow(
            SmallSite.Case(nat: "-A PREROUTING -i outside -p tcp --dport 8443 -j DNAT --to-destination 198.51.100.10:443"),
            null, Operator, "203.0.113.1", 8443);
        Assert.True(forecast.Passes, forecast.Because);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("198.51.100.10"), 443), forecast.End);
    }

    [Theory]
    [InlineData(null, Operator, "192.0.2.11")]
    [InlineData("web-01", "192.0.2.11", "198.51.100.1")]
    [InlineData("web-01", "192.0.2.11", "192.0.2.77")]
    public void What_no_route_leads_to_has_no_way(string? sender, string source, string to) =>
        Assert.False(Follow(SmallSite.Case(), sender, source, to, 80).HasWay);

    [Fact]
    public void A_server_that_was_not_read_makes_its_way_untold()
    {
        Forecast forecast = Follow(SmallSite.Case(unread: "fw-01"), null, Operator, "192.0.2.11", 80);
        Assert.Null(forecast.Passes);
        Assert.Contains("lightning", forecast.Because, StringComparison.Ordinal);
    }

    private static Forecast Follow(SiteCase<FirewallFacts> site, string? sender, string source, string to, int port)
    {
        SiteMap map = SmallSite.Map(site);
        return new Forecaster(map).Of(
            map.All.FirstOrDefault(server => server.Name == sender),
            IPAddress.Parse(source),
            new Probe(IPAddress.Parse(to), TransportProtocol.Tcp, port));
    }
}
