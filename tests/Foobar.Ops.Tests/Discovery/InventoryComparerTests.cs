using System.Net;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Proposing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;

namespace Foobar.Ops.Tests.Discovery;

public sealed class InventoryComparerTests
{
    private static readonly InventoryProposal Found = new DiscoveredSite().Propose();

    private static string[] Compare(Site declared, InventoryProposal? found = null, bool isComplete = true) =>
        [
            .. InventoryComparer.Compare(declared, found ?? Found, isComplete)
                .Select(static each => $"{each.Kind} {each.Key}: {each.Declared ?? "-"} > {each.Found ?? "-"}"),
        ];

    private static Site Changed(Func<Policy, Policy> change) => Found.Site with { Policy = change(Found.Site.Policy) };

    [Fact]
    public void What_was_found_does_not_differ_from_itself() => Assert.Empty(Compare(Found.Site));

    [Fact]
    public void A_flow_by_other_names_is_the_same_flow()
    {
        Site declared = Changed(static policy => policy with
        {
            Flows =
            [
                .. policy.Flows.Select(
                    static flow => flow.Name == "backends" ? flow with { Name = "pages", To = ["web-01", "web-02"] } : flow),
            ],
        });

        Assert.Empty(Compare(declared));
    }

    [Fact]
    public void A_flow_that_is_not_declared_is_added_when_applied()
    {
        Site declared = Changed(static policy => policy with { Flows = [.. policy.Flows.Where(static flow => flow.Name != "time")] });

        InventoryDifference difference = Assert.Single(InventoryComparer.Compare(declared, Found, true));

        Assert.Equal(
            (InventoryDifferenceKind.Added, "policy.flows.time", "web to load-balancer, udp/123"),
            (difference.Kind, difference.Key, difference.Found));
        Assert.NotEmpty(difference.Evidence);
        Assert.Empty(Compare(InventoryComparer.Apply(declared, [difference])));
    }

    [Fact]
    public void A_new_address_is_a_difference_of_the_server_and_of_no_flow()
    {
        InventoryProposal found = new DiscoveredSite()
            .With("web-02", static server => server with
            {
                Network = DiscoveredSite.Network(("internal", "192.0.2.12", 24), ("internal", "192.0.2.46", 28)),
            })
            .Propose();

        InventoryDifference difference = Assert.Single(InventoryComparer.Compare(Found.Site, found, true));

        Assert.Equal(
            (InventoryDifferenceKind.Added, "servers.web-02.addresses", "192.0.2.46"),
            (difference.Kind, difference.Key, difference.Found));
        Assert.Equal(["web-02: ip address show: internal 192.0.2.46/28"], difference.Evidence);
        Assert.Empty(Compare(InventoryComparer.Apply(Found.Site, [difference]), found));
    }

    [Fact]
    public void A_new_address_of_the_operator_is_a_difference_of_the_network_and_of_no_flow()
    {
        InventoryProposal found = new DiscoveredSite()
            .With("lb-01", static server => server with
            {
                Host = Reading.Of(HostScript.Parse(
                    "==> name\nlb-01\n\n==> session\n203.0.113.9 50000 198.51.100.10 22\n\n==> forwarding\n0\n")),
            })
            .Propose();

        Assert.Equal(["Added networks.operator: - > 203.0.113.9/32"], Compare(Found.Site, found));
    }

    [Fact]
    public void Only_the_part_of_a_flow_that_is_not_declared_is_added()
    {
        Site declared = Changed(static policy => policy with
        {
            Flows =
            [
                .. policy.Flows.Select(
                    static flow => flow.Name switch
                    {
                        "backends" => flow with { To = ["web-01"] },
                        "visitors" => flow with { Ports = [new PortRange(TransportProtocol.Tcp, 443, 443)] },
                        _ => flow,
                    }),
            ],
        });

        IReadOnlyList<InventoryDifference> differences = InventoryComparer.Compare(declared, Found, true);

        Assert.Equal(
            [
                "Added policy.flows.visitors-found: - > internet, operator to load-balancer, tcp/80",
                "Added policy.flows.backends-found: - > load-balancer to web-02, tcp/80",
            ],
            Compare(declared));
        Assert.Empty(Compare(InventoryComparer.Apply(declared, differences)));
    }

