using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Tests.Topology;

public sealed class TopologyControlTests
{
    private static readonly TopologySample Well = new();

    [Fact]
    public void A_site_as_declared_has_nothing_that_fails() =>
        Assert.DoesNotContain(
            TopologyControls.All.SelectMany(static control => Well.Trouble(control.Info.Id)),
            static finding => finding.Status != FindingStatus.Warning);

    [Fact]
    public void The_weak_points_of_the_founding_design_are_warnings() => Assert.Equal(
        ["TOP-005", "TOP-006", "TOP-007", "TOP-008"],
        TopologyControls.All.SelectMany(static control => Well.Trouble(control.Info.Id))
            .Select(static finding => finding.ControlId)
            .Distinct());

    [Fact]
    public void What_no_role_declares_is_found_by_its_unit_its_socket_and_its_image()
    {
        TopologySample sample = new();
        sample.Servers["fw-01"] = Reading.Of(TopologySample.Units(("redis-server.service", "active")));
        sample.With(
            "lb-01",
            static sockets =>
                sockets with { Listeners = Reading.Of<IReadOnlyList<Listener>>([TopologySample.Listener("nginx", 8088, "127.0.0.1")]) });
        sample.With(
            "web-01",
            static sockets => sockets with
            {
                Containers = Reading.Of<IReadOnlyList<RunningContainer>>([
                    new RunningContainer("docker", "0", "cache", "docker.io/library/memcached:1.6", []),
                ]),
            });

        Assert.Equal(
            ["fw-01 Redis", "lb-01 nginx", "web-01 Memcached"],
            sample.Trouble("TOP-001").Select(static finding => $"{finding.Server} {finding.Target}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_component_is_not_undeclared_where_it_could_not_be_looked_for()
    {
        TopologySample sample = new();
        sample.Own["web-02"] = Reading.Unreadable<TopologyFacts>("it was struck by lightning");

        Assert.Contains(
            sample.Trouble("TOP-001"),
            static finding =>
                finding is { Status: FindingStatus.Unknown, Server: "web-02" }
                    && finding.Reason!.Contains("lightning", StringComparison.Ordinal));
        Assert.Contains(sample.Trouble("TOP-003"), static finding => finding is { Status: FindingStatus.Unknown, Server: "web-02" });
    }

    [Fact]
    public void A_role_without_its_component_fails()
    {
        TopologySample sample = new();
        sample.Servers["web-02"] = Reading.Of(TopologySample.Units(("mariadb.service", "active"), ("shop.service", "active")));
        sample.With(
            "web-02",
            static sockets =>
                sockets with { Listeners = Reading.Of<IReadOnlyList<Listener>>([TopologySample.Listener("shop", 8080, "127.0.0.1")]) });

        Finding finding = Assert.Single(sample.Trouble("TOP-002"));

        Assert.Equal((FindingStatus.Fail, "web-02", "web"), (finding.Status, finding.Server, finding.Target));
    }

    [Fact]
    public void A_component_that_is_stopped_is_there()
    {
        TopologySample sample = new();
        sample.Servers["lb-01"] = Reading.Of(TopologySample.Units(("haproxy.service", "inactive")));

        Finding finding = Assert.Single(sample.Judge("TOP-002"), static finding => finding.Server == "lb-01");

        Assert.Equal((FindingStatus.Pass, "HAProxy, which does not run"), (finding.Status, finding.Actual));
    }

    [Theory]
    [InlineData(true, "192.0.2.11", "192.0.2.10", 80, true)]
    [InlineData(true, "192.0.2.11", "192.0.2.12", 3306, true)]
    [InlineData(true, "192.0.2.11", "192.0.2.12", 80, false)]
    [InlineData(true, "192.0.2.11", "192.0.2.10", 22, false)]
    [InlineData(false, "192.0.2.11", "192.0.2.10", 3306, true)]
    [InlineData(false, "192.0.2.11", "203.0.113.99", 443, false)]
    [InlineData(false, "192.0.2.11", "198.51.100.10", 443, true)]
    [InlineData(false, "192.0.2.11", "224.0.0.18", 5000, true)]
    [InlineData(false, "192.0.2.11", "127.0.0.1", 5000, true)]
    public void A_connection_counts_as_declared_by_the_flows_alone(bool incoming, string local, string peer, int port, bool isDeclared)
    {
        TopologySample sample = new TopologySample().With("web-01", sockets => sockets with
        {
            Conversations = Reading.Of<IReadOnlyList<Conversation>>([TopologySample.Conversation(incoming, local, peer, port)]),
        });

        Finding[] trouble = sample.Trouble("TOP-003");

        Assert.Equal(isDeclared, trouble.Length == 0);
        Assert.All(trouble, finding => Assert.Contains("program.service", finding.Actual, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("203.0.113.53", TransportProtocol.Udp, 53, "java", "app.service", null, true)]
    [InlineData("203.0.113.53", TransportProtocol.Udp, 123, "chronyd", "chrony.service", null, true)]
    [InlineData("203.0.113.53", TransportProtocol.Udp, 123, "java", "app.service", null, false)]
    [InlineData("203.0.113.53", TransportProtocol.Tcp, 80, "http", "session-4.scope", null, true)]
    [InlineData("203.0.113.53", TransportProtocol.Tcp, 443, "python3", "certbot.service", null, true)]
    [InlineData("203.0.113.53", TransportProtocol.Tcp, 443, "python3", "app.service", null, false)]
    [InlineData("203.0.113.53", TransportProtocol.Tcp, 22, "apt", "apt-daily.service", null, false)]
    [InlineData("203.0.113.53", TransportProtocol.Tcp, 443, "apt", "app.service", "0123456789ab", false)]
    [InlineData("192.0.2.12", TransportProtocol.Udp, 123, "chronyd", "chrony.service", null, false)]
    public void What_a_machine_asks_for_itself_outside_is_told_by_port_and_program(
        string peer, TransportProtocol protocol, int port, string process, string unit, string? container, bool isOwn)
    {
        Conversation conversation = TopologySample.Conversation(false, "192.0.2.11", peer, port) with
        {
            Protocol = protocol,
            Holders = [new SocketHolder(process, unit, container)],
        };
        TopologySample sample = new TopologySample().With(
            "web-01", sockets => sockets with { Conversations = Reading.Of<IReadOnlyList<Conversation>>([conversation]) });
        Assert.Equal(isOwn, sample.Trouble("TOP-003").Length == 0);

        // Another program on the same way is told all the same.
        Conversation beacon = conversation with { Holders = [new SocketHolder("beacon", "beacon.service", "0123456789ab")], Count = 1 };
        TopologySample both = new TopologySample().With(
            "web-01", sockets => sockets with { Conversations = Reading.Of<IReadOnlyList<Conversation>>([conversation, beacon]) });
        Assert.Equal(port != 53, both.Trouble("TOP-003").Length > 0);
    }

    [Fact]
    public void An_address_that_its_server_does_not_have_fails()
    {
        TopologySample sample = new()
        {
            Site = SmallSite.Site with
            {
                Servers =
                [
                    .. SmallSite.Site.Servers.SkipLast(1),
                    SmallSite.Make("web-02", [Role.Web, Role.App, Role.Database], "192.0.2.12", "192.0.2.99"),
                ],
            },
        };

        Finding finding = Assert.Single(sample.Trouble("TOP-004"));

        Assert.Equal(("web-02", "192.0.2.99", "it has 192.0.2.12"), (finding.Server, finding.Target, finding.Actual));
    }

    [Fact]
    public void Encryption_behind_the_balancer_clears_its_control()
    {
        TopologySample sample = new();
        sample.Legs["lb-01"] = Reading.Of(new LegFacts { Balancer = Reading.Of(TopologySample.Haproxy(tls: true)) });

        Assert.All(sample.Judge("TOP-005"), static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void Plain_text_from_the_web_server_to_an_application_elsewhere_is_behind_the_balancer_too()
    {
        TopologySample sample = new();
        sample.Own["web-01"] = Reading.Of(
            sample.Own["web-01"].Value! with
            {
                Proxies = Reading.Of<IReadOnlyList<ProxyTarget>>([new ProxyTarget("proxy_pass", "app", "192.0.2.31", 8080, false)]),
            });

        Assert.Contains(sample.Trouble("TOP-005"), static finding => finding.Target == "web-01 -> 192.0.2.31:8080");
    }

    [Fact]
    public void Where_requests_go_that_could_not_be_read_is_not_passed()
    {
        TopologySample sample = new();
        TopologyFacts own = sample.Own["web-01"].Value!;
        sample.Own["web-01"] = Reading.Of(own with { Proxies = Reading.Unreadable<IReadOnlyList<ProxyTarget>>("nginx -T was refused") });
        Assert.Contains(
            sample.Trouble("TOP-005"),
            static finding =>
                finding is { Status: FindingStatus.Unknown, Server: "web-01" }
                    && finding.Reason!.Contains("nginx -T was refused", StringComparison.Ordinal));

        sample = new();
        sample.Own["web-01"] = Reading.Of(
            own with
            {
                Proxies = Reading.Of<IReadOnlyList<ProxyTarget>>([
                    new ProxyTarget(
                        "proxy_pass", null, "$backend", 0, false) { Doubt = "proxy_pass $backend: a variable stands for the place" },
                ]),
            });
        Assert.Contains(
            sample.Trouble("TOP-005"),
            static finding =>
                finding is { Status: FindingStatus.Unknown, Server: "web-01" }
                    && finding.Reason!.Contains("$backend", StringComparison.Ordinal));
    }

    [Fact]
    public void A_drill_that_only_a_member_knows_that_was_not_read_is_not_missing()
    {
        TopologySample sample = new();
        sample.Databases["web-02"] = Reading.Of(
            sample.Databases["web-02"].Value! with
            {
                LastOperation = Reading.Unreadable<IReadOnlyList<OperationMark>>("it was not asked"),
            });

        Assert.Equal(FindingStatus.Unknown, Assert.Single(sample.Judge("TOP-006")).Status);
    }

    [Theory]
    [InlineData(OperationState.Completed, 10, FindingStatus.Pass)]
    [InlineData(OperationState.Degraded, 89, FindingStatus.Pass)]
    [InlineData(OperationState.Completed, 91, FindingStatus.Warning)]
    [InlineData(OperationState.Undone, 1, FindingStatus.Warning)]
    [InlineData(OperationState.Running, 1, FindingStatus.Warning)]
    public void A_failover_proves_something_while_it_is_recent_and_was_carried_out(string state, double daysAgo, FindingStatus expected)
    {
        TopologySample sample = new();
        OperationMark mark = HealthySite.Mark(0) with { State = state, Since = sample.Time.AddDays(-daysAgo) };
        sample.Databases["web-02"] = Reading.Of(
            sample.Databases["web-02"].Value! with { LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([mark]) });

        Assert.Equal(expected, Assert.Single(sample.Judge("TOP-006")).Status);
    }

    [Fact]
    public void Where_writes_go_reads_as_words()
    {
        TopologyWrites writes = new() { Server = "lb-01", Address = "192.0.2.10:3306", Backend = "mysql-write", LeadsTo = ["web-01"] };
        Assert.Equal("lb-01 192.0.2.10:3306 -> web-01", $"{writes}");
        Assert.Equal("lb-01 192.0.2.10:3306 -> none", $"{writes with { LeadsTo = [] }}");
        Assert.Equal("lb-01 mysql-write -> unknown", $"{writes with { Address = null, Unread = "no answer" }}");
    }

    [Theory]
    [InlineData("2026-11-01 03:00:00Z", FindingStatus.Pass)]
    [InlineData("2020-11-01 03:00:00Z", FindingStatus.Warning)]
    [InlineData("", FindingStatus.Warning)]
    public void A_repair_after_a_failover_does_not_make_it_forgotten(string moved, FindingStatus expected)
    {
        TopologySample sample = new();
        OperationMark mark = HealthySite.Mark(0) with
        {
            State = OperationState.Repaired,
            Since = sample.Time.AddDays(-1),
            Parameters = new Dictionary<string, string> { [OperationMark.Moved] = moved },
        };
        sample.Databases["web-02"] = Reading.Of(
            sample.Databases["web-02"].Value! with { LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([mark]) });

        Assert.Equal(expected, Assert.Single(sample.Judge("TOP-006")).Status);
    }

    [Theory]
    [InlineData(3, true, FindingStatus.Pass)]
    [InlineData(2, true, FindingStatus.Warning)]
    [InlineData(3, false, FindingStatus.Fail)]
    public void A_cluster_with_a_majority_to_spare_needs_no_failover(int members, bool quorum, FindingStatus expected)
    {
        TopologySample sample = new();
        foreach (string member in (string[])["web-01", "web-02"])
        {
            sample.Databases[member] = Reading.Of(
                sample.Databases[member].Value! with
                {
                    Cluster = Reading.Of(new ClusterFacts
                    {
                        Kind = ClusterKind.Galera,
                        Members = members,
                        Online = members,
                        TotalWeight = members,
                        HasQuorum = quorum,
                    }),
                });
        }

        Assert.Equal(expected, Assert.Single(sample.Judge("TOP-006")).Status);
        Assert.Equal(quorum ? FindingStatus.Pass : FindingStatus.Fail, Assert.Single(sample.Judge("TOP-009")).Status);
    }

    [Theory]
    [InlineData(30.0, 25.0, FindingStatus.Fail)]
    [InlineData(30.0, 5.0, FindingStatus.Warning)]
    [InlineData(null, 30.0, FindingStatus.Warning)]
    public void Components_that_both_wait_for_the_disks_fight_for_them(double? web, double? database, FindingStatus expected)
    {
        TopologySample sample = new();
        sample.Own["web-01"] = Reading.Of(
            sample.Own["web-01"].Value! with
            {
                Stalls = Reading.Of<IReadOnlyList<ServiceStall>>([
                    new("nginx.service", 1, 0, web), new("mariadb.service", 2, 0, database), new("other.service", 90, 90, 90),
                ]),
            });

        Finding finding = Assert.Single(sample.Trouble("TOP-007"), static finding => finding.Server == "web-01");

        Assert.Equal(expected, finding.Status);
        Assert.Equal(
            expected == FindingStatus.Fail,
            finding.Actual!.Contains("fight for disks: nginx 30 %, mariadb 25 %", StringComparison.Ordinal));
    }

    [Fact]
    public void Tiers_of_their_own_and_containers_clear_what_a_shared_server_warns_of()
    {
        TopologySample sample = new();
        sample.Servers["web-01"] = Reading.Of(TopologySample.Units(("mariadb.service", "active")));
        sample.With("web-01", static sockets => sockets with
        {
            Listeners = Reading.Of<IReadOnlyList<Listener>>([]),
            Containers = Reading.Of<IReadOnlyList<RunningContainer>>([new RunningContainer("docker", "0", "front", "nginx:1.27", [])]),
        });

        Assert.DoesNotContain(sample.Trouble("TOP-007"), static finding => finding.Server == "web-01");
    }

    [Theory]
    [InlineData(1, 1, "198.51.100.8", "", FindingStatus.Pass, "on lb-01")]
    [InlineData(1, 1, "198.51.100.8", "198.51.100.8", FindingStatus.Fail, "at once")]
    [InlineData(1, 1, "", "", FindingStatus.Fail, "on none")]
    [InlineData(1, 2, "198.51.100.8", "", FindingStatus.Fail, "do not know each other")]
    [InlineData(1, 0, "198.51.100.8", "", FindingStatus.Fail, "lb-01 alone declares it")]
    public void A_pair_is_one_when_keepalived_on_both_moves_an_address_that_one_has(
        int first, int second, string onFirst, string onSecond, FindingStatus expected, string actual)
    {
        TopologySample sample = Pair(first, second, onFirst, onSecond);

        Finding finding = Assert.Single(sample.Judge("TOP-008"), static finding => finding.Target == "198.51.100.8");

        Assert.Equal(expected, finding.Status);
        Assert.Contains(actual, finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_keepalived_that_does_not_run_fails_the_pair()
    {
        TopologySample sample = Pair(1, 1, "198.51.100.8", "");
        sample.Own["lb-02"] = Reading.Of(
            sample.Own["lb-02"].Value! with { Vrrp = Reading.Of(sample.Own["lb-02"].Value!.Vrrp.Value! with { IsRunning = false }) });

        Assert.Equal(
            ("lb-02", "keepalived"), Assert.Single(sample.Trouble("TOP-008")) is var finding ? (finding.Server, finding.Target) : default);
    }

    [Theory]
    [InlineData("FAULT", "check", "check", FindingStatus.Fail)]
    [InlineData("FAULT", "", "", FindingStatus.Fail)]
    [InlineData("BACKUP", "check", "check", FindingStatus.Warning)]
    [InlineData("BACKUP", "check", "", FindingStatus.Pass)]
    [InlineData("", "check", "", FindingStatus.Unknown)]
    [InlineData("", "", "", FindingStatus.Pass)]
    [InlineData("", "check", "", FindingStatus.Pass, "198.51.100.8")]
    public void A_keepalived_takes_over_as_long_as_its_checks_hold(
        string state, string tracks, string failed, FindingStatus expected, string address = "")
    {
        TopologySample sample = Pair(1, 1, "198.51.100.8", address);
        sample.Own["lb-02"] = Reading.Of(sample.Own["lb-02"].Value! with
        {
            Vrrp = Reading.Of(new VrrpFacts
            {
                IsRunning = true,
                Instances =
                [
                    new VrrpInstance
                    {
                        Name = "site", RouterId = 1, Addresses = ["198.51.100.8"], State = state,
                        Tracks = tracks.Length > 0 ? [tracks] : [], FailedTracks = failed.Length > 0 ? [failed] : [],
                    },
                ],
            }),
        });

        Assert.Equal(
            expected,
            Assert.Single(sample.Judge("TOP-008"), static finding => (finding.Server, finding.Target) == ("lb-02", "keepalived")).Status);
    }

    [Fact]
    public void A_load_balancer_whose_haproxy_does_not_run_takes_over_from_nobody()
    {
        TopologySample sample = Pair(1, 1, "198.51.100.8", "");
        sample.Servers["lb-02"] = Reading.Of(TopologySample.Units(("haproxy.service", "inactive")));
        Assert.Equal([(FindingStatus.Fail, "HAProxy")], sample.Trouble("TOP-008").Brief());

        sample.Servers["lb-02"] = Reading.Of(TopologySample.Units());
        Assert.Equal([(FindingStatus.Unknown, "HAProxy")], sample.Trouble("TOP-008").Brief());
    }

    [Fact]
    public void A_replica_that_stands_still_leaves_out_something_or_is_never_promoted_can_take_over_for_nobody()
    {
        static Finding After(Func<ReplicationChannel, ReplicationChannel> change, DatabasePolicy? policy = null)
        {
            TopologySample sample = new()
            {
                Site = SmallSite.Site with { Policy = SmallSite.Site.Policy with { Database = policy ?? SmallSite.Site.Policy.Database } },
            };
            sample.Databases["web-02"] = Reading.Of(
                sample.Databases["web-02"].Value! with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([change(HealthySite.Channel)]),
                });
            return Assert.Single(sample.Judge("TOP-009"));
        }

        Assert.Equal(FindingStatus.Pass, After(static channel => channel).Status);
        Assert.Contains(
            "does not run", After(static channel => channel with { Applier = ReplicationThread.Stopped }).Actual, StringComparison.Ordinal);
        Assert.Contains(
            "leaves something out", After(static channel => channel with { Filters = ["ignore shop"] }).Actual, StringComparison.Ordinal);
        Assert.Contains(
            "never promotes",
            After(static channel => channel, SmallSite.Site.Policy.Database! with { NeverPromote = ["web-02"] }).Actual,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_that_could_not_be_asked_is_no_failure()
    {
        TopologySample sample = new();
        sample.Databases["web-02"] = Reading.Unreadable<ReplicationFacts>("the login was refused");

        Assert.Equal(FindingStatus.Unknown, Assert.Single(sample.Judge("TOP-009")).Status);
    }

    [Theory]
    [InlineData("fw-01")]
    [InlineData("web-02")]
    public void A_server_on_the_way_without_an_agent_that_works_fails(string server)
    {
        TopologySample sample = new();
        sample.Agents[server] = Reading.Of(new AgentFacts
        {
            Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([TopologySample.Agent(server, runs: false)]),
        });

        Finding finding = Assert.Single(sample.Trouble("TOP-010"));

        Assert.Equal((FindingStatus.Fail, server), (finding.Status, finding.Server));
    }

    private static TopologySample Pair(int first, int second, string onFirst, string onSecond)
    {
        TopologySample sample = new()
        {
            Site = SmallSite.Site with
            {
                Servers = [.. SmallSite.Site.Servers, SmallSite.Make("lb-02", [Role.LoadBalancer], "198.51.100.9")],
                Policy = SmallSite.Site.Policy with
                {
                    LoadBalancing = new LoadBalancingPolicy { VirtualAddresses = [IPAddress.Parse("198.51.100.8")] },
                },
            },
        };
        foreach ((string server, int router, string address) in ((string, int, string)[])
        [
            ("lb-01", first, onFirst), ("lb-02", second, onSecond),
        ])
        {
            VrrpInstance[] instances = router == 0
                ? []
                : [new VrrpInstance { Name = "site", RouterId = router, Addresses = ["198.51.100.8"] }];
            sample.Own[server] = Reading.Of(
                sample.Own["lb-01"].Value! with { Vrrp = Reading.Of(new VrrpFacts { IsRunning = true, Instances = instances }) });
            sample.Servers[server] = Reading.Of(TopologySample.Units(("haproxy.service", "active")));
            string[] addresses =
            [
                $"public 198.51.100.{(server == "lb-01" ? 10 : 9)}", .. address.Length > 0 ? [$"public {address}"] : Array.Empty<string>(),
            ];
            sample.Firewalls[server] = SmallSite.Read("", "", false, addresses, [new NetworkRoute(IPAddress.Any, 0, "public")]);
        }

        return sample;
    }
}
