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
        Assert.Equal(isOf, InstanceMatch.IsNamed(Declared.Find("web-01")!, instance, Declared));

    [Fact]
    public void A_server_is_scraped_where_the_target_s_address_is_and_not_where_its_label_says()
    {
        ScrapeTarget other = Targets[1] with { Instance = "192.0.2.12:9100" };
        Finding fail = Assert.Single(Judge("MON-011", Facts([Targets[0], Targets[1], other])), finding => finding.Server == "web-02");
        Assert.Equal((FindingStatus.Fail, "node"), (fail.Status, fail.Target));
        Assert.Contains("says 192.0.2.12:9100, but http://192.0.2.11:9100/metrics is scraped, which is web-01", fail.Actual,
            StringComparison.Ordinal);

        // A contradiction is told beside a target that is right, too.
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-011", Facts([.. Targets, other])));
        Assert.Empty(Trouble("MON-011", Facts([.. Targets.Select(static target => target with { Instance = "some-name" })])));
        Assert.Equal([("web-02", FindingStatus.Unknown)], Trouble("MON-011", Facts([Targets[0], Targets[1],
            Targets[2] with { Url = "http://node.example:9100/metrics" }])));
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-011", Facts([Targets[0], Targets[1],
            other with { Url = "http://127.0.0.1:9100/metrics" }])));
    }

    [Fact]
    public void Figures_under_another_server_s_name_are_not_of_that_server()
    {
        ScrapeTarget other = Targets[1] with { Job = "pool", JobLabel = "node", Instance = "web-02" };
        MonitoringServiceFacts facts = Components(Facts([Targets[0], Targets[1], other, Targets[2] with { JobLabel = "mysqld",
            Instance = "web-02" }]), "server", new("192.0.2.10:9100", "node"), new("192.0.2.11:9100", "node"), new("web-02", "node"));
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-012", facts));
        Assert.Empty(Trouble("MON-012", Components(facts, "server", new("192.0.2.10:9100", "node"), new("192.0.2.11:9100", "node"),
            new("web-02", "mysqld"))));
    }

    [Fact]
    public void A_probe_is_of_no_server_and_an_exporter_that_asks_others_tells_of_those()
    {
        ScrapeTarget probe = Targets[0] with { Job = "blackbox", Url = "http://192.0.2.10:9115/probe", AskedFor = "http://192.0.2.12/",
            Instance = "http://192.0.2.12/" };
        Finding fail = Assert.Single(Judge("MON-011", Facts([Targets[0], Targets[1], probe])), finding => finding.Server == "web-02");
        Assert.Contains("only a probe", fail.Actual, StringComparison.Ordinal);
        Assert.Empty(Trouble("MON-011", Facts([.. Targets, probe])));
        Assert.Empty(Trouble("MON-011", Facts([Targets[0], Targets[1], probe with { Url = "http://192.0.2.10:9116/snmp",
            AskedFor = "192.0.2.12" }])));
    }

    [Fact]
    public void A_target_of_which_no_sample_is_kept_gives_no_figures()
    {
        Finding fail = Assert.Single(Judge("MON-011", Facts([Targets[0], Targets[1] with { Samples = 0 }, Targets[2] with {
            Samples = 700 }])), finding => finding.Status != FindingStatus.Pass);
        Assert.Equal(("web-01", FindingStatus.Fail), (fail.Server, fail.Status));
        Assert.Contains("none is kept", fail.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_scraped_on_loopback_is_of_the_server_with_Prometheus()
    {
        ScrapeTarget target = Targets[0] with { Url = "http://127.0.0.1:8405/metrics", Instance = "127.0.0.1:8405" };
        Assert.True(InstanceMatch.IsScrapedFrom(Declared.Find("lb-01")!, target, Declared));
        Assert.False(InstanceMatch.IsScrapedFrom(Declared.Find("web-01")!, target, Declared));
    }

    [Fact]
    public void A_component_without_figures_is_a_blind_spot()
    {
        Assert.Equal([("web-02", FindingStatus.Fail)], Trouble("MON-012", Components(Facts(), "nginx", new SeriesOrigin(
            "192.0.2.11:9113", "nginx"))));
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
        Finding finding = Topic("disks", Facts() with { Selectors = Matching(Rules, static selector => selector.StartsWith(
            "node_filesystem_avail", StringComparison.Ordinal) ? [] : All) });

        Assert.Equal(FindingStatus.Fail, finding.Status);
        Assert.Contains("of which there is no series, so it can't fire", finding.Actual, StringComparison.Ordinal);
    }

    /// <summary>Expressions of an alert on disks, on which servers there are series of <c>node_filesystem_avail_bytes</c> with
    /// <c>job="node"</c>, and what must be said.</summary>
    [Theory]
    [InlineData("node_filesystem_avail_bytes{job=\"node\"} < 1", FindingStatus.Pass, "Disk")]
    [InlineData("node_filesystem_avail_bytes{job=\"nodes-old\"} < 1", FindingStatus.Fail,
        "node_filesystem_avail_bytes{job=\"nodes-old\"}, which matches no series")]
    [InlineData("node_filesystem_avail_bytes / node_filesystem_size_bytes{job=\"nodes-old\"} < 1", FindingStatus.Fail, "which matches no")]
    [InlineData("node_filesystem_avail_bytes < 1 and on() cluster_active == 1", FindingStatus.Fail, "cluster_active, of which there is no")]
    [InlineData("node_filesystem_avail_bytes < 1 unless on() cluster_active == 1", FindingStatus.Pass, "Disk")]
    [InlineData("node_filesystem_avail_bytes{job=\"nodes-old\"} < 1 or up == 0", FindingStatus.Fail, "which matches no")]
    [InlineData("node_filesystem_avail_bytes{job=\"nodes-old\"} < 1 or node_filesystem_files_free < 9", FindingStatus.Pass, "Disk")]
    [InlineData("node_filesystem_avail_bytes{job=\"nodes-old\"} < 1 or vector(0) == 0", FindingStatus.Fail, "which matches no")]
    [InlineData("node_filesystem_avail_bytes{job=\"nodes-old\"} < 1 or absent(node_filesystem_avail_bytes)", FindingStatus.Fail,
        "which matches no")]
    [InlineData("node_filesystem_avail_bytes offset 1w < 1", FindingStatus.Unknown, "do not reach")]
    [InlineData("node_filesystem_avail_bytes offset 5m < 1", FindingStatus.Pass, "Disk")]
    [InlineData("node_filesystem_avail_bytes{job=~\"no.*\"} < 1", FindingStatus.Pass, "Disk")]
    [InlineData("node_filesystem_avail_bytes{instance=\"web-01\"} < 1", FindingStatus.Fail, "no series of lb-01, web-02")]
    [InlineData("disk:free < 1", FindingStatus.Pass, "Disk")]
    [InlineData("disk:old < 1", FindingStatus.Fail, "node_filesystem_avail_bytes{job=\"nodes-old\"}, which matches no")]
    [InlineData("disk:new < 1", FindingStatus.Unknown, "has no series yet")]
    [InlineData("disk:free{site=\"other\"} < 1", FindingStatus.Fail, "which matches no")]
    [InlineData("node_filesystem_avail_bytes ~ 1", FindingStatus.Unknown, "not understood")]
    public void An_alert_needs_series_that_its_selectors_match(string expression, FindingStatus status, string says)
    {
        MonitoringRule[] rules =
        [
            .. Rules.Where(static rule => rule.Name != "Disk"), Rule("Disk", expression),
            Rule("disk:free", "min by (instance) (node_filesystem_avail_bytes)", isAlert: false),
            Rule("disk:old", "min(node_filesystem_avail_bytes{job=\"nodes-old\"})", isAlert: false),
            Rule("disk:new", "min(node_filesystem_avail_bytes)", isAlert: false),
        ];
        Reading<IReadOnlyList<SelectorSeries>> matching = Matching(rules, static selector => selector switch
        {
            _ when selector.Contains("old", StringComparison.Ordinal) || selector.Contains("other", StringComparison.Ordinal)
                || selector.Contains("1w", StringComparison.Ordinal) => [],
            "cluster_active" or "disk:new" => [],
            _ when selector.Contains("web-01", StringComparison.Ordinal) => All[1..2],
            _ => All,
        });

        Finding finding = Topic("disks", Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>(rules), Selectors = matching });

        Assert.Equal(status, finding.Status);
        Assert.Contains(says, $"{finding.Actual} {finding.Reason}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rate(haproxy_backend_http_responses_total{code=\"5xx\"}[1m]) > 1", FindingStatus.Unknown)]
    [InlineData("rate(haproxy_backend_http_responses_total{code=\"5xx\",job=\"old\"}[1m]) > 1", FindingStatus.Fail)]
    [InlineData("rate(app_http_errors_total[1m]) > 1", FindingStatus.Unknown)]
    [InlineData("rate(app_http_errors_total{job=\"old\"}[1m]) > 1", FindingStatus.Unknown)]
    public void What_begins_with_the_first_error_can_t_be_told(string expression, FindingStatus status)
    {
        MonitoringRule[] rules = [Rule("Errors", expression)];
        Finding finding = Topic("errors", Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>(rules), Selectors = Matching(
            rules, static selector => selector == "haproxy_backend_http_responses_total" ? All : []) });
        Assert.Equal(status, finding.Status);
    }

    [Fact]
    public void An_alert_must_take_in_each_server_concerned()
    {
        Finding disks = Topic("disks", Facts() with { Selectors = Matching(Rules, static selector => selector.StartsWith("node",
            StringComparison.Ordinal) ? All[..1] : All) });
        Assert.Equal((FindingStatus.Fail, "Disk has no series of web-01, web-02"), (disks.Status, disks.Actual));

        Finding unknown = Topic("disks", Facts() with { Selectors = Matching(Rules, static selector => selector.StartsWith("node",
            StringComparison.Ordinal) ? [new SeriesOrigin("", "")] : All) });
        Assert.Equal(FindingStatus.Unknown, unknown.Status);

        FindingStatus Lag(params SeriesOrigin[] origins) => Topic("replication-lag", Facts() with { Selectors = Matching(Rules, selector =>
            selector.StartsWith("mysql", StringComparison.Ordinal) ? origins : All) }).Status;
        Assert.Equal(FindingStatus.Pass, Lag(All[2]));
        Assert.Equal(FindingStatus.Fail, Lag(All[0]));
    }

    [Fact]
    public void Traffic_is_watched_at_one_tier_as_a_whole()
    {
        FindingStatus Traffic(params SeriesOrigin[] origins) => Topic("traffic", Facts() with { Selectors = Matching(Rules, selector =>
            selector.StartsWith("haproxy_frontend", StringComparison.Ordinal) ? origins : All) }).Status;
        Assert.Equal(FindingStatus.Pass, Traffic(All[0]));
        Assert.Equal(FindingStatus.Pass, Traffic(All[1], All[2]));
        Assert.Equal(FindingStatus.Fail, Traffic(All[1]));
        Assert.Equal(FindingStatus.Pass, Traffic(new SeriesOrigin("https://www.foobar.com/", "blackbox")));
    }

    [Fact]
    public void An_alert_on_the_share_of_errors_is_none_on_traffic()
    {
        MonitoringRule[] rules = [Rule("Share", "rate(haproxy_frontend_http_responses_total{code=\"5xx\"}[5m]) / on() "
            + "sum(rate(haproxy_frontend_http_requests_total[5m])) > 0.1")];
        MonitoringServiceFacts facts = Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>(rules),
            Selectors = Matching(rules, static _ => All) };
        Assert.Equal((FindingStatus.Pass, FindingStatus.Fail), (Topic("errors", facts).Status, Topic("traffic", facts).Status));
    }

    [Fact]
    public void Alerts_need_an_Alertmanager_that_takes_them()
    {
        MonitoringServiceFacts With(params AlertReceiver[] receivers) => Facts() with {
            Alertmanagers = Reading.Of<IReadOnlyList<AlertReceiver>>(receivers) };
        AlertReceiver receiver = new() { Url = "http://192.0.2.10:9093/api/v2/alerts" };

        Finding none = Assert.Single(Judge("MON-015", With()));
        Assert.Equal((FindingStatus.Fail, "it knows no Alertmanager: none of its 5 alerts reaches anyone"), (none.Status, none.Actual));
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge("MON-015", With(receiver with { Errors = 0 }))).Status);
        Assert.Contains("does not tell", Assert.Single(Judge("MON-015", With(receiver))).Actual, StringComparison.Ordinal);
        Assert.Equal(FindingStatus.Fail, Assert.Single(Judge("MON-015", With(receiver with { Errors = 3 }))).Status);
        Assert.Equal(FindingStatus.NotApplicable, Assert.Single(Judge("MON-015", With() with {
            Rules = Reading.Of<IReadOnlyList<MonitoringRule>>([]) })).Status);
    }

    [Theory]
    [InlineData("up", "up")]
    [InlineData("sum by (job) (rate(a_total{code=~\"5..\", b='c'}[5m])) / ignoring(code) group_left sum(d) > bool 0.5",
        "(a_total{code=~\"5..\",b='c'} & d)")]
    [InlineData("{__name__=\"e_f\", x=\"y\"} offset 5m @ end()", "e_f{x=\"y\"} offset 5m @ end()")]
    [InlineData("{\"g.h\", \"i\"=\"j\"} > 1", null)]
    [InlineData("{__name__=~\"r.*\"}", "{__name__=~\"r.*\"}")]
    [InlineData("a or b and c unless d", "(a | (b & c))")]
    [InlineData("(a or vector(1)) * -b ^ 2 # end", "((a | ) & b)")]
    [InlineData("absent(a{b=\")\"}) or max_over_time(c[1h:5m]) == 1e3", "(! | c)")]
    [InlineData("time() - p < 14 * 86400", "p")]
    [InlineData("histogram_quantile(.9, sum(rate(q[5m])) by (le)) > Inf", "q")]
    [InlineData("label_replace(k, \"l\", \"$1\", \"m\", \"(n)\") and topk(3, o)", "(k & o)")]
    [InlineData("a:b:rate5m unless on (instance) j", "a:b:rate5m")]
    [InlineData("a +", null)]
    [InlineData("a b", null)]
    [InlineData("a{b}", null)]
    public void What_an_expression_needs_is_read(string expression, string? needs)
    {
        static string Text(SeriesNeed need) => need switch
        {
            SeriesNeed.Some some => some.Selector.ToString(),
            SeriesNeed.All all => Joined(all.Parts.Select(Text).Where(static part => part.Length > 0), " & "),
            SeriesNeed.Any any => $"({string.Join(" | ", any.Parts.Select(Text))})",
            _ => "!",
        };
        static string Joined(IEnumerable<string> parts, string sign) =>
            parts.ToArray() is { Length: not 1 and not 0 } many ? $"({string.Join(sign, many)})" : string.Concat(parts);
        if (needs is null)
        {
            Assert.Throws<FormatException>(() => ExpressionNeeds.Of(expression));
        }
        else
        {
            Assert.Equal(needs, Text(ExpressionNeeds.Of(expression)));
        }
    }

    [Fact]
    public void Any_text_is_an_expression_or_not_understood() => ParserProperties.TakesOrRefusesAnyText(
        static text => new RuleNeeds([]).Need(Rule("Any", text)), "sum by (a) (rate(b{c=\"d\"}[5m])) > 1 or e offset 1w", "`x` # y");

    [Fact]
    public void Nested_expressions_are_read_to_a_depth() =>
        Assert.Throws<FormatException>(() => ExpressionNeeds.Of(new string('(', 100_000)));

    [Fact]
    public void The_selectors_asked_for_are_bounded()
    {
        MonitoringRule[] rules = [.. Enumerable.Range(0, 500).Select(static number => Rule($"Disk{number}",
            FormattableString.Invariant($"node_filesystem_avail_bytes{{number=\"{number}\"}} < 1")))];
        Assert.Equal(AlertJudge.MostSelectors, AlertJudge.Selectors(rules).Count);
        Finding finding = Topic("disks", Facts() with { Rules = Reading.Of<IReadOnlyList<MonitoringRule>>(rules),
            Selectors = Matching(rules, static _ => []) });
        Assert.Equal(FindingStatus.Unknown, finding.Status);
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
            Selectors = Reading.Unreadable<IReadOnlyList<SelectorSeries>>("refused"),
            ComponentSeries = Reading.Unreadable<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>>("refused"),
            Alertmanagers = Reading.Unreadable<IReadOnlyList<AlertReceiver>>("refused"),
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
        Selectors = Matching(Rules, static _ => All),
        ComponentSeries = Reading.Of<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>>(new Dictionary<string,
            IReadOnlyList<SeriesOrigin>>
        {
            ["server"] = [new("192.0.2.10:9100", "node"), new("web-01", "x"), new("192.0.2.12:9100", "node")],
            ["haproxy"] = [new("127.0.0.1:8405", "haproxy")],
            ["nginx"] = [new("192.0.2.11:9113", "nginx"), new("192.0.2.12:9113", "nginx")],
            ["database"] = [new("192.0.2.11:9104", "mysqld"), new("192.0.2.12:9104", "mysqld")],
        }),
        Alertmanagers = Reading.Of<IReadOnlyList<AlertReceiver>>([new AlertReceiver { Url = "http://127.0.0.1:9093/api/v2/alerts" }]),
    };

    private static SeriesOrigin[] All => [.. Targets.Select(static target => new SeriesOrigin(target.Instance, target.Job))];

    private static Reading<IReadOnlyList<SelectorSeries>> Matching(MonitoringRule[] rules, Func<string, SeriesOrigin[]> origins) =>
        Reading.Of<IReadOnlyList<SelectorSeries>>([.. AlertJudge.Selectors(rules).Select(selector => new SelectorSeries {
            Selector = selector, Origins = origins(selector) })]);

    private static MonitoringServiceFacts Components(MonitoringServiceFacts facts, string component, params SeriesOrigin[] origins) =>
        facts with
        {
            ComponentSeries = Reading.Of<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>>(
                new Dictionary<string, IReadOnlyList<SeriesOrigin>>(facts.ComponentSeries.Value!) { [component] = origins }),
        };

    private static Finding Topic(string topic, MonitoringServiceFacts facts) => Judge("MON-013", facts).Single(finding =>
        finding.Target == topic);

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
