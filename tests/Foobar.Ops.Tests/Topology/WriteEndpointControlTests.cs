using System.Net;
using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Topology;

/// <summary>Where the load balancer leads writes, beside which member takes them.</summary>
public sealed class WriteEndpointControlTests
{
    private const string Backend = "mysql-write";

    [Theory]
    [InlineData("UP", "MAINT", FindingStatus.Pass, "web-01 (Primary)")]
    [InlineData("MAINT", "UP", FindingStatus.Fail, "web-02 (Replica), which refuses writes")]
    [InlineData("UP", "UP", FindingStatus.Fail, "web-01 (Primary), web-02 (Replica)")]
    [InlineData("MAINT", "MAINT", FindingStatus.Fail, "no server takes traffic")]
    [InlineData("UP", "STANDBY", FindingStatus.Unknown, null)]
    [InlineData("DOWN", "MAINT", FindingStatus.Fail, "no server takes traffic")]
    public void It_leads_to_the_primary_alone(string first, string second, FindingStatus status, string? actual)
    {
        Verdict verdict = Judge(Server("web-01", "192.0.2.11:3306", first), Server("web-02", "192.0.2.12:3306", second))[0];

        Assert.Equal((status, actual, "lb-01"), (verdict.Status, verdict.Actual, verdict.Server));
    }

    [Fact]
    public void A_backup_counts_only_while_no_other_is_up()
    {
        BackendServer backup = Server("web-02", "192.0.2.12:3306", "UP") with { IsBackup = true };

        Assert.Equal(FindingStatus.Pass, Judge(Server("web-01", "192.0.2.11:3306", "UP"), backup)[0].Status);
        Assert.Equal(FindingStatus.Fail, Judge(Server("web-01", "192.0.2.11:3306", "DOWN"), backup)[0].Status);
    }

    [Fact]
    public void A_server_that_is_no_member_is_not_decided() =>
        Assert.Equal(FindingStatus.Unknown, Judge(Server("other", "192.0.2.99:3306", "UP"))[0].Status);

    [Theory]
    [InlineData("web-01", FindingStatus.Pass, "web-01 (Primary)")]
    [InlineData("web-02", FindingStatus.Fail, "web-02 (Replica), which refuses writes")]
    [InlineData("web-01 web-02", FindingStatus.Fail, "web-01 (Primary), web-02 (Replica)")]
    [InlineData("web-03", FindingStatus.Unknown, null)]
    [InlineData("", FindingStatus.Unknown, null)]
    public void Where_a_restart_leads_writes_is_told_too(string starts, FindingStatus status, string? actual)
    {
        Verdict[] verdicts = JudgeRunning(
            Reading.Of<IReadOnlyList<ServerStart>>([.. starts.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Start)]));