    private static InventoryProposal WithStray(string listener) =>
        new DiscoveredSite().Add(DiscoveredSite.Web("web-01", "192.0.2.11", listener)).Propose();

    [Fact]
    public void A_new_port_that_nothing_explains_is_told_and_never_taken_over()
    {
        InventoryProposal found = WithStray("""tcp LISTEN 0 5 0.0.0.0:9999 0.0.0.0:* users:(("socat",pid=12,fd=3))""");

        InventoryDifference difference = Assert.Single(InventoryComparer.Compare(Found.Site, found, true));

        Assert.Equal(
            (InventoryDifferenceKind.Unexplained, "policy.flows", "web-01", "Who needs tcp/9999 of web-01?", false),
            (difference.Kind, difference.Key, difference.Server, difference.Found, difference.CanApply));
        Assert.Contains(difference.Evidence, static text => text.Contains("socat", StringComparison.Ordinal));
        Assert.Equal(Found.Site, InventoryComparer.Apply(Found.Site, [difference]));
    }

    [Fact]
    public void A_port_that_a_flow_declares_by_hand_is_explained()
    {
        Flow backup = new()
        {
            Name = "backup",
            From = ["internal"],
            To = ["web-01"],
            Ports = [new PortRange(TransportProtocol.Tcp, 9990, 9999)],
        };
        Site declared = Changed(policy => policy with { Flows = [.. policy.Flows, backup] });

        Assert.DoesNotContain(
            Compare(declared, WithStray("""tcp LISTEN 0 5 0.0.0.0:9999 0.0.0.0:* users:(("socat",pid=12,fd=3))""")),
            static each => each.StartsWith("Unexplained", StringComparison.Ordinal));
        Assert.Contains(
            Compare(declared, WithStray("""tcp LISTEN 0 5 0.0.0.0:9989 0.0.0.0:* users:(("socat",pid=12,fd=3))""")),
            static each => each.StartsWith("Unexplained", StringComparison.Ordinal));
    }

    [Fact]
    public void A_network_of_one_server_is_told_until_it_is_declared()
    {
        InventoryProposal found = new DiscoveredSite()
            .With("web-01", static server => server with
            {
                Network = DiscoveredSite.Network(("maintenance", "198.18.0.11", 24), ("internal", "192.0.2.11", 24)),
            })
            .Propose();
        Site declared = Found.Site with
        {
            Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>(Found.Site.Networks)
            {
                ["maintenance"] = [IPNetwork.Parse("198.18.0.0/24")],
            },
            Servers =
            [
                .. Found.Site.Servers.Select(
                    static server => server.Name == "web-01"
                        ? server with { Addresses = [.. server.Addresses, IPAddress.Parse("198.18.0.11")] }
                        : server),
            ],
        };

        Assert.Equal(["Unexplained networks: - > What is 198.18.0.0/24 of web-01 for?"], Compare(Found.Site, found));
        Assert.Empty(Compare(declared, found));
    }

