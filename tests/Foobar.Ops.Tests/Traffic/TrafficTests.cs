using Foobar.Ops.Errors;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

public sealed class TrafficTests
{
    private const string Status = "Active connections: 3 \nserver accepts handled requests\n 16 16 31 \nReading: 0 Writing: 1 Waiting: 2 \n";

    private static readonly string Haproxy =
        File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-info.txt")) + "\n" + File.ReadAllText(Repository.File("tests", "Foobar.Ops.Tests", "LoadBalancing", "show-stat.csv")) + "\n";

    [Fact]
    public void A_rate_is_the_growth_over_the_sources_own_window()
    {
        TrafficRate rate = Assert.Single(Between(Reading(100), Reading(350)));

        Assert.Equal((250L, 2.5, 100.0), (rate.Count, rate.WindowSeconds, rate.PerSecond));
        Assert.Equal(2.0, rate.UncertaintyPercent, 6);
        Assert.Null(rate.Note);
    }

    [Fact]
    public void The_meters_own_requests_are_taken_off() =>
        Assert.Equal(9, Assert.Single(Between(Reading(100, own: 1), Reading(110, own: 1))).Count);

    [Fact]
    public void A_reset_gives_no_rate_and_says_so()
    {
        CounterReading[] after =
        [
            Reading(20),
            Reading(350) with { Epoch = "process 2" },
            Reading(350) with { Uptime = TimeSpan.FromSeconds(1) },
        ];

        Assert.All(after, reading =>
        {
            TrafficRate rate = Assert.Single(Between(Reading(100) with { Uptime = TimeSpan.FromSeconds(50) }, reading));
            Assert.Equal((null, null), (rate.Count, rate.PerSecond));
            Assert.NotNull(rate.Note);
        });
    }

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
        Assert.Equal(["/var/log/nginx/access.log"], NginxConfiguration.Parse("http { access_log off; access_log /var/log/$host.log; }").AccessLogs);
    }

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(HaproxySource.Parse, Haproxy);
        ParserProperties.TakesOrRefusesAnyText(NginxStatusSource.Parse, Status);
        ParserProperties.TakesOrRefusesAnyText(NginxConfiguration.Parse, Configuration("127.0.0.1:8081"));
        ParserProperties.TakesOrRefusesAnyText(AccessLogSource.Parse, "12 400 3 same /var/log/nginx/access.log\n13 0 0 rotated /b c\n");
    }

    private static CounterReading Reading(long value, long own = 0) =>
        new([new Counter(TrafficOrigin.NginxStatus, "requests", TrafficUnit.Requests, value) { OwnPerReading = own }], "process 1");

    private static IEnumerable<TrafficRate> Between(CounterReading first, CounterReading second) => TrafficCalculator.Between(
        "web-01",
        new TimedReading(first, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10.02)),
        new TimedReading(second, TimeSpan.FromSeconds(12.47), TimeSpan.FromSeconds(12.55)),
        TestSite.Now);

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
