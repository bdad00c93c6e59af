using Foobar.Ops.Errors;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

public sealed class TrafficTests
{
    private const string Status = "Active connections: 3 \nserver accepts handled requests\n 16 16 31 \nReading: 0 Writing: 1 Waiting: 2 \n";

    private static readonly string Haproxy =
        File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-info.txt")) + "\n" + File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-stat.csv")) + "\n";

    [Fact]
    public void Frontends_count_requests_or_sessions_and_the_process_is_their_epoch()
    {
        CounterReading reading = HaproxySource.Parse(Haproxy);

        Assert.Equal("process 83", reading.Epoch);
        Assert.Equal([("www-http", TrafficUnit.Requests, 0L), ("www-https", TrafficUnit.Requests, 18L), ("mysql", TrafficUnit.Sessions, 18L), ("metrics", TrafficUnit.Requests, 0L)], reading.Counters.Select(counter => (counter.Name, counter.Unit, counter.Value)));
        Assert.Throws<ParseException>(() => HaproxySource.Parse("Unknown command"));
    }

    [Fact]
    public void The_status_page_of_nginx_is_read() => Assert.Equal(31, Assert.Single(NginxStatusSource.Parse(Status).Counters).Value);

    [Fact]
    public void Database_counters_lead_with_questions_and_notice_a_flush()
    {
        Dictionary<string, long> values = new() { ["Com_select"] = 5, ["Questions"] = 9, ["Uptime"] = 100, ["Uptime_since_flush_status"] = 90 };

        CounterReading before = DatabaseSource.Parse(values);
        CounterReading after = DatabaseSource.Parse(new Dictionary<string, long>(values) { ["Uptime"] = 102, ["Uptime_since_flush_status"] = 1 });

        Assert.Equal(["Questions", "Com_select"], before.Counters.Select(counter => counter.Name));
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Throws<ParseException>(() => DatabaseSource.Parse(new Dictionary<string, long> { ["Uptime"] = 1 }));
    }

    [Theory]
    [InlineData("127.0.0.1:8081", "http://127.0.0.1:8081/nginx_status")]
    [InlineData("8081", "http://127.0.0.1:8081/nginx_status")]
    [InlineData("[::1]:8081", "http://[::1]:8081/nginx_status")]
    [InlineData("*:80 default_server", "http://127.0.0.1/nginx_status")]
    [InlineData("192.0.2.11", "http://192.0.2.11/nginx_status")]
    [InlineData("unix:/run/nginx.sock", null)]
    public void The_status_page_is_found_in_the_configuration(string listen, string? url) =>
        Assert.Equal(url is null ? [] : new[] { url }, NginxConfiguration.Parse(Configuration(listen)).StatusPages.Select(page => page.Url.ToString()));

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
        ParserProperties.TakesOrRefusesAnyText(HaproxySource.Parse, Haproxy);
        ParserProperties.TakesOrRefusesAnyText(NginxStatusSource.Parse, Status);
        ParserProperties.TakesOrRefusesAnyText(NginxConfiguration.Parse, Configuration("127.0.0.1:8081"));
        ParserProperties.TakesOrRefusesAnyText(AccessLogSource.Parse, "12 400 3 same /var/log/nginx/access.log\n13 0 0 rotated /b c\n");
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
        NginxConfiguration configuration = NginxConfiguration.Parse("http { server { listen 443 ssl; location /s { stub_status; } } server { location /t { location ^~ /t/u { stub_status; } } location ~ ^/v { stub_status; } } }");

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
            .On("readlink", $"12 0 0 same {log}\n");

        TrafficSource? source = await TrafficSources.OpenNginxAsync(session, TestContext.Current.CancellationToken);
        CounterReading reading = await source!.ReadAsync(TestContext.Current.CancellationToken);

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
