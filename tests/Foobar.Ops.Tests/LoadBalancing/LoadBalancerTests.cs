using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.Tests.LoadBalancing;

public sealed class LoadBalancerTests
{
    /// <summary>As HAProxy 3.2 gave them: three backends' worth of columns and states.</summary>
    private static readonly string Stat = File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-stat.csv"));

    private static readonly string Info = File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-info.txt"));

    private static readonly Site Site = WithAddresses("192.0.2.43", "192.0.2.44");

    private static readonly LoadBalancerFacts Healthy = new()
    {
        Process = Reading.Of(InfoParser.Parse(Info)),
        SocketLevel = Reading.Of("admin"),
        Starts = Reading.Of<IReadOnlyList<ServerStart>>([
            .. StatParser.Parse(Stat).Backends
                .SelectMany(backend => backend.Servers)
                .Select(server => new ServerStart
                {
                    Backend = server.Backend,
                    Name = server.Name,
                    IsDisabled = server.State == BackendServerState.Maintenance,
                }),
        ]),
        Configuration = Reading.Of(new ProxyConfiguration
        {
            Routes = [],
            Checks =
            [
                .. StatParser.Parse(Stat).Backends.SelectMany(backend => backend.Servers)
                    .Select(server => new HealthCheck { Backend = server.Backend, Name = server.Name, IsHttp = true }),
                new HealthCheck { Backend = "web", Name = "web-09", IsHttp = true },
            ],
        }),
        Statistics = Reading.Of(StatParser.Parse(Stat)),
        Http = Reading.Of(new VisitorAnswer { Url = "http://www.foobar.com/", StatusCode = 301, Location = "https://www.foobar.com/" }),
        HttpOther = Reading.Of(new VisitorAnswer
        {
            Url = "http://www.foobar.com/foobar-ops/any-page", StatusCode = 301, Location = "https://www.foobar.com/foobar-ops/any-page",
        }),
        Https = Reading.Of(new VisitorAnswer
        {
            Url = "https://www.foobar.com/",
            StatusCode = 200,
            StrictTransportSecurity = "max-age=63072000; includeSubDomains",
        }),
    };

    public static TheoryData<string> Ids => [.. LoadBalancerControls.All.Select(control => control.Info.Id)];

    [Fact]
    public void Statistics_are_read_by_backend_and_server()
    {
        ProxyStatistics statistics = StatParser.Parse(Stat);

        Assert.Equal(["www-http", "www-https", "mysql", "metrics"], statistics.Frontends.Select(frontend => frontend.Name));
        Assert.Equal((18L, "http"), (statistics.Frontends[1].RequestsTotal, statistics.Frontends[1].Mode));
        Assert.Null(statistics.Frontends[2].RequestsTotal);
        Backend web = statistics.Backends.Single(backend => backend.Name == "web");
        Assert.Equal(["web-01", "web-02"], web.Servers.Select(server => server.Name));
        Assert.Equal(
            ("192.0.2.43:80", BackendServerState.Up, "L7OK", "Layer7 check passed", 1L, 9L),
            (
                web.Servers[0].Address, web.Servers[0].State, web.Servers[0].CheckStatus, web.Servers[0].CheckDescription,
                web.Servers[0].Weight, web.Servers[0].SessionsTotal));
        Assert.Equal(BackendServerState.Maintenance, statistics.Backends.Single(backend => backend.Name == "mysql-write").Servers[1].State);
    }

    [Fact]
    public void The_process_is_known()
    {
        HaproxyProcess process = InfoParser.Parse(Info);

        Assert.Equal(
            ("3.2.26-1", 83, 23L, 1L, 2000L),
            (process.Version, process.ProcessId, process.UptimeSeconds, process.CurrentConnections, process.MaximumConnections));
        Assert.Throws<ParseException>(() => InfoParser.Parse("Name: HAProxy\n"));
    }

