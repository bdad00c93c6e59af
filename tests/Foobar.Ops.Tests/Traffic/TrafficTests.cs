using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

public sealed class TrafficTests
{
    private const string Status =
        "Active connections: 3 \nserver accepts handled requests\n 16 16 31 \nReading: 0 Writing: 1 Waiting: 2 \n";

    private static readonly string Haproxy =
        File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-info.txt"))
            + "\n"
            + File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-stat.csv"))
            + "\n";

    [Fact]
    public void Frontends_backends_and_servers_count_requests_or_sessions_and_the_process_is_their_epoch()
    {
        CounterReading reading = HaproxyCounters.Parse(Haproxy);

        Assert.Equal("process 83", reading.Epoch);
        Assert.True(reading.Overlaps);
        Assert.Equal(
            [
                ("www-http", TrafficUnit.Requests, 0L),
                ("www-https", TrafficUnit.Requests, 18L),
                ("mysql", TrafficUnit.Sessions, 18L),
                ("metrics", TrafficUnit.Requests, 0L),
            ],
            reading.Counters.Where(counter => counter.Origin == TrafficOrigin.HaproxyFrontend)
                .Select(counter => (counter.Name, counter.Unit, counter.Value)));
        Assert.Equal(
            ["web", "mysql-write"],
            reading.Counters.Where(counter => counter.Origin == TrafficOrigin.HaproxyBackend).Select(counter => counter.Name));
        Assert.Equal(
            ["web/web-01", "web/web-02", "mysql-write/web-01", "mysql-write/web-02"],
            reading.Counters.Where(counter => counter.Origin == TrafficOrigin.HaproxyServer).Select(counter => counter.Name));
        Assert.Throws<ParseException>(() => HaproxyCounters.Parse("Unknown command"));
    }

    [Fact]
    public void The_master_of_HAProxy_and_its_old_workers_are_found()
    {
        const string Processes =
            "#<PID>  <type>  <reloads>  <uptime>  <version>\n71  master  1 [failed: 0]  0d00h21m00s  2.6.12\n# workers\n"
                + "113  worker  0  0d00h00m00s  2.6.12\n# old workers\n73  worker  1  0d00h21m00s  2.6.12\n# programs\n\n";

        Assert.Equal([73], HaproxySource.ParseOld(Processes));
        Assert.Empty(HaproxySource.ParseOld("Unknown command"));
        Assert.Equal(
            "/run/haproxy-master.sock",
            HaproxySource.ParseMaster("/usr/sbin/haproxy\n-Ws\n-f\n/etc/haproxy/haproxy.cfg\n-S\n/run/haproxy-master.sock\n"));
        Assert.Equal("/run/m.sock", HaproxySource.ParseMaster("haproxy\n-S\nunix@/run/m.sock,mode,600\n"));
        Assert.Null(HaproxySource.ParseMaster("haproxy\n-S\n127.0.0.1:9999\n"));
        Assert.Null(HaproxySource.ParseMaster("/sbin/init\n-S"));
    }

    [Fact]
    public void Checks_of_servers_are_expected_as_often_as_the_configuration_says()
    {
        IReadOnlyDictionary<string, double> checks = HaproxyChecks.Of(HaproxySection.Of([new HaproxyFile("haproxy.cfg", """
            defaults
                default-server inter 3s
            backend web
                server a 192.0.2.1:80 check
                server b 192.0.2.2:80 check inter 500
                server c 192.0.2.3:80
            backend other
                default-server check inter 1m
                server d 192.0.2.4:80
                server e 192.0.2.5:80 no-check
            """)]));

        Assert.Equal(
            [("other/d", 60.0), ("web/a", 3.0), ("web/b", 0.5)],
            checks.OrderBy(check => check.Key).Select(check => (check.Key, check.Value)));
    }

    [Fact]
    public void The_master_of_nginx_is_told_by_process_and_start()
    {
        NginxProcess process = NginxProcess.Parse("71 123456 1300.06\n");

        Assert.Equal(("process 71, started at 123456", TimeSpan.FromSeconds(65.5)), (process.Epoch, process.Age));
        ParserProperties.TakesOrRefusesAnyText(NginxProcess.Parse, "71 123456 1300.06\n");
    }

    [Fact]
    public void The_status_page_of_nginx_is_read() => Assert.Equal(31, Assert.Single(NginxStatusSource.Parse(Status).Counters).Value);

