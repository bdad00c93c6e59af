using System.Net;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Operations.InventoryChange;

namespace Foobar.Ops.Tests.Discovery;

/// <summary>Which networks a site has, and whose addresses are whose.</summary>
public sealed class NetworkFinderTests
{
    [Theory]
    [InlineData("maintenance", "198.18.0.11", 24, "198.18.0.0/24")]
    [InlineData("internal", "198.18.0.11", 24, "198.18.0.0/24")]
    [InlineData("internal", "198.18.0.11", 32, "198.18.0.11/32")]
    [InlineData("internal", "2001:db8:bad::11", 64, "2001:db8:bad::/64")]
    public void A_network_that_one_server_has_and_nothing_uses_is_a_question(string link, string address, int prefix, string network)
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "web-01",
                server => server with { Network = DiscoveredSite.Network((link, address, prefix), ("internal", "192.0.2.11", 24)) })
            .Propose();

        Assert.Equal(
            ["public 198.51.100.0/24", "internal 192.0.2.0/24", "operator 203.0.113.2/32"],
            proposal.Site.Networks.Select(static each => $"{each.Key} {string.Join(",", each.Value)}"));
        Assert.Equal([IPAddress.Parse("192.0.2.11")], proposal.Site.Find("web-01")!.Addresses);
        InventoryQuestion question = Assert.Single(proposal.Questions, static each => each.Kind == QuestionKind.Unexplained);
        Assert.Equal(
            ("networks", "web-01", $"What is {network} of web-01 for?"), (question.Key, question.Server, question.What));
    }

    [Fact]
    public void The_first_load_balancer_s_own_network_does_not_take_the_name_of_the_shared_one()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With("lb-01", static server => server with
            {
                Network = DiscoveredSite.Network(
                    ("backup", "198.18.0.10", 24), ("public", "198.51.100.10", 24), ("internal", "192.0.2.10", 24)),
                Time = Reading.Of(new TimeFacts([], [IPAddress.Parse("192.0.2.11")])),
            })
            .With("web-01", static server => server with { Time = Reading.Of(new TimeFacts([IPAddress.Parse("198.18.0.10")], [])) })
            .Propose();

        Assert.Equal(
            ["public 198.51.100.0/24", "internal 192.0.2.0/24", "internal-2 198.18.0.0/24", "operator 203.0.113.2/32"],
            proposal.Site.Networks.Select(static each => $"{each.Key} {string.Join(",", each.Value)}"));
    }

    [Theory]
    [InlineData("backend")]
    [InlineData("session")]
    [InlineData("connection")]
    [InlineData("route")]
    public void A_network_of_one_server_that_is_used_is_one_of_the_site(string use)
    {
        DiscoveredSite site = new DiscoveredSite().With("web-01", server => server with
        {
            Network = DiscoveredSite.Network(("routed", "198.18.0.11", 24), ("internal", "192.0.2.11", 24)),
            Host = use == "session"
                ? Reading.Of(HostScript.Parse(
                    "==> name\nweb-01\n\n==> session\n192.0.2.10 50000 198.18.0.11 22\n\n==> forwarding\n0\n"))
                : server.Host,
            Sockets = use == "connection"
                ? DiscoveredSite.Sockets(
                    "", """1 in tcp 198.18.0.11:80 192.0.2.10:0 users:(("nginx",pid=9))""", "9 /system.slice/nginx.service")
                : server.Sockets,
        });
        if (use == "backend")
        {
            site.With("lb-01", static server => server with
            {
                Balancer = DiscoveredSite.Balancer(
                    DiscoveredSite.Haproxy.Replace("192.0.2.11:80", "198.18.0.11:80", StringComparison.Ordinal)),
            });
        }
        else if (use == "route")
        {
            // The others are beyond a router.
            site.With("web-01", static server => server with
            {
                Network = Reading.Of(
                    DiscoveredSite.Network(("routed", "198.18.0.11", 24)).Value! with
                    {
                        Routes = [new(IPAddress.Any, 0, "routed", IPAddress.Parse("198.18.0.1"))],
                    }),
            });
        }

        InventoryProposal proposal = site.Propose();

        Assert.Contains(
            proposal.Site.Networks.SelectMany(static pair => pair.Value), static network => network.ToString() == "198.18.0.0/24");
        Assert.DoesNotContain(proposal.Questions, static question => question.Key == "networks");
    }

    [Fact]
    public void Listening_on_every_address_does_not_make_every_network_the_visitors()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With("lb-01", static server => server with
            {
                Network = Reading.Of(
                    DiscoveredSite.Network(
                        ("maintenance", "198.18.0.10", 24), ("internal", "192.0.2.10", 24), ("public", "198.51.100.10", 24)).Value! with
                    {
                        Routes = [new(IPAddress.Any, 0, "public", IPAddress.Parse("198.51.100.1"))],
                    }),
                Balancer = DiscoveredSite.Balancer(DiscoveredSite.Haproxy.Replace("198.51.100.10:", ":", StringComparison.Ordinal)),
            })
            .Propose();

        Assert.Equal(
            ["public 198.51.100.0/24", "internal 192.0.2.0/24", "operator 203.0.113.2/32"],
            proposal.Site.Networks.Select(static each => $"{each.Key} {string.Join(",", each.Value)}"));
        Assert.Contains(proposal.Questions, static question => question.What == "What is 198.18.0.0/24 of lb-01 for?");
    }

    [Fact]
    public void An_address_of_two_servers_that_are_no_load_balancers_is_no_virtual_address()
    {
        static ServerDiscovery Both(ServerDiscovery server, string own) =>
            server with { Network = DiscoveredSite.Network(("internal", own, 24), ("internal", "192.0.2.50", 32)) };
        ServerDiscovery second = DiscoveredSite.Server(
            "lb-02", "203.0.113.2", DiscoveredSite.Network(("public", "198.51.100.16", 24), ("internal", "192.0.2.16", 24))) with
        {
            Balancer = DiscoveredSite.Balancer(DiscoveredSite.Haproxy),
        };
        InventoryProposal proposal = new DiscoveredSite()
            .With("web-01", static server => Both(server, "192.0.2.11"))
            .With("web-02", static server => Both(server, "192.0.2.12"))
            .Add(second)
            .Propose();

        Assert.Empty(proposal.Site.Policy.LoadBalancing.VirtualAddresses);
        Assert.Contains(
            proposal.Questions,
            static question => question is { Kind: QuestionKind.Unexplained, What: "Whose address is 192.0.2.50?" });
    }
}
