using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Counting;
using Foobar.Ops.Services.Datadog;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.NewRelic;
using Foobar.Ops.Services.SumoLogic;
using Foobar.Ops.Tests.Operations;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.Services;

/// <summary>The clients of Datadog, New Relic and Sumo Logic, with answers of the forms that their documentation gives.</summary>
public sealed class ServiceClientTests
{
    private const string Key = PrometheusClientTests.Key;
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly ServiceLogin Keys = new ServiceLogin.Headers(
        [("DD-API-KEY", new Secret(Key)), ("DD-APPLICATION-KEY", new Secret(Key + "app"))]);

    [Fact]
    public async Task Datadog_is_asked_with_both_keys_in_headers_and_gives_buckets()
    {
        await using FakeService service = FakeService.Start(Whole("""
            {"status":"ok","res_type":"time_series","from_date":1795867200000,"to_date":1795867260000,"query":"q","group_by":["host"],"error":"","message":"",
             "series":[{"metric":"haproxy.frontend.requests.rate","display_name":"haproxy.frontend.requests.rate","scope":"host:lb-01,service:www","tag_set":["host:lb-01"],
               "interval":20,"length":3,"start":1795867200000,"end":1795867259000,"aggr":"sum","expression":"q","unit":null,
               "pointlist":[[1795867200000.0,120.0],[1795867220000.0,null],[1795867240000.0,80.0]]}]}
            """));
        using ServiceHttp http = new(PrometheusClientTests.Quick);

        IReadOnlyList<CountBucket> buckets = await new DatadogClient(http, "dd", service.Address, Keys)
            .QueryAsync("sum:a{*} by {host}.as_count()", Start, Start.AddMinutes(1), TestContext.Current.CancellationToken);

        SeenRequest seen = Assert.Single(service.Requests);
        Assert.Equal(
            ("GET", "/api/v1/query", "1795867200", "1795867260", "sum:a{*} by {host}.as_count()"),
            (seen.Method, seen.Path, seen.Field("from"), seen.Field("to"), seen.Field("query")));
        Assert.Equal((Key, Key + "app"), (seen.Headers["DD-API-KEY"], seen.Headers["DD-APPLICATION-KEY"]));
        Assert.Equal(
            [
                new CountBucket("haproxy.frontend.requests.rate{host:lb-01,service:www}", Start, Start.AddSeconds(20), 120),
                new CountBucket("haproxy.frontend.requests.rate{host:lb-01,service:www}", Start.AddSeconds(40), Start.AddSeconds(60), 80),
            ],
            buckets);
    }

    [Fact]
    public async Task Datadog_throttles_by_a_header_of_its_own_and_tells_a_wrong_query_in_a_good_answer()
    {
        await using FakeService service = FakeService.Start(
            Status(429, "X-RateLimit-Reset: 1", "X-RateLimit-Remaining: 0"),
            Whole($$"""{"status":"error","error":"Rule 'x' could not be parsed {{Key}}"}"""));
        using ServiceHttp http = new(PrometheusClientTests.Quick);

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () =>
                new DatadogClient(http, "dd", service.Address, Keys).QueryAsync("x", Start, Start, TestContext.Current.CancellationToken));

        Assert.Equal(("ServiceQueryFailed", 2), (error.ErrorId, service.Requests.Count));
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_Relic_is_asked_by_variables_for_whole_buckets_of_the_window()
    {
        await using FakeService service = FakeService.Start(Whole("""
            {"data":{"actor":{"account":{"nrql":{"results":[
              {"beginTimeSeconds":1795867200,"endTimeSeconds":1795867201,"count":7,"facet":"web-01","hostname":"web-01"},
              {"beginTimeSeconds":1795867200,"endTimeSeconds":1795867201,"count":9,"facet":"web-02","hostname":"web-02"}]}}}}}
            """));
        using ServiceHttp http = new(PrometheusClientTests.Quick);
        NewRelicClient client = new(http, "nr", service.Address, 1234567, new ServiceLogin.Headers([("API-Key", new Secret(Key))]));

        IReadOnlyList<CountBucket> buckets = await client.CountAsync(
            "SELECT count(*) FROM Log FACET hostname", Start.AddMilliseconds(300), Start.AddSeconds(10),
            TestContext.Current.CancellationToken);

        SeenRequest seen = Assert.Single(service.Requests);
        Assert.Equal(
            ("POST", "/graphql", "application/json", Key), (seen.Method, seen.Path, seen.Headers["Content-Type"], seen.Headers["API-Key"]));
        Assert.Equal(1234567, (long)seen.Json["variables"]!["account"]!);
        Assert.Equal(
            "SELECT count(*) FROM Log FACET hostname SINCE 1795867200000 UNTIL 1795867210000 TIMESERIES 1 seconds",
            (string?)seen.Json["variables"]!["nrql"]);
        Assert.DoesNotContain("Log FACET", (string?)seen.Json["query"], StringComparison.Ordinal);
        Assert.Equal([("web-01", 7.0), ("web-02", 9.0)], buckets.Select(bucket => (bucket.Name, bucket.Count)));
        Assert.Equal((Start, Start.AddSeconds(1)), (buckets[0].Begin, buckets[0].End));
    }

