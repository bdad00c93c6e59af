using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Topology;

public sealed class TopologyFoundTests
{
    private static readonly SiteTopology Well = new TopologySample().Found;

    [Fact]
    public void Each_server_has_its_components_with_what_they_listen_on()
    {
        Assert.Equal(
            ["packet filter", "HAProxy", "prometheus-node-exporter"],
            Well.Find("lb-01")!.Components.Select(static component => component.Name));
        Assert.Equal(
            ["packet filter", "nginx", "shop", "MariaDB 9.7.0", "prometheus-node-exporter"],
            Well.Find("web-01")!.Components.Select(static component => component.Name));
        Assert.Equal(
            [new PortRange(TransportProtocol.Tcp, 80, 80)],
            Well.Find("web-01")!.Components.Single(static component => component.Kind == ComponentKind.Web).Ports);
        Assert.Equal([MemberRole.Primary, MemberRole.Replica], Well.Databases.Select(static component => component.DatabaseRole!.Value));
    }

    [Fact]
    public void A_flow_that_passes_the_network_firewall_names_it()
    {
        TopologyLink visitors = Link("internet", "lb-01", 443);

        Assert.Equal(LinkState.Open, visitors.State);
        Assert.Equal(["fw-01", "lb-01"], visitors.Path);
        Assert.Equal(["fw-01", "lb-01"], visitors.Firewalls);
        Assert.Equal(["visitors"], visitors.Flows);
    }

    [Fact]
    public void What_configurations_lead_to_joins_the_flow_that_declares_it()
    {
        Assert.Equal(["HAProxy web/web-01"], Link("lb-01", "web-01", 80).ConfiguredBy);
        Assert.Equal(["HAProxy mysql-write/web-01"], Link("lb-01", "web-01", 3306).ConfiguredBy);
        Assert.Equal(["replication"], Link("web-02", "web-01", 3306).ConfiguredBy);
        Assert.DoesNotContain(Well.Links, static link => link.From == link.To);
    }

    [Fact]
    public void A_leg_tells_how_well_a_link_is_protected() =>
        Assert.Equal((LegRating.Plain, "lb-01 -> web-01:80"), (Link("lb-01", "web-01", 80).Tls!.Value, Link("lb-01", "web-01", 80).Leg));

    [Fact]
    public void Writes_lead_where_the_balancer_leads_them() =>
        Assert.Equal(("lb-01", "mysql-write", "web-01"), (Well.Writes!.Server, Well.Writes.Backend, Assert.Single(Well.Writes.LeadsTo)));

    [Fact]
    public void Connections_are_counted_once_though_both_ends_tell_of_them()
    {
        TopologySample sample = new TopologySample()
            .With(
                "web-01",
                static sockets => sockets with
                {
                    Conversations = Reading.Of<IReadOnlyList<Conversation>>([
                        TopologySample.Conversation(true, "192.0.2.11", "192.0.2.10", 80),
                    ]),
                })
            .With(
                "lb-01",
                static sockets => sockets with
                {
                    Conversations = Reading.Of<IReadOnlyList<Conversation>>([
                        TopologySample.Conversation(false, "192.0.2.10", "192.0.2.11", 80),
                    ]),
                });

        Assert.Equal(2, sample.Found.Links.Single(static link => link is { From: "lb-01", To: "web-01", Ports.First: 80 }).Connections);
    }

    [Fact]
    public void Who_comes_from_outside_is_the_internet_or_the_network_that_is_declared_for_him()
    {
        TopologySample sample = new TopologySample().With("lb-01", static sockets => sockets with
        {
            Conversations = Reading.Of<IReadOnlyList<Conversation>>([
                TopologySample.Conversation(true, "198.51.100.10", "203.0.113.9", 443),
                TopologySample.Conversation(true, "198.51.100.10", "203.0.113.7", 22),
            ]),
        });

        Assert.Equal(2, sample.Found.Links.Single(static link => link is { From: "internet", To: "lb-01", Ports.First: 443 }).Connections);
        Assert.Equal(2, sample.Found.Links.Single(static link => link is { From: "operator", To: "lb-01", Ports.First: 22 }).Connections);
        Assert.DoesNotContain(sample.Found.Links, static link => link.IsUndeclared);
    }

    [Fact]
    public void A_flow_that_a_firewall_stops_is_closed_there()
    {
        TopologySample sample = new();
        sample.Firewalls["fw-01"] = SmallSite.Case(
            wall: "-A FORWARD -i outside -o public -d 198.51.100.10/32 -p tcp --dport 80 -j ACCEPT").Facts["fw-01"];
        sample.Firewalls["web-02"] = SmallSite.Case(second: "").Facts["web-02"];

        TopologyLink closed = sample.Found.Links.Single(static link => link is { From: "lb-01", To: "web-02", Ports.First: 80 });

        Assert.Equal((LinkState.Closed, "web-02"), (closed.State, closed.ClosedAt));
    }

    [Fact]
    public void A_way_through_a_server_that_was_not_read_is_not_known()
    {
        TopologySample sample = new();
        sample.Firewalls["lb-01"] = Reading.Unreadable<Foobar.Ops.Firewall.FirewallFacts>("it was struck by lightning");

        Assert.Equal(
            LinkState.Unknown, sample.Found.Links.Single(static link => link is { From: "lb-01", To: "web-01", Ports.First: 80 }).State);
        Assert.Contains(sample.Found.Find("lb-01")!.Unread, static unread => unread.Contains("lightning", StringComparison.Ordinal));
    }

    [Fact]
    public void The_part_around_a_server_holds_its_links_alone()
    {
        SiteTopology part = Well.Around(["web-01"]);

        Assert.Equal(["web-01"], part.Servers.Select(static server => server.Server));
        Assert.All(part.Links, static link => Assert.Contains("web-01", (string[])[link.From, link.To]));
        Assert.Contains(Well.Around(["fw-01"]).Links, static link => link is { From: "internet", To: "lb-01" });
    }

    private static TopologyLink Link(string from, string to, int port) =>
        Well.Links.Single(link => link.From == from && link.To == to && link.Ports.First == port);
}
