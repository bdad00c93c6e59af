using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.Otlp;

/// <summary>
/// OTLP/HTTP in its JSON encoding (OpenTelemetry protocol specification 1.x, "OTLP/HTTP" and "JSON Protobuf Encoding": names in
/// lowerCamelCase, 64-bit integers as text). Metrics go to <c>v1/metrics</c>, events as log records to <c>v1/logs</c>.
/// </summary>
internal sealed class OtlpFormat(string site) : ReceiverFormat
{
    private const int MostBytes = 900_000;
    private const int Delta = 1;

    /// <summary>All other statuses must not be repeated ("Failures").</summary>
    public override IReadOnlyList<int>? TransientStatuses => [429, 502, 503, 504];

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) => Join(
        metrics.OrderBy(static metric => metric.Time).Select(static metric => (Metric(metric).ToJsonString(), metric.Time)),
        (id, entries) => Frame(
            id,
            "v1/metrics",
            "application/json",
            $"{{\"resourceMetrics\":[{{\"resource\":{Resource()},\"scopeMetrics\":[{{\"scope\":{{\"name\":\"Foobar.Ops\"}},\"metrics\":[{entries}]}}]}}]}}"),
        ",",
        MostBytes);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Join(
        events.OrderBy(static one => one.Time).Select(static one => (Record(one).ToJsonString(), one.Time)),
        (id, entries) => Frame(
            id,
            "v1/logs",
            "application/json",
            $"{{\"resourceLogs\":[{{\"resource\":{Resource()},\"scopeLogs\":[{{\"scope\":{{\"name\":\"Foobar.Ops\"}},\"logRecords\":[{entries}]}}]}}]}}"),
        ",",
        MostBytes);

    /// <summary>A receiver may refuse a part; that part must not be sent again ("Partial Success").</summary>
    public override (long Refused, string Why) ReadAnswer(ServiceAnswer answer) =>
        answer.Body.Length == 0 ? (0, string.Empty) : answer.Read("OTLP/HTTP", static body =>
    {
        JsonElement? partial = body.Maybe("partialSuccess");
        string count = (partial?.Maybe("rejectedDataPoints") ?? partial?.Maybe("rejectedLogRecords"))?.ToString() ?? "0";
        return (
            long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out long refused) ? refused : 0,
            partial?.Text("errorMessage") ?? string.Empty);
    });

    private static JsonObject Metric(OutgoingMetric metric)
    {
        JsonObject point = new()
        {
            ["attributes"] = Attributes(metric.Labels),
            ["timeUnixNano"] = Nanoseconds(metric.Time),
            ["asDouble"] = metric.Value,
        };
        JsonObject one = new() { ["name"] = metric.Name };
        if (metric.Unit.Length > 0)
        {
            one["unit"] = metric.Unit;
        }

        if (metric.Interval is { } interval)
        {
            point["startTimeUnixNano"] = Nanoseconds(metric.Time - interval);
            one["sum"] = new JsonObject
            {
                ["dataPoints"] = new JsonArray(point),
                ["aggregationTemporality"] = Delta,
                ["isMonotonic"] = true,
            };
        }
        else
        {
            one["gauge"] = new JsonObject { ["dataPoints"] = new JsonArray(point) };
        }

        return one;
    }

    private static JsonObject Record(OutgoingEvent one) => new()
    {
        ["timeUnixNano"] = Nanoseconds(one.Time),
        ["severityNumber"] = one.Level switch { EventLevel.Error => 17, EventLevel.Warning => 13, _ => 9 },
        ["severityText"] = one.Level switch { EventLevel.Error => "ERROR", EventLevel.Warning => "WARN", _ => "INFO" },
        ["body"] = new JsonObject { ["stringValue"] = one.Title },
        ["attributes"] = Attributes(one.Attributes.Append(KeyValuePair.Create("event.id", one.Id))),
        ["eventName"] = "foobar.finding",
    };

    private static string Nanoseconds(DateTimeOffset time) =>
        ((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100).ToString(CultureInfo.InvariantCulture);

    private static JsonArray Attributes(IEnumerable<KeyValuePair<string, string>> attributes) =>
        [
            .. attributes.Select(
                static pair =>
                    (JsonNode?)new JsonObject { ["key"] = pair.Key, ["value"] = new JsonObject { ["stringValue"] = pair.Value } }),
        ];

    private string Resource() => new JsonObject
    {
        ["attributes"] = Attributes([KeyValuePair.Create("service.name", "foobar-ops"), KeyValuePair.Create("service.namespace", site)]),
    }.ToJsonString();
}
