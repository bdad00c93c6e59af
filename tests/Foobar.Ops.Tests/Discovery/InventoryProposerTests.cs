using System.Net;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Operations.InventoryChange;

namespace Foobar.Ops.Tests.Discovery;

public sealed class InventoryProposerTests
{
    private static string[] Flows(InventoryProposal proposal) =>
        [
            .. proposal.Site.Policy.Flows.Select(
                static flow => $"{flow.Name}: {string.Join(",", flow.From)} > {string.Join(",", flow.To)} {string.Join(",", flow.Ports)}"),
        ];

    [Fact]
    public void A_small_site_is_found_whole()
    {
        InventoryProposal proposal = new DiscoveredSite().Propose();

        Assert.Equal("www.foobar.com", proposal.Site.Name);
        Assert.Equal(
            ["lb-01: LoadBalancer 198.51.100.10,192.0.2.10", "web-01: Web,App,Database 192.0.2.11", "web-02: Web,App,Database 192.0.2.12"],
            proposal.Site.Servers.Select(
                static server => $"{server.Name}: {string.Join(",", server.Roles)} {string.Join(",", server.Addresses)}"));
        Assert.Equal(
            ["public 198.51.100.0/24", "internal 192.0.2.0/24", "operator 203.0.113.2/32"],
            proposal.Site.Networks.Select(static network => $"{network.Key} {string.Join(",", network.Value)}"));
        Assert.Equal(
            [
                "visitors: internet,operator > load-balancer tcp/80,tcp/443", "backends: load-balancer > web tcp/80",
                "database-members: load-balancer > database tcp/3306",
                "database-endpoint: app > load-balancer tcp/3306", "replication: database > database tcp/3306",
                "operators: operator > load-balancer tcp/22",
                "jump: load-balancer > web tcp/22", "time: web > load-balancer udp/123",
            ],
            Flows(proposal));
        Assert.Equal(["shop.service"], proposal.Site.Policy.Servers.Units[Role.App]);
        Assert.Equal("pages", proposal.Site.Policy.LoadBalancing.WebBackend);
        Assert.Equal(
            ("lb-01", "mysql-write", "192.0.2.10:3306"),
            (
                proposal.Site.Policy.Database!.WriteEndpoint!.Server,
                proposal.Site.Policy.Database.WriteEndpoint.Backend,
                proposal.Site.Policy.Database.WriteEndpoint.Address));
        Assert.Equal(Role.LoadBalancer, proposal.Site.Policy.Tls.EndsAt);
        Assert.DoesNotContain(proposal.Questions, static question => question.Kind == QuestionKind.Unexplained);
    }

    [Fact]
    public void What_is_written_is_an_inventory()
    {
        InventoryProposal proposal = new DiscoveredSite().Propose();

        Site read = InventoryLoader.Parse(InventoryFiles.Text(proposal, "/tmp/foobar.json"), "/tmp/foobar.json");

        Assert.Equal(proposal.Site.Policy.Flows.Count, read.Policy.Flows.Count);
    }

    [Fact]
    public void Each_flow_has_its_evidence()
    {
        InventoryProposal proposal = new DiscoveredSite().Propose();

        Assert.All(
            proposal.Site.Policy.Flows,
            flow =>
                Assert.Contains(proposal.Evidence, evidence => evidence.Key == $"policy.flows.{flow.Name}" && evidence.Text.Length > 0));
    }

    [Fact]
    public void A_port_that_nothing_known_needs_is_a_question_and_no_flow()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .Add(DiscoveredSite.Web("web-01", "192.0.2.11", """tcp LISTEN 0 5 0.0.0.0:8000 0.0.0.0:* users:(("python3",pid=12,fd=3))"""))
            .Propose();

        InventoryQuestion question = Assert.Single(proposal.Questions, static question => question.Kind == QuestionKind.Unexplained);
        Assert.Equal(("web-01", "policy.flows", "Who needs tcp/8000 of web-01?"), (question.Server, question.Key, question.What));
        Assert.Contains("stray.service", question.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(Flows(proposal), static flow => flow.Contains("8000", StringComparison.Ordinal));
    }