    [Theory]
    [InlineData("UP", BackendServerState.Up)]
    [InlineData("UP 1/3", BackendServerState.Up)]
    [InlineData("no check", BackendServerState.Up)]
    [InlineData("NOLB", BackendServerState.Drain)]
    [InlineData("DRAIN", BackendServerState.Drain)]
    [InlineData("MAINT (via web/web-01)", BackendServerState.Maintenance)]
    [InlineData("DOWN 1/2", BackendServerState.Down)]
    [InlineData("DOWN (agent)", BackendServerState.Down)]
    [InlineData("DRAIN 1/2", BackendServerState.Drain)]
    [InlineData("DRAIN (agent)", BackendServerState.Drain)]
    [InlineData("NOLB 2/3", BackendServerState.Drain)]
    [InlineData("MAINT (resolution)", BackendServerState.Maintenance)]
    [InlineData("MAINT", BackendServerState.Maintenance)]
    [InlineData("DOWN", BackendServerState.Down)]
    [InlineData("UPSIDE", BackendServerState.Unknown)]
    [InlineData("something new", BackendServerState.Unknown)]
    public void A_status_is_a_state(string status, BackendServerState state) =>
        Assert.Equal(state, Web(0) with { Status = status } is { } server ? server.State : default);

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_healthy_load_balancer_passes(string id) =>
        Assert.All(
            Judge(id, Healthy),
            finding => Assert.True(
                finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable,
                $"{finding.Status} {finding.Target} {finding.Actual}"));

    [Theory]
    [MemberData(nameof(Ids))]
    public void What_could_not_be_read_never_passes(string id)
    {
        LoadBalancerFacts unread = new()
        {
            Process = Reading.Unreadable<HaproxyProcess>("no answer"),
            Statistics = Reading.Unreadable<ProxyStatistics>("no answer"),
            Http = Reading.Unreadable<VisitorAnswer>("refused"),
            Https = Reading.Unreadable<VisitorAnswer>("refused"),
        };

        Assert.Equal(id == "LB-001" ? FindingStatus.Fail : FindingStatus.Unknown, Assert.Single(Judge(id, unread)).Status);
    }

    [Fact]
    public void Each_flaw_fails_its_own_controls()
    {
        (string[] Controls, LoadBalancerFacts Facts)[] flaws =
        [
            (["LB-002"], WithWeb(Web(0) with { Status = "DOWN", CheckStatus = "L4CON" }, Web(1))),
            (["LB-002", "LB-007"], WithWeb(Web(0) with { Status = "DOWN" }, Web(1) with { Status = "DOWN" })),
            (["LB-003", "LB-009"], WithWeb(Web(0))),
            (["LB-004"], WithWeb(Web(0) with { Status = "no check", CheckStatus = null }, Web(1))),
            (["LB-009"], WithWeb(Web(0), Web(1), Web(1) with { Name = "web-09", Address = "192.0.2.99:80" })),
            (["LB-005"], Healthy with { Http = Answer(200, null, null) }),
            (["LB-005"], Healthy with { Http = Answer(301, "http://www.foobar.com/", null) }),
            (["LB-005"], Healthy with { HttpOther = Answer(200, null, null) }),
            (["LB-005"], Healthy with { HttpOther = Answer(404, null, null) }),
            (["LB-006"], Healthy with { Https = Answer(200, null, null) }),
            (["LB-006"], Healthy with { Https = Answer(200, null, "max-age=0") }),
            (["LB-006"], Healthy with { Https = Answer(200, null, "includeSubDomains") }),
        ];

        Assert.All(flaws, flaw => Assert.Equal(flaw.Controls, LoadBalancerControls.All
            .Where(control => Judge(control.Info.Id, flaw.Facts).Any(finding => finding.Status == FindingStatus.Fail))
            .Select(control => control.Info.Id)));
    }

    [Fact]
    public void A_server_taken_out_by_an_operator_is_a_warning_except_behind_the_write_endpoint()
    {
        LoadBalancerFacts facts = WithWeb(Web(0) with { Status = "MAINT", CheckStatus = null }, Web(1));

        Assert.Equal([(FindingStatus.Warning, "web/web-01"), (FindingStatus.Pass, "web/web-02")], Judge("LB-002", facts).Brief());
        Assert.DoesNotContain(Judge("LB-002", facts), finding => finding.Target!.StartsWith("mysql-write", StringComparison.Ordinal));
        Assert.Contains((FindingStatus.NotApplicable, "web/web-01"), Judge("LB-004", facts).Brief());
    }

