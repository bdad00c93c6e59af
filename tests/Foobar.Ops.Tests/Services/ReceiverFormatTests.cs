using System.Text;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Sending;
using Foobar.Ops.Services.Sending;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Tests.Services;

/// <summary>What is sent, held against each receiver's published format.</summary>
public sealed class ReceiverFormatTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 28, 12, 0, 0, 500, TimeSpan.Zero);

    private static readonly OutgoingMetric Gauge = new(
        "foobar.disk.utilization_percent", 12.5, Time,
        new Dictionary<string, string> { ["server"] = "web-01", ["device"] = "s\"d\\a" }) { Unit = "%" };

    private static readonly OutgoingMetric Count = new(
        "foobar.traffic.count", 300, Time, new Dictionary<string, string> { ["server"] = "lb-01" })
        {
            Interval = TimeSpan.FromSeconds(5),
            Unit = "1",
        };

    private static readonly Finding Found = new()
    {
        ControlId = "FW-003", Title = "Nothing else is open", Area = Area.Firewall, Severity = Severity.High, Status = FindingStatus.Fail,
        Server = "web-01", Target = "tcp/8080", Expected = "closed", Actual = "open", Time = Time,
    };

    [Fact]
    public void Datadog_takes_series_with_host_tags_and_types()
    {
        OutgoingBatch batch = Single(MonitoringServiceKind.Datadog, [Gauge, Count]);

        JsonArray series = Json(batch)["series"]!.AsArray();
        Assert.Equal("api/v2/series", batch.Path);
        Assert.Equal(
            (3, 12.5, 1795867200),
            ((int)series[0]!["type"]!, (double)series[0]!["points"]![0]!["value"]!, (long)series[0]!["points"]![0]!["timestamp"]!));
        Assert.Equal("""[{"type":"host","name":"web-01"}]""", series[0]!["resources"]!.ToJsonString());
        Assert.Equal(["device:s\"d\\a", "site:www.foobar.com"], series[0]!["tags"]!.AsArray().Select(tag => (string?)tag));
        Assert.Equal((1, 5), ((int)series[1]!["type"]!, (int)series[1]!["interval"]!));
        Assert.Equal((TimeSpan.FromHours(1), Time), (batch.MaximumAge!.Value, batch.Newest));
    }

    [Fact]
    public void New_Relic_takes_metrics_in_a_common_block_with_an_id_to_tell_copies_by()
    {
        OutgoingBatch batch = Single(MonitoringServiceKind.NewRelic, [Gauge, Count]);

        JsonNode block = Json(batch).AsArray()[0]!;
        Assert.Equal(("metric/v1", "x-request-id", batch.Id), (batch.Path, batch.Headers[0].Name, batch.Headers[0].Value));
        Assert.Equal("www.foobar.com", (string?)block["common"]!["attributes"]!["site"]);
        Assert.Equal(
            ("gauge", 1795867200500, "web-01"),
            (
                (string?)block["metrics"]![0]!["type"], (long)block["metrics"]![0]!["timestamp"]!,
                (string?)block["metrics"]![0]!["attributes"]!["server"]));
        Assert.Equal(
            ("count", 5000, 1795867195500),
            (
                (string?)block["metrics"]![1]!["type"], (long)block["metrics"]![1]!["interval.ms"]!,
                (long)block["metrics"]![1]!["timestamp"]!));
    }

    [Theory]
    [InlineData(MonitoringServiceKind.NewRelic, "https://api.newrelic.com", false, "https://metric-api.newrelic.com/metric/v1")]
    [InlineData(MonitoringServiceKind.NewRelic, "https://api.eu.newrelic.com", false, "https://metric-api.eu.newrelic.com/metric/v1")]
    [InlineData(
        MonitoringServiceKind.NewRelic, "https://api.newrelic.com", true, "https://insights-collector.newrelic.com/v1/accounts/42/events")]
    [InlineData(
        MonitoringServiceKind.NewRelic,
        "https://api.eu.newrelic.com",
        true,
        "https://insights-collector.eu01.nr-data.net/v1/accounts/42/events")]
    [InlineData(MonitoringServiceKind.Datadog, "https://api.datadoghq.eu", false, "https://api.datadoghq.eu/api/v2/series")]
    [InlineData(
        MonitoringServiceKind.Datadog, "https://api.us5.datadoghq.com", true, "https://http-intake.logs.us5.datadoghq.com/api/v2/logs")]
    [InlineData(MonitoringServiceKind.Otlp, "https://otel.example/otlp/", false, "https://otel.example/otlp/v1/metrics")]
    [InlineData(MonitoringServiceKind.Otlp, "https://otel.example", true, "https://otel.example/v1/logs")]
    [InlineData(MonitoringServiceKind.Webhook, "https://hook.example/a?b", true, "https://hook.example/a?b")]
    public void Each_goes_to_the_host_that_the_service_has_for_it(MonitoringServiceKind kind, string root, bool isFinding, string address)
    {
        ReceiverFormat format = Format(kind);
        OutgoingBatch batch = isFinding ? format.Batches([FindingMapper.Map(Found, NoLabels)]).Single() : format.Batches([Gauge]).Single();

        Assert.Equal(address, format.AddressOf(new Uri(root), batch).ToString());
    }

    [Fact]
    public void Sumo_Logic_takes_the_text_format_with_times_and_events_as_lines()
    {
        OutgoingBatch metrics = Single(MonitoringServiceKind.SumoLogicSource, [Gauge, Count]);
        OutgoingBatch events = Format(MonitoringServiceKind.SumoLogicSource)
            .Batches([FindingMapper.Map(Found, NoLabels), FindingMapper.Map(Found with { Target = null }, NoLabels)])
            .Single();

        Assert.Equal(
            "foobar_disk_utilization_percent{server=\"web-01\",device=\"s\\\"d\\\\a\",site=\"www.foobar.com\"} 12.5 1795867200500\n"
                + "foobar_traffic_count{server=\"lb-01\",site=\"www.foobar.com\"} 300 1795867200500\n",
            Body(metrics));
        Assert.Equal("application/vnd.sumologic.prometheus", metrics.ContentType);
        Assert.Contains(("X-Sumo-Category", "foobar-ops/metrics"), metrics.Headers);
        string[] lines = Body(events).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("{\"timestamp\":1795867200500,", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            ("FW-003", "error", "web-01"),
            ((string?)JsonNode.Parse(
                lines[0])!["controlId"], (string?)JsonNode.Parse(lines[0])!["level"], (string?)JsonNode.Parse(lines[0])!["server"]));
    }

    [Fact]
    public void A_Pushgateway_takes_the_newest_of_each_series_by_server_without_times()
    {
        OutgoingBatch[] batches =
        [
            .. Format(MonitoringServiceKind.Pushgateway)
                .Batches([
                    Gauge with { Value = 1, Time = Time.AddSeconds(-9) },
                    Gauge,
                    Count,
                    Gauge with { Labels = new Dictionary<string, string> { ["server"] = "a/b" } },
                ]),
        ];

        Assert.Equal(
            [
                "metrics/job/foobar_ops/site/www.foobar.com/server/web-01",
                "metrics/job/foobar_ops/site/www.foobar.com/server/lb-01",
                "metrics/job/foobar_ops/site/www.foobar.com/server@base64/YS9i",
            ],
            batches.Select(batch => batch.Path));
        Assert.Equal(
            "foobar_disk_utilization_percent{device=\"s\\\"d\\\\a\"} 12.5\nfoobar_measured_timestamp_seconds{} 1795867200.5\n",
            Body(batches[0]));
    }

    [Fact]
    public void OTLP_is_written_in_its_JSON_encoding()
    {
        OutgoingBatch batch = Single(MonitoringServiceKind.Otlp, [Gauge, Count]);

        JsonNode resource = Json(batch)["resourceMetrics"]![0]!;
        JsonArray metrics = resource["scopeMetrics"]![0]!["metrics"]!.AsArray();
        Assert.Equal(
            """{"key":"service.name","value":{"stringValue":"foobar-ops"}}""", resource["resource"]!["attributes"]![0]!.ToJsonString());
        Assert.Equal(
            ("%", "1795867200500000000", 12.5),
            (
                (string?)metrics[0]!["unit"],
                (string?)metrics[0]!["gauge"]!["dataPoints"]![0]!["timeUnixNano"],
                (double)metrics[0]!["gauge"]!["dataPoints"]![0]!["asDouble"]!));
        Assert.Equal(
            ("1795867195500000000", 1, true),
            (
                (string?)metrics[1]!["sum"]!["dataPoints"]![0]!["startTimeUnixNano"],
                (int)metrics[1]!["sum"]!["aggregationTemporality"]!,
                (bool)metrics[1]!["sum"]!["isMonotonic"]!));
        JsonNode record = Json(
            Format(MonitoringServiceKind.Otlp)
                .Batches([FindingMapper.Map(Found, NoLabels)])
                .Single())["resourceLogs"]![0]!["scopeLogs"]![0]!["logRecords"]![0]!;
        Assert.Equal(
            (17, "FW-003 Fail: web-01 tcp/8080: Nothing else is open"),
            ((int)record["severityNumber"]!, (string?)record["body"]!["stringValue"]));
    }

    [Fact]
    public void Batches_stay_within_the_limits_and_lose_nothing()
    {
        OutgoingMetric[] many = [.. Enumerable.Range(0, 20_000).Select(index => DeliveryTests.Metric(index, Time.AddSeconds(index)))];
        foreach ((MonitoringServiceKind kind, int most) in new[]
        {
            (MonitoringServiceKind.Datadog, 512_000),
            (MonitoringServiceKind.NewRelic, 1_000_000),
            (MonitoringServiceKind.SumoLogicSource, 1_000_000),
            (MonitoringServiceKind.Otlp, 1_000_000),
            (MonitoringServiceKind.Webhook, 1_000_000),
        })
        {
            OutgoingBatch[] batches = [.. Format(kind).Batches(many)];

            Assert.True(batches.Length > 1);
            Assert.All(batches, batch => Assert.True(batch.Body.Length <= most));
            Assert.Equal(many.Length, batches.Sum(batch => batch.Entries));
            Assert.Equal(batches.Length, batches.Select(batch => batch.Id).Distinct().Count());
        }
    }

    [Fact]
    public void A_server_s_metric_gives_one_metric_a_number_with_what_it_is_of()
    {
        ServerMetric metric = new()
        {
            Server = "web-01", Time = Time, IntervalSeconds = 1, CpuCount = 2, CpuUserPercent = 10, Load1 = 0.5, Load5 = 0, Load15 = 0,
            MemoryTotalBytes = 100, MemoryAvailableBytes = 25,
            Disks = [new DiskMetric { Device = "sda", ReadBytesPerSecond = 7 }],
        };

        IReadOnlyList<OutgoingMetric> metrics = MetricMapper.Map(metric, new Dictionary<string, string> { ["env"] = "test" });

        OutgoingMetric cpu = metrics.Single(one => one.Name == "foobar.server.cpu_user_percent");
        Assert.Equal((10.0, "%", "web-01", "test"), (cpu.Value, cpu.Unit, cpu.Server, cpu.Labels["env"]));
        Assert.DoesNotContain(metrics, one => one.Name == "foobar.server.cpu_system_percent");
        OutgoingMetric disk = metrics.Single(one => one.Name == "foobar.disk.read_bytes_per_second");
        Assert.Equal((7.0, "By/s", "sda", Time), (disk.Value, disk.Unit, disk.Labels["device"], disk.Time));
        Assert.Equal(75.0, metrics.Single(one => one.Name == "foobar.server.memory_used_percent").Value);
    }

    [Fact]
    public void A_traffic_rate_gives_count_rate_and_bounds_and_nothing_that_is_not_known()
    {
        TrafficRate rate = new()
        {
            Server = "lb-01",
            Origin = TrafficOrigin.HaproxyFrontend,
            Name = "www",
            Unit = TrafficUnit.Requests,
            Start = Time.AddSeconds(-10),
            End = Time,
            WindowSeconds = 10,
            Count = 500,
            CountLower = 490,
            CountUpper = null,
        };

        IReadOnlyList<OutgoingMetric> metrics = MetricMapper.Map(rate, NoLabels);

        Assert.Equal(
            [("foobar.traffic.count", 500.0), ("foobar.traffic.rate", 50.0), ("foobar.traffic.rate_lower", 49.0)],
            metrics.Select(metric => (metric.Name, metric.Value)));
        Assert.Equal(
            ("www", "HaproxyFrontend", TimeSpan.FromSeconds(10)),
            (metrics[0].Labels["counter"], metrics[0].Labels["origin"], metrics[0].Interval!.Value));
        Assert.Equal("NotSendable", Assert.Throws<Foobar.Ops.Errors.FoobarException>(() => MetricMapper.Map("text", NoLabels)).ErrorId);
    }

    [Fact]
    public void An_event_s_id_is_the_same_each_time_and_another_for_another_finding()
    {
        OutgoingEvent one = FindingMapper.Map(Found, NoLabels);

        Assert.Equal(one.Id, FindingMapper.Map(Found with { }, NoLabels).Id);
        Assert.NotEqual(one.Id, FindingMapper.Map(Found with { Server = "web-02" }, NoLabels).Id);
    }

    private static readonly Dictionary<string, string> NoLabels = [];

    private static ReceiverFormat Format(MonitoringServiceKind kind) =>
        ReceiverFormat.Of(new MonitoringService { Name = "x", Kind = kind, Account = 42 }, "www.foobar.com");

    private static OutgoingBatch Single(MonitoringServiceKind kind, OutgoingMetric[] metrics) =>
        Assert.Single(Format(kind).Batches(metrics));

    private static string Body(OutgoingBatch batch) => Encoding.UTF8.GetString(batch.Body.Span);

    private static JsonNode Json(OutgoingBatch batch) => JsonNode.Parse(Body(batch))!;
}