    [Fact]
    public void A_backend_that_is_no_server_is_a_question()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Balancer = DiscoveredSite.Balancer(
                        DiscoveredSite.Haproxy.Replace("web-02 192.0.2.12:80", "web-99 192.0.2.99:80", StringComparison.Ordinal)),
                })
            .Propose();

        Assert.Contains(
            proposal.Questions,
            static question =>
                question.Kind == QuestionKind.Unexplained && question.What.Contains("192.0.2.99:80", StringComparison.Ordinal));
        Assert.Contains("backends: load-balancer > web-01 tcp/80", Flows(proposal));
    }

    [Fact]
    public void A_backend_of_a_port_that_serves_something_else_is_a_question()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Balancer = DiscoveredSite.Balancer(
                        DiscoveredSite.Haproxy.Replace("web-02 192.0.2.12:80", "web-02 192.0.2.12:8009", StringComparison.Ordinal)),
                })
            .Propose();

        Assert.Contains(proposal.Questions, static question => question.What.Contains("192.0.2.12:8009", StringComparison.Ordinal));
        Assert.DoesNotContain(Flows(proposal), static flow => flow.Contains("8009", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dead_server_is_named_and_the_rest_found()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .Add(new ServerDiscovery { Name = "web-02", Ssh = new SshEndpoint { Host = "web-02" }, Failure = "web-02: no route to host" })
            .Propose();

        Assert.Equal(["lb-01", "web-01"], proposal.Site.Servers.Select(static server => server.Name));
        Assert.Contains(
            proposal.Questions,
            static question => question.Key == "servers.web-02" && question.Why.Contains("no route", StringComparison.Ordinal));
        Assert.Contains(proposal.Questions, static question => question.What.Contains("192.0.2.12:80", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stopped_service_is_still_what_the_site_is()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With("web-02", static server => server with
            {
                Sockets = DiscoveredSite.Sockets(
                    """tcp LISTEN 0 128 192.0.2.12:3306 0.0.0.0:* users:(("mysqld",pid=11,fd=6))""", "", "11 /system.slice/mysql.service"),
            })
            .Propose();

        Assert.Contains("backends: load-balancer > web tcp/80", Flows(proposal));
        Assert.Contains(Role.App, proposal.Site.Servers.Single(static server => server.Name == "web-02").Roles);
    }

    [Fact]
    public void A_connection_between_services_is_a_flow_and_one_of_a_login_is_not()
    {
        const string Redis = """
            tcp LISTEN 0 128 192.0.2.10:6379 0.0.0.0:* users:(("redis-server",pid=20,fd=6))
            tcp LISTEN 0 128 192.0.2.10:4444 0.0.0.0:* users:(("nc",pid=21,fd=6))
            """;
        InventoryProposal proposal = new DiscoveredSite()
            .With("lb-01", static server => server with
            {
                Sockets = DiscoveredSite.Sockets(
                    Redis,
                    "1 in tcp 192.0.2.10:6379 192.0.2.11:0 users:((\"redis-server\",pid=20))\n"
                        + "1 in tcp 192.0.2.10:4444 192.0.2.11:0 users:((\"nc\",pid=21))",
                    "20 /system.slice/redis.service\n21 /user.slice/user-0.slice/session-3.scope"),
            })
            .With("web-01", static server => server with
            {
                Sockets = DiscoveredSite.Sockets(
                    "",
                    "1 out tcp 192.0.2.11:0 192.0.2.10:6379 users:((\"python3\",pid=10))\n"
                        + "1 out tcp 192.0.2.11:0 192.0.2.10:4444 users:((\"python3\",pid=10))",
                    "10 /system.slice/shop.service"),
            })
            .Propose();

        Assert.Contains("redis-server: web-01 > load-balancer tcp/6379", Flows(proposal));
        Assert.DoesNotContain(Flows(proposal), static flow => flow.Contains("4444", StringComparison.Ordinal));
        Assert.Contains(proposal.Questions, static question => question.What == "Who needs tcp/4444 of lb-01?");
        Assert.Contains(
            proposal.Questions,
            static question => question.Kind == QuestionKind.Confirm && question.What.Contains("tcp/6379", StringComparison.Ordinal));
    }

    [Fact]
    public void The_operator_s_other_address_on_the_same_interface_is_his_too()
    {
        ProposalOptions options = new()
        {
            OwnInterfaces = [[IPAddress.Parse("203.0.113.2"), IPAddress.Parse("2001:db8::2")], [IPAddress.Parse("10.0.0.1")]],
        };

        Assert.Equal(
            ["203.0.113.2/32", "2001:db8::2/128"],
            new DiscoveredSite().Propose(options).Site.Networks["operator"].Select(static network => network.ToString()));
    }

    [Fact]
    public void Names_that_do_not_agree_are_asked_about()
    {
        InventoryProposal proposal = new DiscoveredSite().Propose(new ProposalOptions { SiteName = "shop.foobar.com" });

        Assert.Equal("shop.foobar.com", proposal.Site.Name);
        Assert.Contains(
            new DiscoveredSite().Propose().Questions, static question => question.Key == "site" && question.Kind == QuestionKind.Confirm);
    }

    [Fact]
    public void Re_encryption_to_one_server_is_meant_for_all()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Balancer = DiscoveredSite.Balancer(
                        DiscoveredSite.Haproxy.Replace(
                            "192.0.2.11:80 check", "192.0.2.11:80 check ssl verify none", StringComparison.Ordinal)),
                })
            .Propose();

        Assert.Equal(BackendEncryption.Tls, proposal.Site.Policy.Tls.Backends);
    }

    [Fact]
    public void An_agent_of_some_servers_is_expected_on_all()
    {
        static ServerDiscovery WithAgent(ServerDiscovery server) => server with
        {
            Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>(
            [
                new MonitoringAgent
                {
                    Server = server.Name,
                    Name = "telegraf",
                    ProcessCount = 1,
                    FoundBy = [AgentTrace.Process],
                    Sockets = [new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "*", Port = 9273 }],
                },
            ]),
        };
        InventoryProposal proposal = new DiscoveredSite().With("lb-01", WithAgent).With("web-01", WithAgent).Propose();

        Assert.Equal(["telegraf"], proposal.Site.Policy.Monitoring.Agents);
        Assert.Contains(
            proposal.Questions,
            static question => question.Kind == QuestionKind.Confirm && question.What == "Shall telegraf run on web-02 too?");
    }

    [Fact]
    public void A_router_by_which_servers_send_is_a_firewall_and_ends_the_site()
    {
        ServerDiscovery firewall = DiscoveredSite.Server(
            "fw-01", "203.0.113.2", DiscoveredSite.Network(("outside", "203.0.113.1", 24), ("public", "198.51.100.1", 24))) with
        {
            Host = Reading.Of(new HostFacts("fw-01", IPAddress.Parse("203.0.113.2"), 22, true)),
            Units = DiscoveredSite.Units("nftables.service"),
        };
        firewall = firewall with
        {
            Network = Reading.Of(
                firewall.Network.Value! with { Routes = [new(IPAddress.Any, 0, "outside", IPAddress.Parse("203.0.113.254"))] }),
        };
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Network = Reading.Of(
                        server.Network.Value! with { Routes = [new(IPAddress.Any, 0, "public", IPAddress.Parse("198.51.100.1"))] }),
                })
            .Add(firewall).Propose();

        Assert.Equal([Role.NetworkFirewall], proposal.Site.Find("fw-01")!.Roles);
        Assert.DoesNotContain(
            proposal.Site.Networks.SelectMany(static pair => pair.Value), static network => network.ToString() == "203.0.113.0/24");
        Assert.Contains("operators: operator > network-firewall,load-balancer tcp/22", Flows(proposal));
        Assert.Equal(["nftables.service"], proposal.Site.Policy.Servers.Units[Role.NetworkFirewall]);
    }

    [Fact]
    public void A_router_that_was_not_named_is_asked_about()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Network = Reading.Of(
                        server.Network.Value! with { Routes = [new(IPAddress.Any, 0, "public", IPAddress.Parse("198.51.100.1"))] }),
                })
            .Propose();

        Assert.Contains(proposal.Questions, static question => question.What == "Is 198.51.100.1 a firewall of the site?");
    }

    [Fact]
    public void An_authority_of_the_site_s_own_is_taken_where_its_servers_trust_it()
    {
        DiscoveredSite site = new DiscoveredSite()
            .With(
                "lb-01",
                static server => server with
                {
                    Presented = [new PresentedCertificate("198.51.100.10:443", "CN=Own CA", false, ["web-01:/etc/mysql/ca.pem"])],
                })
            .With(
                "web-01",
                static server => server with
                {
                    Authorities = Reading.Of<IReadOnlyList<AuthorityFile>>([
                        new AuthorityFile("/etc/mysql/ca.pem", "-----BEGIN CERTIFICATE-----"),
                    ]),
                });

        InventoryProposal proposal = site.Propose();

        Assert.Equal("foobar.authorities.pem", proposal.Site.Policy.Tls.TrustedAuthorities);
        Assert.StartsWith("-----BEGIN", proposal.Authorities, StringComparison.Ordinal);
        Assert.Contains(
            proposal.Questions, static question => question is { Kind: QuestionKind.Confirm, Key: "policy.tls.trustedAuthorities" });
    }

    [Fact]
    public void A_stranger_s_certificate_brings_no_authority()
    {
        InventoryProposal proposal = new DiscoveredSite()
            .With(
                "lb-01",
                static server =>
                    server with { Presented = [new PresentedCertificate("198.51.100.10:443", "CN=Stranger", false, [])] }).Propose();

        Assert.Null(proposal.Site.Policy.Tls.TrustedAuthorities);
        Assert.Contains(
            proposal.Questions, static question => question is { Kind: QuestionKind.Missing, Key: "policy.tls.trustedAuthorities" });
    }

    [Fact]
    public void A_pair_of_balancers_shares_its_moving_addresses_and_its_flows()
    {
        IPAddress moving = IPAddress.Parse("198.51.100.15");
        ServerDiscovery One(ServerDiscovery server) => server with
        {
            VirtualAddresses = Reading.Of<IReadOnlyList<IPAddress>>([moving]),
            Balancer = DiscoveredSite.Balancer(
                DiscoveredSite.Haproxy.Replace("198.51.100.10:", "198.51.100.15:", StringComparison.Ordinal)),
        };
        DiscoveredSite site = new DiscoveredSite().With("lb-01", server => One(server) with
        {
            Network = DiscoveredSite.Network(
                ("public", "198.51.100.10", 24), ("public", "198.51.100.15", 32), ("internal", "192.0.2.10", 24)),
        });
        ServerDiscovery first = DiscoveredSite.Server(
            "lb-02", "203.0.113.2", DiscoveredSite.Network(("public", "198.51.100.16", 24), ("internal", "192.0.2.16", 24)));
        InventoryProposal proposal = site.Add(One(first)).Propose();

        Assert.Equal([moving], proposal.Site.Policy.LoadBalancing.VirtualAddresses);
        Assert.DoesNotContain(moving, proposal.Site.Find("lb-01")!.Addresses);
        Assert.Contains("visitors: internet,operator > load-balancer tcp/80,tcp/443", Flows(proposal));
        Assert.Equal("mysql-write", proposal.Site.Policy.Database!.WriteEndpoint!.Backend);
    }

    [Fact]
    public void A_pair_of_balancers_is_used_alike_and_its_endpoint_is_where_clients_are_connected()
    {
        IPAddress moving = IPAddress.Parse("192.0.2.15");
        ServerDiscovery One(ServerDiscovery server) => server with
        {
            VirtualAddresses = Reading.Of<IReadOnlyList<IPAddress>>([moving]),
            Balancer = DiscoveredSite.Balancer(DiscoveredSite.Haproxy.Replace("192.0.2.10:3306", ":3306", StringComparison.Ordinal)),
        };
        const string Listening = """
            tcp LISTEN 0 128 0.0.0.0:3306 0.0.0.0:* users:(("haproxy",pid=9,fd=8))
            udp UNCONN 0 0 0.0.0.0:123 0.0.0.0:* users:(("chronyd",pid=8,fd=8))
            """;
        const string Groups = "9 /system.slice/haproxy.service\n8 /system.slice/chrony.service";
        DiscoveredSite site = new DiscoveredSite().With(
            "lb-01",
            server => One(server) with
            {
                Sockets = DiscoveredSite.Sockets(Listening, """2 in tcp 192.0.2.10:3306 192.0.2.11:0 users:(("haproxy",pid=9))""", Groups),
            });
        ServerDiscovery first = DiscoveredSite.Server(
            "lb-02", "203.0.113.2", DiscoveredSite.Network(("public", "198.51.100.16", 24), ("internal", "192.0.2.16", 24)));
        InventoryProposal proposal = site.Add(
            One(first) with
            {
                Sockets = DiscoveredSite.Sockets(Listening, """1 in tcp 192.0.2.15:3306 192.0.2.12:0 users:(("haproxy",pid=9))""", Groups),
            }).Propose();

        Assert.Equal("192.0.2.15:3306", proposal.Site.Policy.Database!.WriteEndpoint!.Address);
        Assert.Contains(
            Flows(proposal),
            static flow =>
                flow.StartsWith("time", StringComparison.Ordinal) && flow.EndsWith("> load-balancer udp/123", StringComparison.Ordinal));
        Assert.DoesNotContain(
            proposal.Questions,
            static question =>
                question is { Kind: QuestionKind.Unexplained, Server: "lb-02" }
                    && question.What.Contains("udp/123", StringComparison.Ordinal));
        Assert.Contains(
            proposal.Questions,
            static question =>
                question is { Kind: QuestionKind.Confirm, Server: "lb-02" }
                    && question.What.StartsWith("Is lb-02 used as lb-01 is", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_known_is_nothing_to_write() => Assert.Equal(
        "NothingDiscovered",
        Assert.Throws<Foobar.Ops.Errors.FoobarException>(static () => InventoryFiles.Text(OfNobody(), "/tmp/foobar.json")).ErrorId);

    private static InventoryProposal OfNobody() =>
        Foobar.Ops.Discovery.Proposing.InventoryProposer.Propose([
            new ServerDiscovery { Name = "a", Ssh = new SshEndpoint { Host = "a" }, Failure = "down" },
        ]);
}