        Assert.Equal(FindingStatus.Pass, verdicts[0].Status);
        Assert.Equal((status, actual, $"{Backend} after a restart"), (verdicts[1].Status, verdicts[1].Actual, verdicts[1].Target));
    }

    [Fact]
    public void A_restart_that_can_not_be_told_is_not_decided()
    {
        Verdict doubtful = JudgeRunning(
            Reading.Of<IReadOnlyList<ServerStart>>([Start("web-01") with { Doubts = ["track: it follows another"] }]))[1];
        Verdict unread = JudgeRunning(Reading.Unreadable<IReadOnlyList<ServerStart>>("no such file"))[1];

        Assert.Equal((FindingStatus.Unknown, FindingStatus.Unknown), (doubtful.Status, unread.Status));
        Assert.Contains("web-01: track: it follows another", doubtful.Reason, StringComparison.Ordinal);
        Assert.Contains("no such file", unread.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_could_not_be_read_is_not_decided()
    {
        Site site = SiteWithEndpoint();

        Assert.Equal(
            FindingStatus.Unknown,
            Assert.Single(
                WriteEndpointControls.Judge(site, _ => Reading.Unreadable<LoadBalancerFacts>("cut off"), HealthySite.Case())).Status);
        Assert.Contains(AuditRegistry.Controls, control => control.Id == "LB-011");
    }

    /// <summary>Where writes go is never passed over in silence.</summary>
    [Theory]
    [InlineData("192.0.2.11:3306", null, FindingStatus.Unknown)]
    [InlineData("192.0.2.11:3306", Backend, FindingStatus.NotApplicable)]
    [InlineData("192.0.2.11:80", null, FindingStatus.NotApplicable)]
    [InlineData("192.0.2.99:3306", null, FindingStatus.NotApplicable)]
    [InlineData("", null, FindingStatus.Unknown)]
    public void A_backend_of_the_database_without_a_declared_endpoint_is_not_decided(string address, string? read, FindingStatus status)
    {
        Site site = TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Database = new DatabasePolicy { ReadEndpoint = read is null ? null : new ReadEndpoint { Server = "lb-01", Backend = read } },
        });

        Verdict verdict = Assert.Single(
            WriteEndpointControls.Judge(site, _ => Reading.Of(Facts(Backend, Server("web-01", address, "UP"))), HealthySite.Case()));

        Assert.Equal((status, "lb-01"), (verdict.Status, verdict.Server));
        Assert.Equal(
            FindingStatus.Unknown,
            Assert.Single(
                WriteEndpointControls.Judge(site, _ => Reading.Unreadable<LoadBalancerFacts>("cut off"), HealthySite.Case())).Status);
    }

    /// <summary>Another load balancer of a pair takes its place with a backend of its own.</summary>
    [Theory]
    [InlineData("mysql-write", "web-01", FindingStatus.Pass)]
    [InlineData("mysql-write", "web-02", FindingStatus.Fail)]
    [InlineData("mysql-read", "web-02", null)]
    public void The_other_of_a_pair_leads_to_the_primary_too(string backend, string up, FindingStatus? status)
    {
        Site pair = SiteWithEndpoint();
        pair = pair with { Servers = [.. pair.Servers, pair.Find("lb-01")! with { Name = "lb-02", Ssh = new() { Host = "lb-02" } }] };
        BackendServer[] servers =
        [
            Server("web-01", "192.0.2.11:3306", up == "web-01" ? "UP" : "MAINT"),
            Server("web-02", "192.0.2.12:3306", up == "web-02" ? "UP" : "MAINT"),
        ];
        Verdict[] verdicts = [.. WriteEndpointControls.Judge(
            pair,
            balancer =>
                Reading.Of(balancer == "lb-01" ? Facts(Backend, Server("web-01", "192.0.2.11:3306", "UP")) : Facts(backend, servers)),
            HealthySite.Case())];

        Assert.Equal(FindingStatus.Pass, verdicts[0].Status);
        Assert.Equal(status, verdicts.FirstOrDefault(verdict => verdict.Server == "lb-02")?.Status);
    }

    private const string Split = """
        defaults
            mode tcp
        frontend mysql
            bind 192.0.2.10:3306
            bind [2001:db8::10]:3306
            ROUTE
            default_backend mysql-write
        frontend other
            bind 192.0.2.10:3307
            default_backend mysql-other
        backend mysql-write
            server web-01 192.0.2.11:3306
        backend mysql-other
            server web-02 192.0.2.12:3306
        """;

    /// <summary>Each way that a connection to the write endpoint may take counts, with or without a condition.</summary>
    [Theory]
    [InlineData("", "web-02", null, FindingStatus.Pass)]
    [InlineData("use_backend mysql-write if { src 192.0.2.76 }", "web-02", null, FindingStatus.Pass)]
    [InlineData("use_backend mysql-other if { src 192.0.2.76 }", "web-02", null, FindingStatus.Fail)]
    [InlineData("use_backend mysql-other", "web-02", null, FindingStatus.Fail)]
    [InlineData("use_backend mysql-other if { src 192.0.2.76 }", "", null, FindingStatus.Fail)]
    [InlineData("use_backend mysql-other if { src 192.0.2.76 }", "web-01", null, FindingStatus.Warning)]
    [InlineData("use_backend unloaded if { src 192.0.2.76 }", "web-02", null, FindingStatus.Unknown)]
    [InlineData("use_backend %[src,map(/etc/haproxy/writers.map,mysql-write)]", "web-02", null, FindingStatus.Unknown)]
    [InlineData("use_backend \"${WRITER}\" if TRUE", "web-02", null, FindingStatus.Unknown)]
    [InlineData("default_backend mysql-write\nlisten more\n bind [2001:db8::10]:3306\n server x 192.0.2.12:3306\nfrontend z", "web-02",
        null, FindingStatus.Unknown)]
    [InlineData("default_backend mysql-write\nfrontend more\n bind :3306\n default_backend mysql-other\nfrontend z", "web-02", null,
        FindingStatus.Fail)]
    [InlineData("", "web-02", "192.0.2.10:3307", FindingStatus.Fail)]
    [InlineData("", "web-02", "lb-01:3307", FindingStatus.Fail)]
    public void Every_backend_that_the_endpoint_reaches_leads_to_the_primary(
        string route, string other, string? address, FindingStatus expected)
    {
        string text = Split.Replace("ROUTE", route, StringComparison.Ordinal);
        LoadBalancerFacts facts = Facts(Backend, Server("web-01", "192.0.2.11:3306", "UP"));
        facts = facts with
        {
            Statistics = Reading.Of(facts.Statistics.Value! with
            {
                Backends =
                [
                    facts.Statistics.Value.Backends[0],
                    facts.Statistics.Value.Backends[0] with
                    {
                        Name = "mysql-other",
                        Servers = other.Length == 0 ? []
                            : [Server(other, other == "web-01" ? "192.0.2.11:3306" : "192.0.2.12:3306", "UP")],
                    },
                ],
            }),
            Configuration = Reading.Of(ProxyConfigurationReader.Read(HaproxySection.Of([new HaproxyFile("haproxy.cfg", text)]))),
        };
        Site site = SiteWithEndpoint(address);
        site = site with
        {
            Servers = [.. site.Servers.Select(
                static server => server.Name == "lb-01" ? server with { Addresses = [IPAddress.Parse("192.0.2.10")] } : server)],
        };
        Verdict[] routes = [.. WriteEndpointControls.Judge(site, _ => Reading.Of(facts), HealthySite.Case())
            .Where(static verdict => verdict.Target!.Contains("frontend", StringComparison.Ordinal)
                || verdict.Target.Contains(" to ", StringComparison.Ordinal))];

        Assert.Equal(expected, Assert.Single(routes).Status);
    }

    [Fact]
    public void Frontends_that_could_not_be_read_are_not_decided_and_a_backend_without_one_fails()
    {
        Verdict unread = Judge(Server("web-01", "192.0.2.11:3306", "UP"))[^1];
        LoadBalancerFacts facts = Facts(Backend, Server("web-01", "192.0.2.11:3306", "UP")) with
        {
            Configuration = Reading.Of(new ProxyConfiguration { Routes = [] }),
        };
        Verdict none = WriteEndpointControls.Judge(SiteWithEndpoint(), _ => Reading.Of(facts), HealthySite.Case()).Last();

        Assert.Equal(
            ((FindingStatus.Unknown, "frontends of mysql-write"), (FindingStatus.Fail, "frontends of mysql-write")),
            ((unread.Status, unread.Target), (none.Status, none.Target)));
    }

    private static Verdict[] JudgeRunning(Reading<IReadOnlyList<ServerStart>> starts) =>
        Judge(starts, Server("web-01", "192.0.2.11:3306", "UP"), Server("web-02", "192.0.2.12:3306", "MAINT"));

    private static Verdict[] Judge(params BackendServer[] servers) => Judge(Reading.Of<IReadOnlyList<ServerStart>>([]), servers);

    private static Verdict[] Judge(Reading<IReadOnlyList<ServerStart>> starts, params BackendServer[] servers)
    {
        LoadBalancerFacts facts = Facts(Backend, servers) with { Starts = starts };
        return [.. WriteEndpointControls.Judge(SiteWithEndpoint(), _ => Reading.Of(facts), HealthySite.Case())];
    }

    private static LoadBalancerFacts Facts(string backend, params BackendServer[] servers) =>
        new()
        {
            Process = Reading.Unreadable<HaproxyProcess>("not asked"),
            Statistics = Reading.Of(new ProxyStatistics
            {
                Frontends = [],
                Backends =
                [
                    new Backend
                    {
                        Name = backend,
                        Mode = "tcp",
                        Status = "UP",
                        QueueLength = 0,
                        CurrentSessions = 0,
                        SessionsTotal = 0,
                        Servers = servers,
                    },
                ],
            }),
            Starts = Reading.Of<IReadOnlyList<ServerStart>>([]),
            Http = Reading.Unreadable<VisitorAnswer>("not asked"),
            Https = Reading.Unreadable<VisitorAnswer>("not asked"),
        };

    private static Site SiteWithEndpoint(string? address = null) =>
        TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Database = new DatabasePolicy { WriteEndpoint = new WriteEndpoint { Server = "lb-01", Backend = Backend, Address = address } },
        });

    private static ServerStart Start(string name) => new() { Backend = Backend, Name = name };

    private static BackendServer Server(string name, string address, string status) => new()
    {
        Backend = Backend,
        Name = name,
        Address = address,
        Status = status,
        Weight = 1,
        SinceSeconds = 1,
        DowntimeSeconds = 0,
        QueueLength = 0,
        CurrentSessions = 0,
        SessionsTotal = 0,
    };
}
