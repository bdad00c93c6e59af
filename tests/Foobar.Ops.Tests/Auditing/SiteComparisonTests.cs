using System.Text.Json.Nodes;
using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Servers;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Changes of a recorded snapshot are told in the terms of a site.</summary>
public sealed class SiteComparisonTests
{
    private static readonly Snapshot Before = RecordedSnapshots.Load(
        RecordedSnapshots.Names.First(name => name.Contains("mariadb", StringComparison.Ordinal)));

    [Fact]
    public void A_rule_that_opens_a_port_is_a_flow_with_its_way_and_the_rule()
    {
        Snapshot after = With(8081, "accept");

        SnapshotDifference[] flows = Of(after, DifferenceKind.Flow);
        Assert.Equal(["lb-01 -> web-01", "web-02 -> web-01"], flows.Select(flow => flow.Target).Order());
        Assert.All(flows, flow =>
        {
            Assert.Equal(("web-01", null), (flow.Server, flow.Before));
            Assert.Contains("dport 8081", flow.After, StringComparison.Ordinal);
            Assert.Contains("web-01: inet filter input rule", flow.Evidence, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_rule_that_is_gone_closes_what_it_let_through()
    {
        SnapshotDifference[] flows =
        [
            .. SnapshotComparison.Compare(With(8081, "accept"), Before).Where(one => one.Kind == DifferenceKind.Flow),
        ];

        Assert.Equal(2, flows.Length);
        Assert.All(flows, flow => Assert.Null(flow.After));
        Assert.All(flows, flow => Assert.Contains("dport 8081", flow.Before, StringComparison.Ordinal));
    }

    [Fact]
    public void A_rule_that_changes_nothing_is_no_flow() => Assert.Empty(Of(With(8081, "drop"), DifferenceKind.Flow));

    [Fact]
    public void Rules_that_can_not_be_read_any_more_are_told()
    {
        Snapshot after = With<FirewallFacts>("web-01", facts => facts with { Running = Reading.Unreadable<RulesetText>("no nft") });

        SnapshotDifference flow = Assert.Single(Of(after, DifferenceKind.Flow));
        Assert.Equal(("ways through web-01", "known", "can't be told: no nft"), (flow.Target, flow.Before, flow.After));
    }

    [Fact]
    public void A_switchover_is_two_roles_and_two_links()
    {
        Snapshot after = With<ReplicationFacts>(
            "web-01", facts => facts with { Guard = Facts<ReplicationFacts>("web-02").Guard, Channels = Channel("web-02") })
            .With(
                "web-02",
                (ReplicationFacts facts) => facts with
                {
                    Guard = Facts<ReplicationFacts>("web-01").Guard,
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([]),
                });

        Assert.Equal(
            [("web-01", "Primary", "Replica"), ("web-02", "Replica", "Primary")],
            Of(after, DifferenceKind.Role).Select(one => (one.Server!, one.Before!, one.After!)));
        Assert.Equal(
            [("web-01", "web-02 -> web-01", null, "runs"), ("web-02", "web-01 -> web-02", "runs", null)],
            Of(after, DifferenceKind.Replication).Select(one => (one.Server!, one.Target!, one.Before, one.After)));
    }

    [Fact]
    public void A_link_that_stands_still_says_which_thread_does()
    {
        Snapshot after = With<ReplicationFacts>("web-02", facts => facts with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                .. facts.Channels.Value!.Select(channel => channel with { Applier = ReplicationThread.Stopped }),
            ]),
        });

        SnapshotDifference link = Assert.Single(Of(after, DifferenceKind.Replication));
        Assert.Equal(("web-01 -> web-02", "runs", "receiver Running, applier Stopped"), (link.Target, link.Before, link.After));
    }

    [Fact]
    public void A_certificate_s_issuer_names_expiry_and_key_are_told_apart()
    {
        Snapshot after = With<CertificateFacts>("lb-01", facts => facts with
        {
            Endpoints =
            [
                facts.Endpoints[0] with { Certificate = Reading.Of(Renewed(facts.Endpoints[0].Certificate.Value!)) },
                .. facts.Endpoints.Skip(1),
            ],
        });

        string endpoint = Facts<CertificateFacts>("lb-01").Endpoints[0].Endpoint.ToString();
        SnapshotDifference[] differences = Of(after, DifferenceKind.Certificate);
        Assert.Equal(
            ["certificate", "expires", "issuer", "key", "names"],
            differences.Select(one => one.Target!.Replace(endpoint + " ", "", StringComparison.Ordinal)).Order());
        Assert.Contains(differences, one => one.After == "CN=Another CA");
        Assert.Contains(differences, one => one.After == "2030-01-02 03:04");
        Assert.Contains(differences, one => one.After == "shop.foobar.com");
        Assert.Contains(differences, one => one.After?.StartsWith("RSA 2048 bits", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void An_endpoint_that_shows_no_certificate_any_more_is_told()
    {
        Snapshot after = With<CertificateFacts>("lb-01", facts => facts with
        {
            Endpoints =
            [
                .. facts.Endpoints.Select(
                    answer => answer with { Certificate = Reading.Unreadable<ServedCertificate>("connection refused") }),
            ],
        });

        Assert.Contains(
            Of(after, DifferenceKind.Certificate),
            one => one.Target!.EndsWith(" answer", StringComparison.Ordinal) && one.After == "none: connection refused");
    }

    [Fact]
    public void A_leg_that_lost_its_encryption_is_worth_less()
    {
        Snapshot after = With<LegFacts>(
            "lb-01", facts => facts with { Looks = [.. facts.Looks.Select(look => look with { State = LegState.Plain })] });

        Assert.Contains(
            Of(after, DifferenceKind.Tls), one => one.Target!.StartsWith("visitors -> ", StringComparison.Ordinal) && one.After == "Plain");
    }

    [Fact]
    public void A_grade_is_told_where_both_were_scanned()
    {
        Snapshot Scanned(string grade, params string[] versions) => Before with
        {
            Facts = [.. Before.Facts, new SnapshotFacts
            {
                Server = "lb-01", Part = "grades", Value = new GradeFacts
                {
                    Endpoints =
                    [
                        new ScannedEndpoint
                        {
                            Endpoint = "198.51.100.10:443",
                            Offer = Reading.Of(new EndpointOffer { Grade = grade, Score = 90, Versions = versions }),
                        },
                    ],
                },
            }],
        };

        Assert.Equal(
            [("198.51.100.10:443 grade", "A+ (90)", "B (90)"), ("198.51.100.10:443 versions", "TLS 1.3", "TLS 1.0, TLS 1.3")],
            SnapshotComparison.Compare(Scanned("A+", "TLS 1.3"), Scanned("B", "TLS 1.0", "TLS 1.3"))
                .Where(one => one.Kind == DifferenceKind.Tls).Select(one => (one.Target!, one.Before!, one.After!)));
    }

    [Fact]
    public void Versions_and_services_are_components()
    {
        Snapshot after = With<LoadBalancerFacts>(
            "lb-01", facts => facts with { Process = Reading.Of(facts.Process.Value! with { Version = "9.9.9" }) })
            .With(
                "web-01",
                (ReplicationFacts facts) => facts with { Identity = Reading.Of(facts.Identity.Value! with { Version = "12.0.1" }) })
            .With(
                "web-02",
                (ServerFacts facts) => facts with
                {
                    Units = Reading.Of<IReadOnlyList<Unit>>([.. facts.Units.Value!.Where(unit => unit.Name != "nginx.service")]),
                })
            .With("fw-01", (ServerFacts facts) => facts with { System = Reading.Of(facts.System.Value! with { Kernel = "6.12.1" }) });

        Assert.Equal(
            [
                ("fw-01", "kernel", "6.12.1"),
                ("lb-01", "HAProxy", "9.9.9"),
                ("web-01", "database", "MariaDb 12.0.1"),
                ("web-02", "nginx.service", null),
            ],
            Of(after, DifferenceKind.Component).Select(one => (one.Server!, one.Target!, one.After)).Order());
    }

    [Fact]
    public void Listeners_backends_and_agents_are_told_by_name()
    {
        Snapshot after = With<ServerFacts>("web-01", facts => facts with
        {
            Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>(
                [
                    .. facts.Sockets.Value!,
                    new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "*", Port = 4444, Processes = ["nc"] },
                ]),
        })
            .With("lb-01", (LoadBalancerFacts facts) => facts with { Statistics = Reading.Of(Down(facts.Statistics.Value!)) })
            .With("web-02", (AgentFacts facts) => facts with { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([]) });

        SnapshotDifference listener = Assert.Single(Of(after, DifferenceKind.Listener));
        Assert.Equal(("web-01", "tcp/4444 on *", null, "nc"), (listener.Server, listener.Target, listener.Before, listener.After));
        SnapshotDifference backend = Assert.Single(Of(after, DifferenceKind.Backend));
        Assert.Equal("web/web-02", backend.Target);
        Assert.StartsWith("Up, ", backend.Before, StringComparison.Ordinal);
        Assert.StartsWith("Down, ", backend.After, StringComparison.Ordinal);
        Assert.All(Of(after, DifferenceKind.Agent), one => Assert.Equal(("web-02", null), (one.Server, one.After)));
        Assert.NotEmpty(Of(after, DifferenceKind.Agent));
    }

    [Fact]
    public void Accounts_are_told_by_name_with_what_they_may_do()
    {
        Snapshot before = With<ReplicationFacts>(
            "web-02", facts => facts with { OpenAccounts = Reading.Of<IReadOnlyList<OpenAccount>>([]) });
        Snapshot after = before.With("web-02", (ReplicationFacts facts) => facts with
        {
            Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>(
                [.. facts.Accounts.Value!.Select(one => one with { TlsRequired = false })], facts.Accounts.Source),
            Privileged = Reading.Of<IReadOnlyList<PrivilegedAccount>>(
                [.. facts.Privileged.Value!, new PrivilegedAccount { User = "app", Host = "%", Privileges = ["READ_ONLY ADMIN"] }],
                facts.Privileged.Source),
            OpenAccounts = Reading.Of<IReadOnlyList<OpenAccount>>([new OpenAccount { User = "", Host = "%", Plugin = "" }]),
        });

        IReadOnlyList<SnapshotDifference> differences = SnapshotComparison.Compare(before, after);

        Assert.Equal(
            [
                ("''@'%'", null, "no password"),
                ("'app'@'%'", null, "not bound by read_only (READ_ONLY ADMIN)"),
                ("'repl'@'192.0.2.48/255.255.255.240'", "reads the binary log, TLS required", "reads the binary log, TLS not required"),
            ],
            differences.Where(one => one.Kind == DifferenceKind.Account).Select(one => (one.Target!, one.Before, one.After)).Order());
        Assert.All(differences.Where(one => one.Kind == DifferenceKind.Fact), one => Assert.Equal(DifferenceKind.Account, one.ToldAs));
    }

    [Fact]
    public void Accounts_that_one_of_the_two_did_not_read_are_no_difference() => Assert.Empty(Of(
        With<ReplicationFacts>(
            "web-02", facts => facts with { Accounts = Reading.Unreadable<IReadOnlyList<ReplicationAccount>>("no privilege") }),
        DifferenceKind.Account));

    [Fact]
    public void A_fact_that_is_told_so_says_as_what_and_any_other_does_not()
    {
        Snapshot after = With<LoadBalancerFacts>(
            "lb-01",
            facts => facts with
            {
                Process = facts.Process with { Value = facts.Process.Value! with { Version = "9.9.9", MaximumConnections = 7 } },
            });

        Assert.Equal(
            [("process.value.maximumConnections", (DifferenceKind?)null), ("process.value.version", DifferenceKind.Component)],
            Of(after, DifferenceKind.Fact).Select(one => (one.Target!, one.ToldAs)).OrderBy(one => one.Item1));
    }

    [Fact]
    public void Findings_say_whether_trouble_came_or_went()
    {
        Snapshot after = With<LoadBalancerFacts>("lb-01", facts => facts with { Statistics = Reading.Of(Down(facts.Statistics.Value!)) });

        Assert.True(Assert.Single(Of(after, DifferenceKind.Finding), one => one.Source == "LB-002").IsTrouble);
        Assert.False(
            Assert.Single(
                SnapshotComparison.Compare(after, Before), one => one.Kind == DifferenceKind.Finding && one.Source == "LB-002").IsTrouble);
    }

    private static SnapshotDifference[] Of(Snapshot after, DifferenceKind kind) =>
        [.. SnapshotComparison.Compare(Before, after).Where(one => one.Kind == kind)];

    private static TFacts Facts<TFacts>(string server) =>
        (TFacts)Before.Facts.First(facts => facts.Server == server && facts.Value is TFacts).Value!;

    private static Snapshot With<TFacts>(string server, Func<TFacts, TFacts> change)
        where TFacts : class => Before.With(server, change);

    // As a rule of the chain that takes what is for the server, before those that drop.
    private static Snapshot With(int port, string verdict) => With<FirewallFacts>("web-01", facts => facts with
    {
        Running = Reading.Of(
            facts.Running.Value! with { Nftables = Inserted(facts.Running.Value!.Nftables, port, verdict) }, facts.Running.Source),
    });

    private static string Inserted(string listing, int port, string verdict)
    {
        JsonNode root = JsonNode.Parse(listing)!;
        JsonArray objects = root["nftables"]!.AsArray();
        int second = objects.Index().Where(one => one.Item!["rule"]?["chain"]?.GetValue<string>() == "input").Skip(1).First().Index;
        objects.Insert(second, JsonNode.Parse(
            $$"""
            { "rule": { "family": "inet", "table": "filter", "chain": "input", "handle": 999, "expr": [
                { "match": { "op": "==", "left": { "payload": { "protocol": "tcp", "field": "dport" } }, "right": {{port}} } }, { "{{verdict}}": null } ] } }
            """));
        return root.ToJsonString();
    }

    private static Reading<IReadOnlyList<ReplicationChannel>> Channel(string source)
    {
        ReplicationChannel channel = Facts<ReplicationFacts>("web-02").Channels.Value![0];
        string address = Before.Site.Find(source)!.Addresses[0].ToString();
        return Reading.Of<IReadOnlyList<ReplicationChannel>>([channel with { SourceHost = address, SourceUuid = null }]);
    }

    private static ServedCertificate Renewed(ServedCertificate served) => served with
    {
        Leaf = served.Leaf with
        {
            Issuer = "CN=Another CA",
            DnsNames = ["shop.foobar.com"],
            NotAfter = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
            KeyAlgorithm = "RSA",
            KeySizeBits = 2048,
            Sha256Fingerprint = new string('A', 64),
        },
    };

    private static ProxyStatistics Down(ProxyStatistics statistics) => statistics with
    {
        Backends =
        [
            .. statistics.Backends.Select(backend => backend.Name == "web"
                ? backend with
                {
                    Servers = [.. backend.Servers.Select(server => server.Name == "web-02" ? server with { Status = "DOWN" } : server)],
                }
                : backend),
        ],
    };
}

/// <summary>Changes one fact of a snapshot.</summary>
internal static class SnapshotEditing
{
    public static Snapshot With<TFacts>(this Snapshot snapshot, string server, Func<TFacts, TFacts> change)
        where TFacts : class => snapshot with
        {
            Facts =
            [
                .. snapshot.Facts.Select(
                    facts => facts.Server == server && facts.Value is TFacts value ? facts with { Value = change(value) } : facts),
            ],
        };
}
