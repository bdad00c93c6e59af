using System.Text.Json.Nodes;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.Datadog;

/// <summary>
/// What Datadog takes: metrics by "Submit metrics" (API v2, at most 500 kB, not older than an hour), events by "Send logs"
/// (API v2, at most 5 MB and 1,000 entries, not older than 18 hours).
/// </summary>
internal sealed class DatadogFormat(string site) : ReceiverFormat
{
    private const int Count = 1;
    private const int Gauge = 3;

    /// <inheritdoc/>
    protected override TimeSpan? MetricAge => TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override TimeSpan? EventAge => TimeSpan.FromHours(18);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) => Join(
        metrics.OrderBy(static metric => metric.Time).Select(metric => (Series(metric).ToJsonString(), metric.Time)),
        static (id, entries) => Frame(id, "api/v2/series", "application/json", $"{{\"series\":[{entries}]}}"),
        ",",
        mostBytes: 480_000);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Join(
        events.OrderBy(static one => one.Time).Select(one => (Log(one).ToJsonString(), one.Time)),
        static (id, entries) => Frame(id, "api/v2/logs", "application/json", $"[{entries}]") with { Door = "logs" },
        ",",
        mostBytes: 4_000_000,
        mostEntries: 1_000);

    /// <summary>Logs go to a host of their own: <c>http-intake.logs.datadoghq.eu</c> beside <c>api.datadoghq.eu</c>.</summary>
    public override Uri AddressOf(Uri root, OutgoingBatch batch)
    {
        Uri address = base.AddressOf(root, batch);
        return batch.Door == "logs" && address.Host.StartsWith("api.", StringComparison.Ordinal)
            ? new UriBuilder(address) { Host = $"http-intake.logs.{address.Host["api.".Length..]}" }.Uri
            : address;
    }

    /// <inheritdoc/>
    public override (long Refused, string Why) ReadAnswer(ServiceAnswer answer)
    {
        if (answer.Body.Length == 0)
        {
            return (0, string.Empty);
        }

        string why = answer.Read(
            "Datadog's intake",
            static body =>
                body.Maybe("errors") is { ValueKind: System.Text.Json.JsonValueKind.Array } errors
                    ? string.Join(" ", errors.EnumerateArray().Select(static error => error.ToString()))
                    : string.Empty);
        return (why.Length > 0 ? 1 : 0, why);
    }

    private JsonObject Series(OutgoingMetric metric)
    {
        JsonObject series = new()
        {
            ["metric"] = metric.Name,
            ["type"] = metric.Interval is null ? Gauge : Count,
            ["points"] = new JsonArray(new JsonObject { ["timestamp"] = metric.Time.ToUnixTimeSeconds(), ["value"] = metric.Value }),
            ["tags"] = Tags(metric.Labels.Where(static label => label.Key != "server")),
        };
        if (metric.Interval is { } interval)
        {
            series["interval"] = Math.Max(1, (long)Math.Round(interval.TotalSeconds));
        }

        if (metric.Server.Length > 0)
        {
            series["resources"] = new JsonArray(new JsonObject { ["type"] = "host", ["name"] = metric.Server });
        }

        return series;
    }

    private JsonObject Log(OutgoingEvent one)
    {
        JsonObject log = Object(one.Attributes);
        log["ddsource"] = "foobar-ops";
        log["service"] = site;
        log["hostname"] = one.Attributes.GetValueOrDefault("server", site);
        log["ddtags"] = $"site:{site}";
        log["status"] = one.Level switch { EventLevel.Error => "error", EventLevel.Warning => "warn", _ => "info" };
        log["message"] = one.Title;
        log["timestamp"] = one.Time.ToUnixTimeMilliseconds();
        log["event_id"] = one.Id;
        return log;
    }

    private JsonArray Tags(IEnumerable<KeyValuePair<string, string>> labels) =>
        [
            .. labels.Append(KeyValuePair.Create("site", site))
                .DistinctBy(static label => label.Key)
                .Select(static label => (JsonNode?)JsonValue.Create($"{label.Key}:{label.Value}")),
        ];
}
