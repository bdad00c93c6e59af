using System.Text.Json.Nodes;
using Foobar.Ops.Services.Prometheus;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.SumoLogic;

/// <summary>
/// What an HTTP source of Sumo Logic takes ("Upload Metrics to an HTTP Source", "Upload Logs to an HTTP Source"): metrics in
/// Prometheus' text format, not older than 24 hours; events as log messages, one a line. About 1 MB a request.
/// </summary>
internal sealed class SumoLogicSourceFormat(string site) : ReceiverFormat
{
    private const int MostBytes = 900_000;

    /// <inheritdoc/>
    protected override TimeSpan? MetricAge => TimeSpan.FromHours(24);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) => Join(
        metrics.OrderBy(static metric => metric.Time)
            .Select(metric => (ExpositionText.Line(metric, [KeyValuePair.Create("site", site)], withTime: true), metric.Time)),
        (id, entries) =>
            Frame(id, string.Empty, "application/vnd.sumologic.prometheus", entries + "\n") with { Headers = Headers("metrics") },
        "\n",
        MostBytes);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Join(
        events.OrderBy(static one => one.Time).Select(one => (Line(one).ToJsonString(), one.Time)),
        (id, entries) => Frame(id, string.Empty, "application/json", entries + "\n") with { Headers = Headers("findings") },
        "\n",
        MostBytes);

    private (string Name, string Value)[] Headers(string what) =>
        [("X-Sumo-Category", $"foobar-ops/{what}"), ("X-Sumo-Name", $"foobar-ops {what}"), ("X-Sumo-Host", site)];

    private JsonObject Line(OutgoingEvent one)
    {
        // The time stands first: Sumo Logic looks for it at the beginning of a message.
        JsonObject line = new()
        {
            ["timestamp"] = one.Time.ToUnixTimeMilliseconds(),
            ["site"] = site,
            ["level"] = one.Level.ToString().ToLowerInvariant(),
            ["eventId"] = one.Id,
        };
        foreach ((string key, string value) in one.Attributes)
        {
            line.TryAdd(key, JsonValue.Create(value));
        }

        return line;
    }
}
