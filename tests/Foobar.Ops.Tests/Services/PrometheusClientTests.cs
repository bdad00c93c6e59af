using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Prometheus;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.Services;

/// <summary>The client of Prometheus' HTTP API against a server that answers as its documentation shows, or not.</summary>
public sealed class PrometheusClientTests
{
    private const string Vector = """
        {"status":"success","data":{"resultType":"vector","result":[
          {"metric":{"__name__":"up","job":"haproxy","instance":"lb-01:8404"},"value":[1795867200.781,"1"]},
          {"metric":{"__name__":"up","job":"node","instance":"web-01:9100"},"value":[1795867200.781,"NaN"]}]},
         "warnings":["store web-02 did not answer"]}
        """;

    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_instant_query_is_a_form_in_a_post_and_gives_series_and_warnings()
    {
        await using FakeService service = FakeService.Start(Whole(Vector));
        using ServiceHttp http = new(Quick);

        PrometheusResult result = await Client(http, service, "/prometheus")
            .QueryAsync("up{job=~\"a|b\"}", Now, TestContext.Current.CancellationToken);

        SeenRequest seen = Assert.Single(service.Requests);
        Assert.Equal(("POST", "/prometheus/api/v1/query"), (seen.Method, seen.Path));
        Assert.Equal(("up{job=~\"a|b\"}", "1795867200.000"), (seen.Field("query"), seen.Field("time")));
        Assert.Equal("application/x-www-form-urlencoded", seen.Headers["Content-Type"]);
        Assert.Equal(
            ["up{instance=\"lb-01:8404\", job=\"haproxy\"}", "up{instance=\"web-01:9100\", job=\"node\"}"],
            result.Series.Select(series => series.Name));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1795867200781), result.Series[0].Points[0].Time);
        Assert.True(double.IsNaN(result.Series[1].Points[0].Value));
        Assert.Equal(["store web-02 did not answer"], result.Warnings);
    }

    [Fact]
    public async Task A_long_range_is_asked_in_parts_that_join_without_gap_or_overlap()
    {
        await using FakeService service = FakeService.Start(
            request => Whole(
                $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[{{{request.Field("start")}}},"1"],[{{{request.Field("end")}}},"2"]]}]}}"""));
        using ServiceHttp http = new(Quick);

        PrometheusResult result = await Client(http, service).QueryRangeAsync(
            "x", Now, Now.AddSeconds(25_000), TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        Assert.Equal(3, service.Requests.Count);
        Assert.All(service.Requests, request => Assert.True(Number(request, "end") - Number(request, "start") <= 10_000));
        Assert.Equal(
            service.Requests.Select(request => Number(request, "end")).SkipLast(1).Select(end => end + 1),
            service.Requests.Select(request => Number(request, "start")).Skip(1));
        Assert.Equal("1", service.Requests[0].Field("step"));
        MetricSeries series = Assert.Single(result.Series);
        Assert.Equal(Now.AddSeconds(25_000), series.Points[^1].Time);
        Assert.Equal(series.Points.OrderBy(point => point.Time), series.Points);
    }

    [Fact]
    public async Task A_service_that_refuses_post_is_asked_by_get()
    {
        await using FakeService service = FakeService.Start(request => request.Method == "POST" ? Status(405) : Whole(Vector));
        using ServiceHttp http = new(Quick);
        PrometheusClient client = Client(http, service);

        await client.QueryAsync("a b", null, TestContext.Current.CancellationToken);
        await client.QueryAsync("a b", null, TestContext.Current.CancellationToken);

        Assert.Equal(["POST", "GET", "GET"], service.Requests.Select(request => request.Method));
        Assert.Equal("a b", service.Requests[1].Field("query"));
    }

    [Fact]
    public async Task Targets_and_rules_are_read_with_what_they_say_of_freshness()
    {
        await using FakeService service = FakeService.Start(
            request => request.Path.EndsWith("targets", StringComparison.Ordinal) ? Whole(Targets) : Whole(Rules));
        using ServiceHttp http = new(Quick);

        IReadOnlyList<PrometheusTarget> targets = await Client(http, service).GetTargetsAsync(TestContext.Current.CancellationToken);
        IReadOnlyList<PrometheusRule> rules = await Client(http, service).GetRulesAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                ("http://192.0.2.11:9100/metrics", PrometheusHealth.Up, TimeSpan.FromSeconds(15)),
                ("http://192.0.2.12:9100/metrics", PrometheusHealth.Down, TimeSpan.FromSeconds(90)),
            ],
            targets.Select(target => (target.Address, target.Health, target.Interval!.Value)));
        Assert.Equal(new DateTimeOffset(2026, 11, 28, 11, 59, 50, TimeSpan.Zero), targets[0].LastScrape);
        Assert.Null(targets[1].LastScrape);
        Assert.Equal("connection refused", targets[1].LastError);
        Assert.Equal(
            [("QpsDropped", PrometheusRuleKind.Alerting, "firing"), ("site:qps", PrometheusRuleKind.Recording, "")],
            rules.Select(rule => (rule.Name, rule.Kind, rule.State)));
        Assert.Equal((TimeSpan.FromMinutes(10), true, "page"), (rules[0].For, rules[0].IsHealthy, rules[0].Labels["severity"]));
        Assert.Equal("firing", Assert.Single(rules[0].Alerts).State);
        Assert.Equal((false, "vector cannot contain metrics with the same labelset"), (rules[1].IsHealthy, rules[1].LastError));
    }

    [Fact]
    public async Task Failures_that_may_pass_are_repeated_and_a_wait_that_is_asked_for_is_kept()
    {
        await using FakeService service = FakeService.Start(
            Drop, DropMidway("{\"status\":"), Status(503), Status(429, "Retry-After: 1"), Whole(Vector));
        using ServiceHttp http = new(Quick);
        long begun = TimeProvider.System.GetTimestamp();

        PrometheusResult result = await Client(http, service).QueryAsync("up", null, TestContext.Current.CancellationToken);

        Assert.Equal(2, result.Series.Count);
        Assert.Equal(5, service.Requests.Count);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= TimeSpan.FromSeconds(0.95));
    }

    [Theory]
    [InlineData(401, "ServiceLoginRefused", 1)]
    [InlineData(403, "ServiceLoginRefused", 1)]
    [InlineData(404, "ServiceNotFound", 1)]
    [InlineData(400, "ServiceRequestRefused", 1)]
    [InlineData(422, "ServiceRequestRefused", 1)]
    [InlineData(302, "ServiceElsewhere", 1)]
    [InlineData(429, "ServiceThrottled", 5)]
    [InlineData(500, "ServiceFailed", 5)]
    public async Task An_answer_that_is_no_success_is_a_typed_error_without_the_key(int status, string id, int attempts)
    {
        await using FakeService service = FakeService.Start(
            status == 302
                ? Status(302, $"Location: https://login.example/?key={Key}")
                : Whole($$"""{"status":"error","errorType":"bad_data","error":"parse error near {{Key}}"}""", status));
        using ServiceHttp http = new(Quick);

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () => Client(http, service).QueryAsync("up(", null, TestContext.Current.CancellationToken));

        Assert.Equal((id, "metrics", attempts), (error.ErrorId, error.Service, service.Requests.Count));
        Assert.StartsWith($"metrics: {service.Address.ToString().TrimEnd('/')}/api/v1/query: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        Assert.NotNull(error.Recommendation);
        Assert.All(service.Requests, request => Assert.Equal($"Bearer {Key}", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_wait_longer_than_the_patience_is_told_at_once()
    {
        await using FakeService service = FakeService.Start(Status(429, "Retry-After: 3600"));
        using ServiceHttp http = new(Quick);

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () => Client(http, service).QueryAsync("up", null, TestContext.Current.CancellationToken));

        Assert.Equal(("ServiceThrottled", TimeSpan.FromHours(1)), (error.ErrorId, error.RetryAfter!.Value));
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData("<html>Sign in</html>")]
    [InlineData("{\"status\":\"success\"}")]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1]}]}}")]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1,\"x\"]}}")]
    [InlineData("[]")]
    public async Task Another_answer_is_not_understood(string body)
    {
        await using FakeService service = FakeService.Start(Whole(body));
        using ServiceHttp http = new(Quick);

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () => Client(http, service).QueryAsync("up", null, TestContext.Current.CancellationToken));

        Assert.Equal("ServiceAnswerNotUnderstood", error.ErrorId);
    }

    [Fact]
    public async Task A_stall_ends_at_the_limit_and_an_endless_answer_at_its_size()
    {
        await using FakeService service = FakeService.Start(StallMidway("{"), Stall, Whole(new string(' ', 200_000)));
        using ServiceHttp http = new(Quick with { Repetitions = 0, TimeLimit = TimeSpan.FromSeconds(0.3), MaximumBytes = 100_000 });
        PrometheusClient client = Client(http, service);

        foreach (string id in new[] { "ServiceTimeout", "ServiceTimeout", "ServiceAnswerTooLarge" })
        {
            ServiceException error = await Assert.ThrowsAsync<ServiceException>(
                () => client.QueryAsync("up", null, TestContext.Current.CancellationToken));
            Assert.Equal(id, error.ErrorId);
        }
    }

    [Fact]
    public async Task Cancelling_ends_a_stalled_query_and_the_waits_between_repetitions()
    {
        await using FakeService service = FakeService.Start(Status(429, "Retry-After: 30"));
        using ServiceHttp http = new(Quick with { Patience = TimeSpan.FromMinutes(5) });
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(0.2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client(http, service).QueryAsync("up", null, stop.Token));
    }

    [Fact]
    public async Task Nobody_at_the_port_is_told_as_such()
    {
        using ServiceHttp http = new(Quick);
        PrometheusClient client = new(http, "metrics", new Uri("http://127.0.0.1:1"));

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () => client.QueryAsync("up", null, TestContext.Current.CancellationToken));

        Assert.Equal(("ServiceUnreachable", true, false), (error.ErrorId, error.IsTransient, error.MayHaveArrived));
    }

    [Fact]
    public async Task A_query_is_told_to_the_log_without_key_and_query_string()
    {
        RecordedLog log = new();
        await using FakeService service = FakeService.Start(Whole(Vector));
        using ServiceHttp http = new(Quick with { Log = log });

        await Client(http, service).QueryAsync("up", null, TestContext.Current.CancellationToken);

        Assert.Equal($"metrics: Request: POST {service.Address}api/v1/query up", Assert.Single(log.Lines));
    }

    [Theory]
    [InlineData("15s", 15.0)]
    [InlineData("1m30s", 90.0)]
    [InlineData("500ms", 0.5)]
    [InlineData("1h0m0s", 3600.0)]
    [InlineData("s", null)]
    [InlineData("5", null)]
    [InlineData("", null)]
    public void Durations_are_read(string text, double? seconds) => Assert.Equal(seconds, PrometheusAnswers.Duration(text)?.TotalSeconds);

    internal const string Key = "pX9-secret-key-0123456789";

    internal static readonly ServiceHttpOptions Quick = new()
    {
        TimeLimit = TimeSpan.FromSeconds(10),
        Patience = TimeSpan.FromSeconds(20),
        FirstWait = TimeSpan.FromMilliseconds(5),
        Repetitions = 4,
    };

    private static double Number(SeenRequest request, string field) =>
        double.Parse(request.Field(field)!, System.Globalization.CultureInfo.InvariantCulture);

    private static PrometheusClient Client(ServiceHttp http, FakeService service, string path = "") =>
        new(http, "metrics", new Uri(service.Address, path), new ServiceLogin.Bearer(new Secret(Key)));

    private const string Targets = """
        {"status":"success","data":{"activeTargets":[
          {"discoveredLabels":{"__address__":"192.0.2.11:9100"},"labels":{"instance":"192.0.2.11:9100","job":"node"},"scrapePool":"node",
           "scrapeUrl":"http://192.0.2.11:9100/metrics?collect%5B%5D=cpu","globalUrl":"http://192.0.2.11:9100/metrics","lastError":"",
           "lastScrape":"2026-11-28T12:59:50+01:00","lastScrapeDuration":0.050688943,"health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"},
          {"discoveredLabels":{},"labels":{"instance":"192.0.2.12:9100","job":"node"},"scrapePool":"node",
           "scrapeUrl":"http://192.0.2.12:9100/metrics","lastError":"connection refused",
           "lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"down","scrapeInterval":"1m30s","scrapeTimeout":"10s"}],
         "droppedTargets":[],"droppedTargetCounts":{"node":0}}}
        """;

    private const string Rules = """
        {"status":"success","data":{"groups":[{"name":"foobar","file":"/etc/prometheus/foobar.yml","interval":60,"rules":[
          {"state":"firing","name":"QpsDropped","query":"site:qps < 10","duration":600,"keepFiringFor":0,"labels":{"severity":"page"},
           "annotations":{"summary":"Few requests"},"alerts":[{"labels":{"alertname":"QpsDropped"},"annotations":{},"state":"firing",
           "activeAt":"2026-11-28T11:00:00.5Z","value":"3e+00"}],"health":"ok","evaluationTime":0.001,"lastEvaluation":"2026-11-28T12:00:00Z","type":"alerting"},
          {"name":"site:qps","query":"sum(rate(haproxy_frontend_http_requests_total[5m]))","health":"err",
           "lastError":"vector cannot contain metrics with the same labelset","type":"recording"}]}]}}
        """;

    private sealed class RecordedLog : IActivityLog
    {
        public List<string> Lines { get; } = [];

        public void Record(Activity activity) => Lines.Add(activity.ToString());
    }
}