    [Fact]
    public void Database_counters_lead_with_questions()
    {
        Dictionary<string, long> values = new()
        {
            ["Com_select"] = 5,
            ["Questions"] = 9,
            ["Uptime"] = 100,
            ["Slow_queries"] = 1,
            ["Threads_connected"] = 3,
        };

        CounterReading reading = DatabaseSource.Parse(values);

        Assert.Equal(["Questions", "Com_select"], reading.Counters.Select(counter => counter.Name));
        Assert.Equal((1L, 3L), (reading.Counters[0].Parts[TrafficPart.SlowStatements], reading.Counters[0].Now!.OpenConnections!.Value));
        Assert.Throws<ParseException>(() => DatabaseSource.Parse(new Dictionary<string, long> { ["Uptime"] = 1 }));
    }

    [Fact]
    public async Task A_database_s_restart_is_a_new_epoch_and_a_flush_may_have_set_counters_back()
    {
        await using DatabaseSource source = new("web-01", _ => throw new InvalidOperationException());
        CounterReading Follow(int uptime, int sinceFlush, int clock) => source.Follow(
            new CounterReading([], "") { Uptime = TimeSpan.FromSeconds(uptime) }, sinceFlush, clock * 1000);

        CounterReading first = Follow(100, 90, 1000), later = Follow(110, 100, 1010), flushed = Follow(111, 1, 1011);
        CounterReading restarted = Follow(3, 3, 1020), slow = Follow(5, 5, 1022), again = Follow(6, 6, 1050);

        Assert.Equal((first.Epoch, 0), (later.Epoch, later.Resets));
        Assert.Equal((first.Epoch, 1), (flushed.Epoch, flushed.Resets));
        Assert.NotEqual(first.Epoch, restarted.Epoch);
        Assert.Equal((restarted.Epoch, 1), (slow.Epoch, slow.Resets));
        Assert.NotEqual(slow.Epoch, again.Epoch);
    }

    [Theory]
    [InlineData("127.0.0.1:8081", "http://127.0.0.1:8081/nginx_status")]
    [InlineData("8081", "http://127.0.0.1:8081/nginx_status")]
    [InlineData("[::1]:8081", "http://[::1]:8081/nginx_status")]
    [InlineData("*:80 default_server", "http://127.0.0.1/nginx_status")]
    [InlineData("192.0.2.11", "http://192.0.2.11/nginx_status")]
    [InlineData("unix:/run/nginx.sock", null)]
    public void The_status_page_is_found_in_the_configuration(string listen, string? url) =>
        Assert.Equal(
            url is null ? [] : new[] { url },
            NginxConfiguration.Parse(Configuration(listen)).StatusPages.Select(page => page.Url.ToString()));