    [Fact]
    public void A_socket_that_takes_no_orders_fails() =>
        Assert.Equal(
            (FindingStatus.Fail, "level operator: it may look, and not change servers"),
            Assert.Single(
                Judge("LB-001", Healthy with { SocketLevel = Reading.Of(HaproxySocket.ParseLevel("operator\n\n")) })) is { } finding
                ? (finding.Status, finding.Actual)
                : default);

    [Fact]
    public void A_state_that_is_not_known_is_no_verdict()
    {
        LoadBalancerFacts facts = WithWeb(Web(0) with { Status = "STANDBY" }, Web(1) with { Status = "MAINT" });

        Assert.Contains((FindingStatus.Unknown, "web/web-01"), Judge("LB-002", facts).Brief());
        Assert.Contains((FindingStatus.Unknown, "web"), Judge("LB-007", facts).Brief());
        Assert.Contains((FindingStatus.Unknown, "web/web-01"), Judge("LB-012", facts).Brief());
    }

    [Fact]
    public void A_server_with_weight_0_takes_no_traffic() =>
        Assert.Contains(
            (FindingStatus.Fail, "web"), Judge("LB-007", WithWeb(Web(0) with { Weight = 0 }, Web(1) with { Weight = 0 })).Brief());

    [Theory]
    [InlineData("UP", false, null, FindingStatus.Pass)]
    [InlineData("UP", true, null, FindingStatus.Fail)]
    [InlineData("MAINT", false, null, FindingStatus.Fail)]
    [InlineData("MAINT", true, null, FindingStatus.Pass)]
    [InlineData("DRAIN", true, null, FindingStatus.Pass)]
    [InlineData("DOWN", false, null, FindingStatus.Pass)]
    [InlineData("NOLB", false, null, FindingStatus.Pass)]
    [InlineData("MAINT (resolution)", false, null, FindingStatus.NotApplicable)]
    [InlineData("UP", false, "'track': ...", FindingStatus.Unknown)]
    public void What_a_restart_makes_of_a_server_is_held_against_what_it_is(
        string status, bool disabled, string? doubt, FindingStatus expected)
    {
        ServerStart start = new() { Backend = "web", Name = "web-01", IsDisabled = disabled, Doubts = doubt is null ? [] : [doubt] };
        LoadBalancerFacts facts =
            WithWeb(Web(0) with { Status = status }) with { Starts = Reading.Of<IReadOnlyList<ServerStart>>([start]) };

        Assert.Equal(expected, Judge("LB-012", facts).Single(finding => finding.Target == "web/web-01").Status);
    }

