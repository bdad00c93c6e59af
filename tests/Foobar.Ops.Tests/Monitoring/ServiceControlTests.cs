using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Alerts;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class ServiceControlTests
{
    private static readonly Site Declared = TestSite.Create(new Policy
    {
        Database = new DatabasePolicy(),
        Monitoring = new MonitoringPolicy { Prometheus = new Uri("http://198.51.100.10:9090") },
    });

    private static readonly MonitoringRule[] Rules =
    [
        Rule("foobar:requests:rate1m", "sum(rate(haproxy_frontend_http_requests_total[1m]))", isAlert: false),
        Rule("Traffic", "foobar:requests:rate1m == 0"),
        Rule("Errors", "rate(haproxy_backend_http_responses_total{code=\"5xx\"}[1m]) > 1"),
        Rule("Lag", "mysql_slave_status_seconds_behind_master > 60"),
        Rule("Certificate", "probe_ssl_earliest_cert_expiry - time() < 86400"),
        Rule("Disk", "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1"),
    ];

    private static readonly ScrapeTarget[] Targets = [.. Declared.Servers.Select(server => new ScrapeTarget
    {
        Job = "node", Url = $"http://{server.Addresses[^1]}:9100/metrics", Instance = $"{server.Addresses[^1]}:9100", IsUp = true,
            LastScrape = TestSite.Now.AddSeconds(-10), IntervalSeconds = 15,
    })];

    [Fact]
    public void A_site_that_is_watched_passes() =>
        Assert.All(ServiceControls.All.SelectMany(control => Judge(control.Info.Id, Facts())), finding => Assert.Equal(FindingStatus.Pass,
            finding.Status));

    [Fact]
    public void A_server_that_is_not_scraped_or_not_lately_fails()
    {
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-011", Facts(Targets[..2])));
        Assert.Equal([("web-01", FindingStatus.Fail)], Trouble("MON-011", Facts([Targets[0], Targets[1] with { IsUp = false,
            LastError = "refused" }, Targets[2]])));
        Assert.Equal([("web-01", FindingStatus.Fail)], Trouble("MON-011", Facts([Targets[0],
            Targets[1] with { LastScrape = TestSite.Now.AddSeconds(-90) }, Targets[2]])));
        Assert.Empty(Trouble("MON-011", Facts([Targets[0], Targets[1] with { LastScrape = TestSite.Now.AddSeconds(-90),
            IntervalSeconds = 60 }, Targets[2]])));
        Assert.Equal([("web-01", FindingStatus.Unknown)], Trouble("MON-011", Facts([Targets[0], Targets[1] with { IsUp = null,
            LastScrape = null }, Targets[2]])));
    }

    [Theory]
    [InlineData("web-01:9100", true)]
    [InlineData("web-01.foobar.com", true)]
    [InlineData("http://192.0.2.11:80/x", true)]
    [InlineData("192.0.2.11", true)]
    [InlineData("192.0.2.1:11", false)]
    [InlineData("web-011:9100", false)]
    [InlineData("[2001:db8::1]:9100", false)]
    [InlineData("", false)]
    public void An_instance_is_told_by_its_host(string instance, bool isOf) =>
        Assert.Equal(isOf, InstanceMatch.IsOf(Declared.Find("web-01")!, instance, null, Declared));

    [Fact]
    public void What_is_scraped_on_loopback_is_of_the_server_with_Prometheus()
    {
        Assert.True(InstanceMatch.IsOf(Declared.Find("lb-01")!, "127.0.0.1:8405", null, Declared));
        Assert.False(InstanceMatch.IsOf(Declared.Find("web-01")!, "127.0.0.1:8405", null, Declared));
    }

    [Fact]
    public void A_component_without_figures_is_a_blind_spot()
    {
        Dictionary<string, IReadOnlyList<string>> components = new(Facts().Components.Value!) { ["nginx"] = ["192.0.2.11:9113"] };
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-012", Facts() with { Components = Reading.Of<IReadOnlyDictionary<string,
            IReadOnlyList<string>>>(components) }));
    }

    [Theory]
    [InlineData("traffic", "Traffic")]
    [InlineData("errors", "Errors")]
    [InlineData("replication-lag", "Lag")]
    [InlineData("certificates", "Certificate")]
    [InlineData("disks", "Disk")]
    public void A_topic_that_no_alert_watches_fails(string topic, string alert)
    {
        Finding missing = Assert.Single(Judge("MON-013",
            Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>([.. Rules.Where(rule => rule.Name != alert)]) }), finding =>
            finding.Status == FindingStatus.Fail);
        Assert.Equal(topic, missing.Target);
    }

    [Fact]
    public void An_alert_that_can_t_fire_is_none()
    {
        string[] present = [.. Facts().Metrics.Value!.Where(metric => metric != "node_filesystem_avail_bytes")];
        Finding finding = Assert.Single(Judge("MON-013", Facts() with { Metrics = Reading.Of<IReadOnlyList<string>>(present) }), finding =>
            finding.Status == FindingStatus.Fail);

        Assert.Equal("disks", finding.Target);
        Assert.Contains("can't fire", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Replication_is_no_topic_without_a_replica() => Assert.Contains(
        TestSite.Create(new Policy()) is { } site ? ServiceControls.All.Single(control => control.Info.Id == "MON-013").Apply(Case(Facts(),
            site), null, TestSite.Now) : [],
        finding => finding is { Target: "replication-lag", Status: FindingStatus.NotApplicable });

    [Fact]
    public void A_rule_that_fails_or_stands_still_fails()
    {
        Assert.Equal([(null, FindingStatus.Fail)], Trouble("MON-014",
            Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>([Rules[0] with { IsHealthy = false,
            LastError = "many-to-many" }, .. Rules[1..]]) }));
        Assert.Equal([(null, FindingStatus.Fail)], Trouble("MON-014",
            Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>([Rules[0] with { LastEvaluation = TestSite.Now.AddHours(
                -1) }]) }));
        Assert.Equal([(null, FindingStatus.Unknown)], Trouble("MON-014",
            Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>([Rules[0] with { IsHealthy = null,
            LastEvaluation = null }]) }));
    }

    [Fact]
    public void What_could_not_be_asked_is_unknown()
    {
        MonitoringServiceFacts facts = new()
        {
            Time = Reading.Unreadable<DateTimeOffset>("refused"),
            Targets = Reading.Unreadable<IReadOnlyList<ScrapeTarget>>("refused"),
            Rules = Reading.Unreadable<IReadOnlyList<MonitoringRule>>("refused"),
            Metrics = Reading.Unreadable<IReadOnlyList<string>>("refused"),
            Components = Reading.Unreadable<IReadOnlyDictionary<string, IReadOnlyList<string>>>("refused"),
        };
        Assert.All(ServiceControls.All, control => Assert.All(Judge(control.Info.Id, facts), finding => Assert.Equal((FindingStatus.Unknown,
            "refused"), (finding.Status, finding.Reason))));
    }

    [Theory]
    [InlineData("up", "up")]
    [InlineData("sum by (job, instance) (rate(a_total{code=~\"5..\", b=\"c\"}[5m])) / ignoring(code) group_left sum(d) > 0.5", "a_total d")]
    [InlineData("{__name__=\"e_f\", x=\"y\"} offset 5m", "e_f")]
    [InlineData("g:h:rate5m unless on (instance) j @ end() # a comment up\n > bool 1e3", "g:h:rate5m j")]
    [InlineData("label_replace(k, \"l\", \"$1\", \"m\", \"(n)\") and topk(3, o)", "k o")]
    [InlineData("time() - p < 14 * 86400", "p")]
    [InlineData("quantile_over_time(0.9, q[1h:5m]) == Inf", "q")]
    [InlineData("{__name__=~\"r.*\"}", "")]
    [InlineData("\"unclosed", "")]
    [InlineData("absent(up{job=\"a)\"}) or (s > 1)", "s")]
    public void The_metrics_of_an_expression_are_found(string expression, string metrics) => Assert.Equal(metrics, string.Join(' ',
        ExpressionMetrics.Of(expression)));

    [Fact]
    public void Recorded_series_stand_for_what_they_are_recorded_from()
    {
        ILookup<string, string> recorded = new[] { ("a:b", "c:d + 1"), ("c:d", "rate(e_total[1m]) + a:b") }.ToLookup(rule => rule.Item1,
            rule => rule.Item2);
        Assert.Equal(["a:b", "c:d", "e_total", "a:b"], ExpressionMetrics.Deep("a:b > 1", recorded).Select(found => found.Metric));
    }

    [Fact]
    public void Any_text_is_taken_or_refused() => ParserProperties.TakesOrRefusesAnyText(ExpressionMetrics.Of,
        "sum by (a) (rate(b{c=\"d\"}[5m])) > 1", "`x` # y");

    internal static MonitoringServiceFacts Facts(ScrapeTarget[]? targets = null) => new()
    {
        Time = Reading.Of(TestSite.Now),
        Targets = Reading.Of<IReadOnlyList<ScrapeTarget>>(targets ?? Targets),
        Rules = Reading.Of<IReadOnlyList<MonitoringRule>>(Rules),
        Metrics = Reading.Of<IReadOnlyList<string>>([.. AlertJudge.Metrics(Rules)]),
        Components = Reading.Of<IReadOnlyDictionary<string, IReadOnlyList<string>>>(new Dictionary<string, IReadOnlyList<string>>
        {
            ["server"] = ["192.0.2.10:9100", "web-01", "192.0.2.12:9100"],
            ["haproxy"] = ["127.0.0.1:8405"],
            ["nginx"] = ["192.0.2.11:9113", "192.0.2.12:9113"],
            ["database"] = ["192.0.2.11:9104", "192.0.2.12:9104"],
        }),
    };

    private static MonitoringRule Rule(string name, string expression, bool isAlert = true) =>
        new() { Name = name, Group = "g", IsAlert = isAlert, Expression = expression, IsHealthy = true,
            LastEvaluation = TestSite.Now.AddSeconds(-20) };

    private static SiteCase<MonitoringServiceFacts> Case(MonitoringServiceFacts facts, Site? site = null) =>
        new(site ?? Declared, new Dictionary<string, Reading<MonitoringServiceFacts>> { ["lb-01"] = Reading.Of(facts) }, TestSite.Now);

    private static IEnumerable<Finding> Judge(string id, MonitoringServiceFacts facts) => ServiceControls.All.Single(control =>
        control.Info.Id == id).Apply(Case(facts), null, TestSite.Now);

    private static IEnumerable<(string? Server, FindingStatus Status)> Trouble(string id, MonitoringServiceFacts facts) =>
        Judge(id, facts).Where(finding => finding.Status != FindingStatus.Pass).Select(finding => (finding.Server, finding.Status));
}