    [Fact]
    public void Access_logs_are_found_and_what_is_no_file_is_not()
    {
        Assert.Equal(["/var/log/nginx/a b.log"], NginxConfiguration.Parse(Configuration("80")).AccessLogs);
        Assert.Equal(["/var/log/nginx/access.log"], NginxConfiguration.Parse("http { server { listen 80; } }").AccessLogs);
        Assert.Empty(NginxConfiguration.Parse("http { access_log off; access_log /var/log/$host.log; }").AccessLogs);
    }

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(HaproxyCounters.Parse, Haproxy);
        ParserProperties.TakesOrRefusesAnyText(NginxStatusSource.Parse, Status);
        ParserProperties.TakesOrRefusesAnyText(NginxConfiguration.Parse, Configuration("127.0.0.1:8081"));
        ParserProperties.TakesOrRefusesAnyText(
            AccessLogScript.Parse, "12 400 0:0:3:0:0:0 same /var/log/nginx/access.log\n13 0 0:0:0:0:0:0 rotated /b c\n");
        ParserProperties.TakesOrRefusesAnyText(
            text => AccessLogScript.AfterSizes(text), "12 400 0:0:3:0:0:0 same /a\nclock 100.00 100.25 101.50\n");
    }

    [Theory]
    [InlineData("listen 8443 ssl; server_name status.example.com;", "https://status.example.com:8443/nginx_status", "127.0.0.1")]
    [InlineData("listen 192.0.2.11:80; server_name _ www.example.com;", "http://www.example.com/nginx_status", "192.0.2.11")]
    [InlineData("listen 443; ssl on;", "https://127.0.0.1/nginx_status", "127.0.0.1")]
    [InlineData("listen 127.0.0.1:8000-8010;", "http://127.0.0.1:8000/nginx_status", "127.0.0.1")]
    [InlineData("listen localhost:8081;", "http://127.0.0.1:8081/nginx_status", "127.0.0.1")]
    [InlineData("listen 80 proxy_protocol;", null, null)]
    public void The_page_of_a_virtual_host_is_asked_for_by_its_name(string server, string? url, string? address)
    {
        NginxConfiguration configuration = NginxConfiguration.Parse(
            $"http {{ server {{ listen 80; }} server {{ {server} location = /nginx_status {{ stub_status; }} }} }}");

        Assert.Equal((url, address), configuration.StatusPages is [{ } page, ..] ? (page.Url.ToString(), page.Address) : (null, null));
    }

    [Fact]
    public void A_page_in_plain_HTTP_comes_before_one_in_TLS_and_one_of_a_pattern_is_none()
    {
        NginxConfiguration configuration = NginxConfiguration.Parse(
            "http { server { listen 443 ssl; location /s { stub_status; } } server { location /t { location ^~ /t/u { stub_status; } } "
                + "location ~ ^/v { stub_status; } } }");

        Assert.Equal(["http://127.0.0.1/t/u", "https://127.0.0.1/s"], configuration.StatusPages.Select(page => page.Url.ToString()));
    }

    [Fact]
    public void Logs_keep_their_parameters_and_their_levels()
    {
        IReadOnlyList<NginxLog> logs = NginxConfiguration.Parse("""
            http {
              access_log /var/log/nginx/access.log combined buffer=64k flush=1m;
              server { listen 80; location / { return 200; }
                location /healthz { access_log off; return 200; }
                location /api { access_log /var/log/nginx/api.log combined if=$loggable; return 200; }
                location /z { access_log /var/log/nginx/z.gz combined gzip=4 flush=5m; access_log syslog:server=192.0.2.1 combined; access_log /var/log/$host.log; } } }
            """).Logs;

        Assert.Equal(
            ["/var/log/nginx/access.log", "/var/log/nginx/api.log", "/var/log/nginx/z.gz", "syslog:server=192.0.2.1", "/var/log/$host.log"],
            logs.Select(log => log.Path));
        Assert.Equal(("64k", TimeSpan.FromMinutes(1)), (logs[0].Buffer, logs[0].Flush));
        Assert.Contains("bursts of up to 64k a worker or 60 s", logs[0].Note, StringComparison.Ordinal);
        Assert.All(logs, log => Assert.Contains("Not all requests are logged", log.Note, StringComparison.Ordinal));
        Assert.Equal([true, true, false, false, false], logs.Select(log => log.IsFile));
        Assert.Contains("compressed", logs[2].Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_with_counters_that_is_not_logged_is_no_traffic_that_is_missing()
    {
        NginxLog log = Assert.Single(NginxConfiguration.Parse(Configuration("127.0.0.1:8081")).Logs);

        Assert.Null(log.Note);
        Assert.True(log.IsFile);
    }

    [Theory]
    [InlineData("1m", 60)]
    [InlineData("5", 5)]
    [InlineData("500ms", 0.5)]
    [InlineData("1h30m", 5400)]
    public void Times_of_nginx_are_read(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), NginxLogs.Time(text));

    [Fact]
    public async Task A_page_that_cannot_be_read_leaves_the_log_and_says_what_to_do()
    {
        string log = Path.GetTempFileName();
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("web-01")!)
            .On("master process", $"http {{ access_log {log}; server {{ listen 127.0.0.1:8081; location /s {{ stub_status; }} }} }}")
            .On("readlink", $"12 0 0:0:0:0:0:0 same {log}\nclock 1.00 1.00 1.00\n");

        TrafficSource source = Assert.Single(
            await TrafficSources.OpenNginxAsync(
                "web-01", _ => Task.FromResult<IServerSession>(session), TestContext.Current.CancellationToken));
        CounterReading reading = await source.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal(log, Assert.Single(reading.Counters).Name);
        Assert.Contains("Counted in the access log, since the status page could not be read", reading.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void The_advice_fits_the_cause()
    {
        Exception[] causes =
        [
            new HttpRequestException("x", null, System.Net.HttpStatusCode.Forbidden),
            new HttpRequestException("x", null, System.Net.HttpStatusCode.Unauthorized),
            new HttpRequestException("x", null, System.Net.HttpStatusCode.NotFound),
            new HttpRequestException("x", null, System.Net.HttpStatusCode.Moved),
            new HttpRequestException("x", null, System.Net.HttpStatusCode.BadGateway),
            new HttpRequestException("x", new System.Net.Sockets.SocketException(111)),
            new HttpRequestException("x", new System.Security.Authentication.AuthenticationException()),
            new TaskCanceledException(),
            new HttpRequestException("x"),
        ];

        string[] advice = [.. causes.Select(NginxStatusSource.Advice)];

        Assert.Equal(causes.Length, advice.Distinct().Count());
        Assert.Single(advice, each => each.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    private static string Configuration(string listen) => $$"""
        # configuration file /etc/nginx/nginx.conf: { ;
        http {
            log_format site '$remote_addr "$request" {not a block};';
            access_log "/var/log/nginx/a b.log" site;
            map $x ${y} { default "a;b"; }
            server {
                listen 80;
                location / { proxy_pass http://app#1; }
            }
            server {
                listen {{listen}};
                access_log off;
                location = /nginx_status {
                    stub_status;
                }
            }
        }
        """;
}