    [Theory]
    [InlineData(
        """{"errors":[{"message":"NRQL Syntax Error: Error at line 1","extensions":{"errorClass":"NRDB:1102004"}}],"data":{"actor":{"account":{"nrql":null}}}}""",
        "ServiceQueryFailed")]
    [InlineData(
        """{"data":{"actor":{"account":{"nrql":{"results":[{"beginTimeSeconds":1,"endTimeSeconds":2,"count":1,"sum.a":2}]}}}}}""",
        "ServiceAnswerNotUnderstood")]
    [InlineData("""{"data":{"actor":{"account":null}}}""", "ServiceAnswerNotUnderstood")]
    public async Task New_Relic_tells_failures_in_good_answers(string answer, string id)
    {
        await using FakeService service = FakeService.Start(Whole(answer));
        using ServiceHttp http = new(PrometheusClientTests.Quick);
        NewRelicClient client = new(http, "nr", service.Address, 1, new ServiceLogin.Headers([("API-Key", new Secret(Key))]));

        Assert.Equal(
            id,
            (await Assert.ThrowsAsync<ServiceException>(
                () => client.CountAsync("SELECT", Start, Start.AddSeconds(1), TestContext.Current.CancellationToken))).ErrorId);
    }

    [Fact]
    public async Task Sumo_Logic_gives_metrics_in_steps_of_its_own()
    {
        await using FakeService service = FakeService.Start(Whole("""
            {"response":[{"rowId":"A","results":[{"metric":{"dimensions":[{"key":"_sourceHost","value":"lb-01"},{"key":"metric","value":"requests"}],"algoId":1},
              "datapoints":{"timestamp":[1795867200000,1795867215000],"value":[30.0,45.0],"outlierParams":[],"max":[1],"min":[1],"avg":[1],"count":[1],"isFilled":[false]}}]}],
             "queryInfo":{"startTime":1795867200000,"endTime":1795867230000,"desiredQuantizationInSecs":15,"actualQuantizationInSecs":15}}
            """));
        using ServiceHttp http = new(PrometheusClientTests.Quick);

        IReadOnlyList<CountBucket> buckets = await Sumo(http, service).QueryMetricsAsync(
            "metric=requests | delta counter", Start, Start.AddSeconds(30), TestContext.Current.CancellationToken);

        SeenRequest seen = Assert.Single(service.Requests);
        Assert.Equal(
            ("POST", "/api/v1/metrics/results", $"Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("suID:" + Key))}"),
            (seen.Method, seen.Path, seen.Headers["Authorization"]));
        Assert.Equal(
            ("metric=requests | delta counter", 1795867200000, 1795867230000),
            ((string?)seen.Json["query"]![0]!["query"], (long)seen.Json["startTime"]!, (long)seen.Json["endTime"]!));
        Assert.Equal(
            [
                ("_sourceHost=lb-01, metric=requests", Start, Start.AddSeconds(15), 30.0),
                ("_sourceHost=lb-01, metric=requests", Start.AddSeconds(15), Start.AddSeconds(30), 45.0),
            ],
            buckets.Select(bucket => (bucket.Name, bucket.Begin, bucket.End, bucket.Count)));
    }

