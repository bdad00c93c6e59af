using System.Text.Json;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Alerts;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Prometheus;
using Foobar.Ops.Tests.Services;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.Monitoring;

/// <summary>What a Prometheus is asked about selectors, targets and Alertmanagers.</summary>
public sealed class SelectorQueryTests
{
    private const string Answer = """
        {"status":"success","data":{"resultType":"vector","result":[
          {"metric":{"foobar_selector":"1","instance":"web-01","job":"node"},"value":[1,"1"]},
          {"metric":{"foobar_selector":"1","instance":"web-02","job":"node"},"value":[1,"1"]}]}WARNINGS}
        """;

    private static readonly string Whole1 = Answer.Replace("WARNINGS", "", StringComparison.Ordinal);

    private static readonly string Partial = Answer.Replace("WARNINGS", ",\"warnings\":[\"a store did not answer\"]",
        StringComparison.Ordinal);

    [Fact]
    public async Task Many_selectors_are_asked_in_one_query()
    {
        await using FakeService service = FakeService.Start(Whole(Whole1));

        IReadOnlyList<SelectorSeries> found = await AskAsync(service, "a{b=\"c\"}", "d");

        Assert.Equal(("a{b=\"c\"}", 0), (found[0].Selector, found[0].Origins.Count));
        Assert.Equal([new SeriesOrigin("web-01", "node"), new SeriesOrigin("web-02", "node")], found[1].Origins);
        Assert.Equal("label_replace(group by (instance, job) (a{b=\"c\"}), \"foobar_selector\", \"0\", \"\", \"\") or "
            + "label_replace(group by (instance, job) (d), \"foobar_selector\", \"1\", \"\", \"\")",
            Assert.Single(service.Requests).Field("query"));
        Assert.Empty(await AskAsync(service));
    }

    [Fact]
    public async Task The_number_of_queries_is_bounded_and_a_refused_selector_costs_no_other()
    {
        await using FakeService many = FakeService.Start(Whole(Whole1));
        await AskAsync(many, [.. Enumerable.Range(0, AlertJudge.MostSelectors).Select(number =>
            FormattableString.Invariant($"a{number}"))]);
        Assert.Equal(8, many.Requests.Count);

        await using FakeService service = FakeService.Start(request => request.Field("query")!.Contains("bad", StringComparison.Ordinal)
            ? Status(422) : Whole(Whole1.Replace("\"1\",\"instance", "\"0\",\"instance", StringComparison.Ordinal)));
        Assert.Equal(["good", "better"], (await AskAsync(service, "good", "bad", "better")).Select(one => one.Selector));
    }

    [Fact]
    public async Task What_matches_nothing_in_a_part_of_the_stores_is_left_out()
    {
        await using FakeService service = FakeService.Start(Whole(Partial));
        Assert.Equal("d", Assert.Single(await AskAsync(service, "a", "d")).Selector);
    }

    [Fact]
    public async Task A_service_that_fails_is_no_answer()
    {
        await using FakeService service = FakeService.Start(_ => Status(500));
        await Assert.ThrowsAsync<ServiceException>(() => AskAsync(service, "a"));
    }

    [Theory]
    [InlineData("http://192.0.2.10:9115/probe?module=http_2xx&target=https%3A%2F%2Fwww.foobar.com%2F", "https://www.foobar.com/")]
    [InlineData("http://192.0.2.10:9116/snmp?target=192.0.2.1", "192.0.2.1")]
    [InlineData("http://192.0.2.10:9100/metrics?targets=x", null)]
    [InlineData("http://192.0.2.10:9100/metrics", null)]
    public void What_an_exporter_is_asked_for_is_read_from_the_address(string address, string? asked)
    {
        using JsonDocument body = JsonDocument.Parse($$$"""
            {"status":"success","data":{"activeTargets":[{"scrapeUrl":"{{{address}}}","labels":{},"health":"up"}]}}
            """);
        PrometheusTarget target = Assert.Single(PrometheusAnswers.ReadTargets(body.RootElement));
        Assert.Equal((address.Split('?')[0], asked), (target.Address, target.AskedFor));
    }

    [Fact]
    public void Alertmanagers_are_those_that_are_active()
    {
        using JsonDocument body = JsonDocument.Parse("""
            {"status":"success","data":{"activeAlertmanagers":[{"url":"http://192.0.2.10:9093/api/v2/alerts"}],
             "droppedAlertmanagers":[{"url":"http://192.0.2.11:9093/api/v2/alerts"}]}}
            """);
        Assert.Equal(["http://192.0.2.10:9093/api/v2/alerts"], PrometheusAnswers.ReadAlertmanagers(body.RootElement));
    }

    private static async Task<IReadOnlyList<SelectorSeries>> AskAsync(FakeService service, params string[] selectors)
    {
        using ServiceHttp http = new(new ServiceHttpOptions { TimeLimit = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromSeconds(5),
            Repetitions = 0 });
        return await SelectorQuery.AskAsync(new PrometheusClient(http, "prometheus", service.Address), selectors,
            TestContext.Current.CancellationToken);
    }
}