    [Theory]
    [InlineData("web-03 192.0.2.99:80", "Which server is 192.0.2.99:80", true)]
    [InlineData("web-02 192.0.2.12:80", "Which server is 192.0.2.12:80", false)]
    public void A_server_behind_the_load_balancer_is_told_unless_it_is_one_that_was_not_read(string line, string asked, bool isTold)
    {
        InventoryProposal found = new DiscoveredSite()
            .With("lb-01", server => server with
            {
                Balancer = DiscoveredSite.Balancer(
                    DiscoveredSite.Haproxy.Replace("web-02 192.0.2.12:80", line, StringComparison.Ordinal)),
            })
            .Add(new ServerDiscovery { Name = "web-02", Ssh = new SshEndpoint { Host = "web-02" }, Failure = "down" })
            .Propose();

        Assert.Equal(isTold, Compare(Found.Site, found, isComplete: false).Any(each => each.Contains(asked, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_endpoint_that_is_not_declared_is_asked_for_and_a_declared_one_is_not()
    {
        InventoryProposal found = new DiscoveredSite()
            .With("lb-01", static server => server with
            {
                Balancer = DiscoveredSite.Balancer(
                    DiscoveredSite.Haproxy.Replace(
                        "    default_backend mysql-write",
                        "    use_backend mysql-other if { src 192.0.2.76 }\n    default_backend mysql-write",
                        StringComparison.Ordinal)
                        + "backend mysql-other\n    mode tcp\n    server web-02 192.0.2.12:3306 check\n"),
            })
            .Propose();
        Site without = Changed(static policy => policy with { Database = policy.Database! with { WriteEndpoint = null } });

        Assert.Contains("Missing policy.database.writeEndpoint: - > Which backend of HAProxy is for writes?", Compare(without, found));
        Assert.DoesNotContain(Compare(Found.Site, found), static each => each.Contains("writeEndpoint", StringComparison.Ordinal));
    }

    [Fact]
    public void What_could_not_be_read_is_told()
    {
        InventoryProposal found = new DiscoveredSite()
            .With("web-02", static server => server with { Agents = Reading.Unreadable<IReadOnlyList<MonitoringAgent>>("no ps there") })
            .Propose();

        InventoryDifference difference = Assert.Single(InventoryComparer.Compare(Found.Site, found, true));

        Assert.Equal((InventoryDifferenceKind.Missing, "policy.monitoring.agents"), (difference.Kind, difference.Key));
        Assert.Equal(["no ps there"], difference.Evidence);
    }

    private static ServerDiscovery WithExporter(ServerDiscovery server) => server with
    {
        Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>(
        [
            new MonitoringAgent
            {
                Server = server.Name,
                Name = "haproxy-exporter",
                ProcessCount = 1,
                FoundBy = [AgentTrace.Configuration],
                Sockets = [new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "127.0.0.1", Port = 8405 }],
            },
        ]),
    };

    [Fact]
    public void An_exporter_that_is_a_part_of_HAProxy_and_that_nobody_asks_is_no_difference()
    {
        InventoryProposal found = new DiscoveredSite().With("lb-01", WithExporter).Propose();
        Site declared = Changed(static policy => policy with { Monitoring = policy.Monitoring with { Agents = ["haproxy-exporter"] } });

        Assert.Contains(found.Questions, static question => question.What == "Shall haproxy-exporter watch the servers?");
        Assert.Empty(Compare(Found.Site, found));
        Assert.Empty(Compare(declared, found));
    }

    [Fact]
    public void An_exporter_that_Prometheus_scrapes_is_one_of_the_site()
    {
        InventoryProposal found = new DiscoveredSite()
            .With(
                "lb-01",
                static server => WithExporter(server) with { Scrapes = Reading.Of<IReadOnlyList<string>>(["127.0.0.1:8405"]) })
            .Propose();

        Assert.Equal(["Added policy.monitoring.agents: - > haproxy-exporter"], Compare(Found.Site, found));
    }

    [Fact]
    public void A_flow_that_nobody_uses_is_told_and_stays()
    {
        Flow backup = new()
        {
            Name = "backup",
            From = ["internal"],
            To = ["database"],
            Ports = [new PortRange(TransportProtocol.Tcp, 873, 873)],
        };
        Site declared = Changed(policy => policy with { Flows = [.. policy.Flows, backup] });

        InventoryDifference difference = Assert.Single(InventoryComparer.Compare(declared, Found, true));

        Assert.Equal(
            (InventoryDifferenceKind.NotFound, "policy.flows.backup", false), (difference.Kind, difference.Key, difference.CanApply));
        Assert.Equal(declared, InventoryComparer.Apply(declared, [difference]));
        Assert.Empty(InventoryComparer.Compare(declared, Found, false));
    }

    [Fact]
    public void Hand_edits_that_the_finding_does_not_contradict_stay()
    {
        Site declared = Changed(static policy => policy with
        {
            Servers = policy.Servers with { DiskWarnPercent = 70 },
            Tls = policy.Tls with { WarnDays = 45 },
            Database = policy.Database! with { MaxLagSeconds = 30, Preferred = ["web-02"] },
            Flows = [.. policy.Flows.Where(static flow => flow.Name != "jump")],
        }) with
        {
            Description = "By hand",
            Vantages = [new Vantage { Name = "outside", Ssh = new SshEndpoint { Host = "outside" } }],
        };

        Site applied = InventoryComparer.Apply(declared, InventoryComparer.Compare(declared, Found, true));

        Assert.Equal(
            ("By hand", 70, 45, 30, "web-02"),
            (
                applied.Description, applied.Policy.Servers.DiskWarnPercent, applied.Policy.Tls.WarnDays,
                applied.Policy.Database!.MaxLagSeconds, applied.Policy.Database.Preferred[0]));
        Assert.Single(applied.Vantages);
        Assert.Contains(applied.Policy.Flows, static flow => flow.Name == "jump");
    }

    [Fact]
    public void A_new_address_is_added_and_a_lost_one_stays()
    {
        Site declared = Found.Site with
        {
            Servers =
            [
                .. Found.Site.Servers.Select(
                    static server =>
                        server.Name == "web-01"
                            ? server with { Addresses = [IPAddress.Parse("192.0.2.11"), IPAddress.Parse("192.0.2.111")] }
                            : server.Name == "lb-01" ? server with { Addresses = [IPAddress.Parse("198.51.100.10")] } : server),
            ],
        };
        IReadOnlyList<InventoryDifference> differences = InventoryComparer.Compare(declared, Found, true);

        Assert.Contains(
            differences,
            static each => each is { Kind: InventoryDifferenceKind.Added, Key: "servers.lb-01.addresses", Found: "192.0.2.10" });
        Assert.Contains(
            differences,
            static each => each is { Kind: InventoryDifferenceKind.NotFound, Key: "servers.web-01.addresses", Declared: "192.0.2.111" });
        Assert.Equal(2, InventoryComparer.Apply(declared, differences).Find("web-01")!.Addresses.Count);
    }

    [Fact]
    public void A_server_that_was_not_read_says_nothing()
    {
        InventoryProposal found = new DiscoveredSite()
            .Add(new ServerDiscovery { Name = "web-02", Ssh = new SshEndpoint { Host = "web-02" }, Failure = "down" })
            .Propose();

        Assert.DoesNotContain(
            Compare(Found.Site, found, isComplete: false), static each => each.Contains("NotFound", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_write_endpoint_is_a_change()
    {
        Site declared = Changed(
            static policy => policy with
            {
                Database = policy.Database! with { WriteEndpoint = policy.Database.WriteEndpoint! with { Backend = "writes" } },
            });

        Assert.Equal(
            ["Changed policy.database.writeEndpoint: lb-01 writes 192.0.2.10:3306 > lb-01 mysql-write 192.0.2.10:3306"], Compare(declared));
    }

    [Fact]
    public void A_hook_of_the_site_s_own_is_left_alone()
    {
        Site declared = Changed(
            static policy => policy with
            {
                Database = policy.Database! with { WriteEndpoint = new WriteEndpoint { Kind = WriteEndpointKind.Hook, Server = "lb-01" } },
            });

        Assert.Empty(Compare(declared));
    }
}