    [Fact]
    public async Task A_search_job_is_made_looked_after_paged_and_deleted_with_its_cookie()
    {
        int looks = 0;
        await using FakeService service = FakeService.Start(request => (request.Method, request.Path) switch
        {
            ("POST", "/api/v1/search/jobs") =>
                Whole("""{"id":"37589506F194FC80","link":{"rel":"self","href":"x"}}""", 202, "Set-Cookie: AWSALB=abc; Path=/"),
            ("GET", "/api/v1/search/jobs/37589506F194FC80") => Interlocked.Increment(ref looks) < 3
                ? Whole("""{"state":"GATHERING RESULTS","messageCount":5,"recordCount":0,"pendingErrors":[],"pendingWarnings":[]}""")
                : Whole(
                    $$"""{"state":"DONE GATHERING RESULTS","messageCount":90,"recordCount":{{SumoLogicClient.PageSize + 1}},"histogramBuckets":[],"pendingErrors":[],"pendingWarnings":[]}"""),
            ("GET", "/api/v1/search/jobs/37589506F194FC80/records") =>
                Whole(Records(request.Field("offset") == "0" ? SumoLogicClient.PageSize : 1)),
            _ => Status(204),
        });
        using ServiceHttp http = new(PrometheusClientTests.Quick);

        IReadOnlyList<CountBucket> buckets = await Sumo(http, service).CountMessagesAsync(
            "_sourceCategory=nginx", Start, Start.AddSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal((SumoLogicClient.PageSize + 1, 3), (buckets.Count, looks));
        Assert.Equal(new CountBucket("web-01", Start, Start.AddSeconds(1), 4), buckets[0]);
        SeenRequest creation = service.Requests[0];
        Assert.Equal(
            ("_sourceCategory=nginx | timeslice 1s | count by _timeslice, _sourceHost", 1795867200000, "UTC"),
            ((string?)creation.Json["query"], (long)creation.Json["from"]!, (string?)creation.Json["timeZone"]));
        Assert.All(service.Requests.Skip(1), request => Assert.Equal("AWSALB=abc", request.Headers["Cookie"]));
        Assert.Equal(("DELETE", "/api/v1/search/jobs/37589506F194FC80"), (service.Requests[^1].Method, service.Requests[^1].Path));
        Assert.Equal(
            ["0", "10000"],
            service.Requests.Where(request => request.Path.EndsWith("records", StringComparison.Ordinal))
                .Select(request => request.Field("offset")));
    }

    [Theory]
    [InlineData("""{"state":"CANCELLED","messageCount":0,"recordCount":0}""")]
    [InlineData("""{"state":"DONE GATHERING RESULTS","messageCount":0,"recordCount":0,"pendingErrors":["Parse error"]}""")]
    [InlineData("""{"state":"GATHERING RESULTS","messageCount":0,"recordCount":0}""")]
    public async Task A_search_that_fails_or_takes_too_long_is_an_error_and_is_deleted(string state)
    {
        await using FakeService service = FakeService.Start(
            request => request.Method == "GET" ? Whole(state) : Whole("""{"id":"A1"}""", 202));
        using ServiceHttp http = new(PrometheusClientTests.Quick);
        SumoLogicClient client = new(
            http, "sumo", service.Address, Login) { SearchLimit = TimeSpan.FromSeconds(0.3), FirstLook = TimeSpan.FromMilliseconds(20) };

        ServiceException error = await Assert.ThrowsAsync<ServiceException>(
            () => client.CountMessagesAsync("x", Start, Start.AddSeconds(1), TestContext.Current.CancellationToken));

        Assert.Equal("ServiceQueryFailed", error.ErrorId);
        Assert.Equal("DELETE", service.Requests[^1].Method);
    }

    [Fact]
    public async Task A_certificate_is_verified_and_a_declared_authority_is_trusted()
    {
        using TestCertificates certificates = new();
        string authorities = certificates.Write("authorities.pem", certificates.RootPem + certificates.IntermediatePem);
        await using FakeService service = FakeService.Start(_ => Whole("{}"), certificates.Issue("localhost"));
        ServiceRequest other = new("dd", HttpMethod.Get, service.Address) { Login = Keys };
        ServiceRequest named = other with { Address = new UriBuilder(service.Address) { Host = "localhost" }.Uri };
        using ServiceHttp system = new(PrometheusClientTests.Quick);
        using ServiceHttp own = new(PrometheusClientTests.Quick with { TrustedAuthorities = authorities });

        foreach (Func<Task<ServiceAnswer>> refused in new[]
        {
            () => system.AskAsync(named, TestContext.Current.CancellationToken),
            () => own.AskAsync(other, TestContext.Current.CancellationToken),
        })
        {
            ServiceException error = await Assert.ThrowsAsync<ServiceException>(refused);
            Assert.Equal(("ServiceCertificateRefused", false), (error.ErrorId, error.IsTransient));
        }

        Assert.Empty(service.Requests);
        Assert.Equal("{}", (await own.AskAsync(named, TestContext.Current.CancellationToken)).Text);
        Assert.Equal(
            "AuthoritiesUnreadable",
            Assert.Throws<Foobar.Ops.Errors.FoobarException>(
                () => new ServiceHttp(PrometheusClientTests.Quick with { TrustedAuthorities = "/nowhere" })).ErrorId);
    }

    private static readonly ServiceLogin Login = new ServiceLogin.Basic("suID", new Secret(Key));

    private static SumoLogicClient Sumo(ServiceHttp http, FakeService service) =>
        new(http, "sumo", service.Address, Login) { FirstLook = TimeSpan.FromMilliseconds(10) };

    private static string Records(int count) =>
        $$"""{"fields":[{"name":"_timeslice","fieldType":"long","keyField":true},{"name":"_sourcehost","fieldType":"string","keyField":true},{"name":"_count","fieldType":"int","keyField":false}],"records":[{{string.Join(',', Enumerable.Repeat("""{"map":{"_timeslice":"1795867200000","_sourcehost":"web-01","_count":"4"}}""", count))}}]}""";
}
