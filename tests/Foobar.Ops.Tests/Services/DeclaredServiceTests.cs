using System.Globalization;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;
using Foobar.Ops.Traffic.Sources;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.Services;

/// <summary>Monitoring services as sources of counts: the truth is within the bounds, whatever the service's clock and steps.</summary>
public sealed class DeclaredServiceTests
{
    /// <summary>A Prometheus whose clock is far ahead scrapes, every 0.3 seconds, a counter that grows by 1,000 a second.</summary>
    [Fact]
    public async Task Prometheus_is_waited_for_and_its_clock_allowed_for()
    {
        TimeSpan ahead = TimeSpan.FromSeconds(7);
        DateTimeOffset begun = DateTimeOffset.UtcNow.AddSeconds(-60);
        double Counter(DateTimeOffset ours) => Math.Floor((ours - begun).TotalSeconds * 1000);
        await using FakeService service = FakeService.Start(request => request.Field("query") switch
        {
            "time()" => Whole(Scalar(DateTimeOffset.UtcNow + ahead)),
            string query when query.StartsWith("max(", StringComparison.Ordinal) => Whole(Vector("{}", "0.01")),
            string query => Whole(Matrix(query, begun, ahead, Counter)),
            null => Status(400),
        });
        using DeclaredService source = Open(new MonitoringService
        {
            Name = "prom",
            Kind = MonitoringServiceKind.Prometheus,
            Url = service.Address,
            Queries = [new ServiceQuery { Name = "balancer", Expression = "haproxy_frontend_http_requests_total" }],
        });
        DateTimeOffset start = DateTimeOffset.UtcNow;
        await Task.Delay(TimeSpan.FromSeconds(1.2), TestContext.Current.CancellationToken);
        DateTimeOffset end = DateTimeOffset.UtcNow;

        TrafficRate rate = Assert.Single(await source.MeasureAsync(start, end, TestContext.Current.CancellationToken));

        double truth = Counter(end) - Counter(start);
        Assert.True(rate.CountLower <= truth && truth <= rate.CountUpper, $"{rate}, {truth}");
        Assert.True(rate.CountUpper - rate.CountLower < 1300, $"{rate}");
        Assert.InRange(rate.Count!.Value, truth - 150, truth + 150);
        Assert.Equal(
            (TrafficOrigin.Prometheus, "lb-01", "prom/balancer{proxy=\"www\"}", TrafficUnit.Requests),
            (rate.Origin, rate.Server, rate.Name, rate.Unit));
        Assert.Equal((start, end, null), (rate.Start, rate.End, rate.Note));
        Assert.Matches(
            @"^haproxy_frontend_http_requests_total\[\d+s\]$",
            service.Requests.First(request => request.Field("query")!.StartsWith("haproxy", StringComparison.Ordinal)).Field("query"));
    }

