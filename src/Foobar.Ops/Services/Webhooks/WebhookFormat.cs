using System.Text.Json.Nodes;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.Webhooks;

/// <summary>
/// A format of our own for programs that take JSON by POST: <c>{"id", "site", "kind", "entries": [...]}</c>. The id of a batch is
/// the same each time it is sent, and stands in the header <c>Idempotency-Key</c> too, so that a second copy can be told.
/// </summary>
internal sealed class WebhookFormat(string site) : ReceiverFormat
{
    private const int MostBytes = 900_000;

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) => Join(
        metrics.OrderBy(static metric => metric.Time)
            .Select(static metric => (Metric(metric).ToJsonString(), metric.Time)),
        (id, entries) => Batch(id, "metrics", entries),
        ",",
        MostBytes);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Join(
        events.OrderBy(static one => one.Time)
            .Select(static one => (Event(one).ToJsonString(), one.Time)),
        (id, entries) => Batch(id, "findings", entries),
        ",",
        MostBytes);

    private static JsonObject Metric(OutgoingMetric metric) => new()
    {
        ["name"] = metric.Name,
        ["value"] = double.IsFinite(metric.Value) ? metric.Value : null,
        ["unit"] = metric.Unit,
        ["time"] = metric.Time.ToString("O"),
        ["intervalSeconds"] = metric.Interval?.TotalSeconds,
        ["labels"] = Object(metric.Labels),
    };

    private static JsonObject Event(OutgoingEvent one) => new()
    {
        ["id"] = one.Id,
        ["title"] = one.Title,
        ["time"] = one.Time.ToString("O"),
        ["level"] = one.Level.ToString().ToLowerInvariant(),
        ["attributes"] = Object(one.Attributes),
    };

    private OutgoingBatch Batch(string id, string kind, string entries) =>
        Frame(
            id, string.Empty, "application/json",
            $"{{\"id\":\"{id}\",\"site\":{JsonValue.Create(site).ToJsonString()},\"kind\":\"{kind}\",\"entries\":[{entries}]}}") with
        {
            Headers = [("Idempotency-Key", id)],
        };
}