    [Theory]
    [InlineData("option httpchk\n server web-01 192.0.2.43:80 check", FindingStatus.Pass)]
    [InlineData("option httpchk\n server web-01 192.0.2.43:80 check port 80", FindingStatus.Pass)]
    [InlineData("server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option tcp-check\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option httpchk\n no option httpchk\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("server web-01 192.0.2.43:80 check port 3306 no-check-ssl", FindingStatus.Fail)]
    [InlineData("option httpchk\n default-server check port 8080\n server web-01 192.0.2.43:80", FindingStatus.Warning)]
    [InlineData("option httpchk\n server web-01 [2001:db8::43]:80 check addr 2001:db8::1", FindingStatus.Warning)]
    [InlineData("option httpchk\n http-check connect port 80 addr 192.0.2.43\n server web-01 192.0.2.43:80 check", FindingStatus.Pass)]
    [InlineData(
        "option httpchk\n http-check connect addr 127.0.0.1 port 8090\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option tcp-check\n tcp-check connect port 8090\n server web-01 192.0.2.43:80 check", FindingStatus.Fail)]
    [InlineData("option httpchk\n http-check expect status 200-399\n server web-01 192.0.2.43:80 check", FindingStatus.Pass)]
    [InlineData("option httpchk\n http-check expect status 200-599\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option httpchk\n http-check expect status 200,404\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option httpchk\n http-check expect rstatus ^[23]\n server web-01 192.0.2.43:80 check", FindingStatus.Pass)]
    [InlineData("option httpchk\n http-check expect ! rstatus ^5\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option httpchk\n http-check expect string ready\n server web-01 192.0.2.43:80 check", FindingStatus.Pass)]
    [InlineData("option httpchk\n server web-01 192.0.2.43:80 check inter 1m", FindingStatus.Pass)]
    [InlineData("option httpchk\n default-server inter 24h\n server web-01 192.0.2.43:80 check", FindingStatus.Warning)]
    [InlineData("option httpchk\n server web-01 192.0.2.43:80 check inter 61000", FindingStatus.Warning)]
    [InlineData("option httpchk\n server web-01 192.0.2.43:80 check brandnew", FindingStatus.Unknown)]
    [InlineData("option httpchk\n server-template web- 2 web.example:80 check", FindingStatus.Unknown)]
    public void A_check_asks_the_web_server_itself(string lines, FindingStatus expected) =>
        Assert.Equal(
            expected,
            Judge("LB-004", WithWeb(Web(0)) with { Configuration = Configured($"backend web\n mode http\n {lines}\n") })
                .Single(static finding => finding.Target == "web/web-01").Status);

    [Theory]
    [InlineData(99, null)]
    [InlineData(100, null)]
    [InlineData(101, "/a b.cfg was edited at 1970-01-01 00:01:41 UTC, and HAProxy runs since 1970-01-01 00:01:40 UTC")]
    public void A_file_that_was_edited_since_the_process_started_does_not_tell_what_runs(long changed, string? why)
    {
        HaproxyProcess process = InfoParser.Parse(Info) with { UptimeSeconds = 900 };
        (long now, IReadOnlyList<(string, long)> files) = HaproxyFiles.ParseTimes($"1000\n50 /b.cfg\n{changed} /a b.cfg\n");

        Assert.Equal(why, LoadBalancerCollector.EditedSince(process, now, files)?.Split(": ")[0]);
    }

    [Theory]
    [InlineData(4, FindingStatus.Pass)]
    [InlineData(5, FindingStatus.Warning)]
    public void A_frontend_at_its_own_limit_is_told(long sessions, FindingStatus expected)
    {
        ProxyStatistics read = Healthy.Statistics.Value!;
        LoadBalancerFacts facts = Healthy with
        {
            Statistics = Reading.Of(read with
            {
                Frontends = [read.Frontends[0] with { Name = "www", CurrentSessions = sessions, MaximumSessions = 5 }],
            }),
        };

        Assert.Equal(expected, Judge("LB-010", facts)[^1].Status);
    }

    [Fact]
    public void A_time_that_is_none_is_an_error() => Assert.Throws<ParseException>(() => HaproxyFiles.ParseTimes("1000\nx /a.cfg\n"));

    [Theory]
    [InlineData("default_backend web", "", FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData("default_backend new", "192.0.2.99:22", FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData("use_backend %[path,lower]\n default_backend new", "192.0.2.43:81", FindingStatus.Warning, FindingStatus.Pass)]
    [InlineData("use_backend new if { path /x }\n default_backend web", "192.0.2.99:22", FindingStatus.Warning, FindingStatus.Fail)]
    [InlineData("use_backend new if { path /x }\n default_backend web", "127.0.0.1:8080", FindingStatus.Warning, FindingStatus.Pass)]
    [InlineData("use_backend new if { path /x }\n default_backend web", "", FindingStatus.Pass, FindingStatus.Pass)]
    public void Each_backend_that_visitors_are_led_to_is_judged(string lines, string other, FindingStatus count, FindingStatus declared)
    {
        ProxyStatistics read = WithWeb(Web(0), Web(1)).Statistics.Value!;
        Backend added = read.Backends.Single(static backend => backend.Name == "web") with
        {
            Name = "new", Servers = other.Length == 0 ? [] : [Web(0) with { Backend = "new", Name = "one", Address = other }],
        };
        LoadBalancerFacts facts = Healthy with
        {
            Statistics = Reading.Of(read with { Backends = [.. read.Backends, added] }),
            Configuration = Configured(
                $"defaults\n mode http\nfrontend www\n bind :443\n {lines}\nfrontend inner\n bind 127.0.0.1:1\n default_backend inner\n"),
        };

        FindingStatus[] worst = [FindingStatus.Fail, FindingStatus.Warning, FindingStatus.Pass];
        Assert.Equal(count, worst.First(status => Judge("LB-003", facts).Any(finding => finding.Status == status)));
        Assert.Equal(declared, worst.First(status => Judge("LB-009", facts).Any(finding => finding.Status == status)));
    }

    [Theory]
    [InlineData("server web-01 192.0.2.43:3306 check", FindingStatus.Pass)]
    [InlineData("option mysql-check\n server web-01 192.0.2.43:3306 check", FindingStatus.Pass)]
    [InlineData("option httpchk\n server web-01 192.0.2.43:3306 check port 9200", FindingStatus.Pass)]
    [InlineData("server web-01 192.0.2.43:3306 check port 22", FindingStatus.Fail)]
    public void A_check_of_a_database_asks_it_or_a_program_beside_it(string lines, FindingStatus expected)
    {
        ProxyStatistics read = WithWeb(Web(0)).Statistics.Value!;
        ProxyStatistics tcp = read with { Backends = [.. read.Backends.Select(static backend => backend with { Mode = "tcp" })] };

        Assert.Equal(
            expected,
            Judge(
                "LB-004", Healthy with { Statistics = Reading.Of(tcp), Configuration = Configured($"backend web\n mode tcp\n {lines}\n") })
                .Single(static finding => finding.Target == "web/web-01").Status);
    }

    [Theory]
    [InlineData("stats enable", "", FindingStatus.Fail, FindingStatus.NotApplicable)]
    [InlineData("stats uri /hs\n stats admin if TRUE", "", FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData("stats uri /hs\n stats auth a:b\n stats admin if TRUE", "", FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData("stats admin if LOCALHOST", "", FindingStatus.Fail, FindingStatus.Pass)]
    [InlineData("stats admin if { src 192.0.2.0/24 }", "", FindingStatus.Fail, FindingStatus.Unknown)]
    [InlineData("stats admin if TRUE\n stats http-request auth unless { http_auth(ops) }", "", FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData("stats enable\n acl ops http_auth(ops)\n http-request auth if !ops", "", FindingStatus.Pass, FindingStatus.NotApplicable)]
    [InlineData(
        "http-request auth if !{ http_auth(ops) } { path_beg /admin }\n stats enable\n stats admin if TRUE", "", FindingStatus.Unknown,
        FindingStatus.Unknown)]
    [InlineData(
        "http-request auth unless { http_auth(ops) } || { src 192.0.2.1 }\n stats enable\n stats admin if TRUE", "", FindingStatus.Unknown,
        FindingStatus.Unknown)]
    [InlineData(
        "acl ops http_auth(ops)\n acl ops path_beg /hastats\n http-request auth unless ops\n stats enable\n stats admin if TRUE", "",
        FindingStatus.Unknown, FindingStatus.Unknown)]
    [InlineData(
        "http-request allow\n http-request auth unless { http_auth(ops) }\n stats enable\n stats admin if TRUE", "",
        FindingStatus.Unknown, FindingStatus.Unknown)]
    [InlineData("stats enable\n http-request deny if ! { http_auth_group(ops) admins }", "", FindingStatus.Pass,
        FindingStatus.NotApplicable)]
    [InlineData("stats enable\n http-request deny unless { src 192.0.2.1 }", "", FindingStatus.Unknown, FindingStatus.NotApplicable)]
    [InlineData("stats enable\n http-request deny if { sc_http_req_rate(0) gt 9 }", "", FindingStatus.Fail, FindingStatus.NotApplicable)]
    [InlineData("http-request redirect scheme https", "stats enable", FindingStatus.Pass, FindingStatus.NotApplicable)]
    [InlineData("", "stats enable\n stats admin if TRUE", FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData("mode tcp\n stats enable", "", FindingStatus.NotApplicable, FindingStatus.NotApplicable)]
    [InlineData("default_backend s\nbackend s\n stats admin if TRUE", "", FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData("listen s\n bind [::]:9999\n stats admin if TRUE", "", FindingStatus.Warning, FindingStatus.Warning)]
    [InlineData("listen s\n bind [::1]:9999\n stats admin if TRUE", "", FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData("", "", FindingStatus.NotApplicable, FindingStatus.NotApplicable)]
    public void A_statistics_page_is_for_operators(string lines, string defaults, FindingStatus shown, FindingStatus ordered)
    {
        LoadBalancerFacts facts = Healthy with
        {
            Configuration = Configured($"defaults\n mode http\n {defaults}\nfrontend www\n bind 198.51.100.10:443 ssl\n {lines}\n"),
        };

        Assert.Equal((shown, ordered), (Assert.Single(Judge("LB-013", facts)).Status, Assert.Single(Judge("LB-014", facts)).Status));
    }

    private static Reading<ProxyConfiguration> Configured(string text) =>
        Reading.Of(ProxyConfigurationReader.Read(HaproxySection.Of([new HaproxyFile("haproxy.cfg", text)])));

    [Fact]
    public void A_missing_backend_says_what_to_do() =>
        Assert.Contains(
            "policy.loadBalancing.webBackend",
            Assert.Single(
                Judge(
                    "LB-003", Healthy with { Statistics = Reading.Of(new ProxyStatistics { Frontends = [], Backends = [] }) })).Remediation,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(302, FindingStatus.Warning)]
    [InlineData(308, FindingStatus.Pass)]
    public void A_redirect_should_be_permanent(int code, FindingStatus status) =>
        Assert.Equal(status, Assert.Single(Judge("LB-005", Healthy with { Http = Answer(code, "https://www.foobar.com/", null) })).Status);

    [Theory]
    [InlineData("max-age=\"31536000\"", 31536000L)]
    [InlineData("includeSubDomains ; MAX-AGE = 300", 300L)]
    [InlineData("max-age=abc", null)]
    [InlineData("", null)]
    public void The_max_age_is_read_as_the_RFC_writes_it(string header, long? age) => Assert.Equal(age, VisitorJudge.MaxAge(header));

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(StatParser.Parse, Stat, "# pxname,svname,status,type,\nweb,\"a\"\"b\",UP,2,\n");
        ParserProperties.TakesOrRefusesAnyText(InfoParser.Parse, Info);
    }

    private static IReadOnlyList<Finding> Judge(string id, LoadBalancerFacts facts) =>
        TestSite.Judge(LoadBalancerControls.All, id, facts, "lb-01", Site);

    private static BackendServer Web(int index) => StatParser.Parse(Stat).Backends.Single(backend => backend.Name == "web").Servers[index];

    private static LoadBalancerFacts WithWeb(params BackendServer[] servers)
    {
        ProxyStatistics statistics = StatParser.Parse(Stat);
        return Healthy with
        {
            Statistics = Reading.Of(
                statistics with
                {
                    Backends =
                    [
                        .. statistics.Backends.Select(backend => backend.Name == "web" ? backend with { Servers = servers } : backend),
                    ],
                }),
        };
    }

    private static Reading<VisitorAnswer> Answer(int code, string? location, string? hsts) =>
        Reading.Of(new VisitorAnswer
        {
            Url = "http://www.foobar.com/",
            StatusCode = code,
            Location = location,
            StrictTransportSecurity = hsts,
        });

    private static Site WithAddresses(params string[] addresses)
    {
        Site site = TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Database = new DatabasePolicy { WriteEndpoint = new WriteEndpoint { Server = "lb-01", Backend = "mysql-write" } },
        });
        Queue<string> left = new(addresses);
        return site with
        {
            Servers =
            [
                .. site.Servers.Select(
                    server => server.Is(Role.Web) ? server with { Addresses = [IPAddress.Parse(left.Dequeue())] } : server),
            ],
        };
    }
}