    [Fact]
    public async Task What_Prometheus_kept_is_the_history_of_the_rates_that_it_gives()
    {
        DateTimeOffset now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
        await using FakeService service = FakeService.Start(
            request => request.Field("query") == "increase(haproxy_frontend_http_requests_total[300s])"
                ? Whole(
                    $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"proxy":"www","instance":"lb-01:8405"},"values":[[{{{Unix(now.AddMinutes(-5))}}},"600"],[{{{Unix(now)}}},"NaN"]]}]}}""")
                : Status(400));
        using DeclaredService source = Open(new MonitoringService
        {
            Name = "prom",
            Kind = MonitoringServiceKind.Prometheus,
            Url = service.Address,
            Queries = [new ServiceQuery { Name = "balancer", Expression = "haproxy_frontend_http_requests_total" }],
        });

        (RateSeries series, IReadOnlyList<RateBucket> buckets) = Assert.Single(
            await source.HistoryAsync(now, TimeSpan.FromDays(1), TestContext.Current.CancellationToken));

        Assert.Equal(new RateSeries("lb-01", TrafficOrigin.Prometheus, "prom/balancer{proxy=\"www\"}"), series);
        Assert.Equal(new RateBucket(now.AddMinutes(-10), TimeSpan.FromMinutes(5), 600, 300), Assert.Single(buckets));
    }

    [Fact]
    public async Task A_partial_answer_has_no_upper_bound()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string first = Unix(now.AddSeconds(-40));
        await using FakeService service = FakeService.Start(request => request.Field("query")!.StartsWith("x[", StringComparison.Ordinal)
            ? Whole(
                $$$"""{"status":"success","warnings":["store-2: no answer"],"data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[{{{first}}},"5"],[{{{Unix(now.AddSeconds(-10))}}},"25"],[{{{Unix(now)}}},"30"]]}]}}""")
            : Whole(Scalar(DateTimeOffset.UtcNow)));
        using DeclaredService source = Open(new MonitoringService
        {
            Name = "thanos",
            Kind = MonitoringServiceKind.Prometheus,
            Url = service.Address,
            Queries = [new ServiceQuery { Name = "a", Expression = "x", Counts = ServiceCount.Statements }],
        });

        TrafficRate rate = Assert.Single(
            await source.MeasureAsync(now.AddSeconds(-35), now.AddSeconds(-5), TestContext.Current.CancellationToken));

        Assert.Null(rate.CountUpper);
        Assert.Equal(TrafficUnit.Statements, rate.Unit);
        Assert.Contains("store-2: no answer", rate.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_series_is_no_count()
    {
        await using FakeService service = FakeService.Start(
            request => Whole(
                request.Field("query") == "time()"
                    ? Scalar(DateTimeOffset.UtcNow)
                    : """{"status":"success","data":{"resultType":"matrix","result":[]}}"""));
        using DeclaredService source = Open(new MonitoringService
        {
            Name = "prom",
            Kind = MonitoringServiceKind.Prometheus,
            Url = service.Address,
        });

        TrafficRate rate = Assert.Single(
            await source.MeasureAsync(DateTimeOffset.UtcNow.AddSeconds(-5), DateTimeOffset.UtcNow, TestContext.Current.CancellationToken));

        Assert.Equal((null, null), (rate.Count, rate.CountUpper));
        Assert.Equal("prom/haproxy", rate.Name);
        Assert.Contains("No query of the service gave a series", rate.Note, StringComparison.Ordinal);
        Assert.Equal(
            ["haproxy_frontend_http_requests_total", "nginx_http_requests_total", "mysql_global_status_questions"],
            service.Requests.Select(request => request.Field("query")!)
                .Where(query => query.EndsWith("s]", StringComparison.Ordinal) && !query.StartsWith("max", StringComparison.Ordinal))
                .Select(query => query.Split('[')[0]));
    }

    [Theory]
    [InlineData(600, false)]
    [InlineData(5, true)]
    public async Task Buckets_are_bounds_and_what_may_still_arrive_has_no_upper_one(int age, bool isOpen)
    {
        DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - age);
        DateTimeOffset start = end.AddSeconds(-60);
        string points = string.Join(
            ',', Enumerable.Range(-1, 9).Select(index => $"[{start.AddSeconds((index * 10) - 5).ToUnixTimeMilliseconds()},100.0]"));
        await using FakeService service = FakeService.Start(
            Whole($$"""{"status":"ok","series":[{"metric":"a","scope":"host:web-01","interval":10,"pointlist":[{{points}}]}]}"""));
        using DeclaredService source = Open(
            new MonitoringService
            {
                Name = "dd",
                Kind = MonitoringServiceKind.Datadog,
                Url = service.Address,
                Queries = [new ServiceQuery { Name = "q", Expression = "sum:a{*}.as_count()" }],
            },
            new ServiceKey("", new Secret("api")), new ServiceKey("", new Secret("app")));

        TrafficRate rate = Assert.Single(await source.MeasureAsync(start, end, TestContext.Current.CancellationToken));

        Assert.Equal((600, 500.0, isOpen ? null : (double?)700.0, "web-01"), (rate.Count, rate.CountLower, rate.CountUpper, rate.Server));
        Assert.Equal(isOpen, rate.Note?.Contains("may still arrive", StringComparison.Ordinal) ?? false);
    }

    [Theory]
    [InlineData(MonitoringServiceKind.Datadog, 1, "ServiceKeyMissing")]
    [InlineData(MonitoringServiceKind.NewRelic, 0, "ServiceKeyMissing")]
    [InlineData(MonitoringServiceKind.SumoLogic, 1, "ServiceKeyMissing")]
    [InlineData(MonitoringServiceKind.Webhook, 0, "ServiceNotAsked")]
    public void A_missing_key_is_told_before_the_window(MonitoringServiceKind kind, int keys, string id)
    {
        Site site = TestSite.Create(new Policy
        {
            Monitoring = new MonitoringPolicy
            {
                Services = [new MonitoringService { Name = "s", Kind = kind, Url = new Uri("https://api.example") }],
            },
        });
        using ServiceKeys given = new(
            [
                KeyValuePair.Create<string, IReadOnlyList<ServiceKey>>(
                    "s", [.. Enumerable.Range(0, keys).Select(_ => new ServiceKey("", new Secret("key")))]),
            ]);

        Assert.Equal(
            id, Assert.Throws<ServiceException>(() => DeclaredService.Open(site, "s", given, TimeSpan.FromSeconds(1), null)).ErrorId);
    }

    [Fact]
    public async Task Series_that_would_have_one_name_keep_all_their_labels()
    {
        string now = Unix(DateTimeOffset.UtcNow);
        await using FakeService service = FakeService.Start(request => request.Field("query")!.StartsWith("x[", StringComparison.Ordinal)
            ? Whole(
                $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x","instance":"192.0.2.11:1"},"values":[[{{{now}}},"1"]]},{"metric":{"__name__":"x","instance":"192.0.2.11:2"},"values":[[{{{now}}},"1"]]}]}}""")
            : Whole(Scalar(DateTimeOffset.UtcNow)));
        using DeclaredService source = Open(new MonitoringService
        {
            Name = "p",
            Kind = MonitoringServiceKind.Prometheus,
            Url = service.Address,
            Queries = [new ServiceQuery { Name = "a", Expression = "x" }],
        });

        IReadOnlyList<TrafficRate> rates = await source.MeasureAsync(
            DateTimeOffset.UtcNow.AddSeconds(-9), DateTimeOffset.UtcNow.AddSeconds(-4), TestContext.Current.CancellationToken);

        Assert.Equal(["p/a: x{instance=\"192.0.2.11:1\"}", "p/a: x{instance=\"192.0.2.11:2\"}"], rates.Select(rate => rate.Name));
        Assert.All(rates, rate => Assert.Equal("web-01", rate.Server));
    }

    private static DeclaredService Open(MonitoringService service, params ServiceKey[] keys) =>
        new(TestSite.Create(), service, keys, PrometheusClientTests.Quick with { Repetitions = 0 }) { Delay = TimeSpan.Zero };

    private static string Unix(DateTimeOffset time) =>
        (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Scalar(DateTimeOffset time) =>
        $$$"""{"status":"success","data":{"resultType":"scalar","result":[{{{Unix(time)}}},"{{{Unix(time)}}}"]}}""";

    private static string Vector(string labels, string value) =>
        $$$"""{"status":"success","data":{"resultType":"vector","result":[{"metric":{{{labels}}},"value":[1,"{{{value}}}"]}]}}""";

    private static string Matrix(string query, DateTimeOffset begun, TimeSpan ahead, Func<DateTimeOffset, double> counter)
    {
        Assert.StartsWith("haproxy_frontend_http_requests_total[", query, StringComparison.Ordinal);
        IEnumerable<string> samples = Enumerable.Range(0, 100_000).Select(index => begun.AddSeconds(index * 0.3)).TakeWhile(
            time => time <= DateTimeOffset.UtcNow)
            .Select(time => $"[{Unix(time + ahead)},\"{counter(time).ToString(CultureInfo.InvariantCulture)}\"]");
        return $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"haproxy_frontend_http_requests_total","instance":"192.0.2.10:8404","proxy":"www"},"values":[{{{string.Join(',', samples)}}}]}]}}""";
    }
}
