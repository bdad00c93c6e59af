using System.Globalization;
using System.Text.Json.Nodes;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.NewRelic;

/// <summary>
/// What New Relic takes: metrics by the Metric API (at most 1 MB, not older than 48 hours), events by the Event API (at most
/// 1 MB and 2,000 events, not older than 24 hours). Both check after they answered: see <c>NrIntegrationError</c> there.
/// </summary>
internal sealed class NewRelicFormat(string site, long account) : ReceiverFormat
{
    private const int LongestValue = 4096;

    /// <inheritdoc/>
    protected override TimeSpan? MetricAge => TimeSpan.FromHours(48);

    /// <inheritdoc/>
    protected override TimeSpan? EventAge => TimeSpan.FromHours(24);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) => Join(
        metrics.OrderBy(static metric => metric.Time).Select(metric => (Metric(metric).ToJsonString(), metric.Time)),
        (id, entries) => Frame(
            id, "metric/v1", "application/json",
            $"[{{\"common\":{{\"attributes\":{Common().ToJsonString()}}},\"metrics\":[{entries}]}}]") with
        {
            Door = "metric-api",

            // The API tells a batch that was sent again by it ("Metric API headers").
            Headers = [("x-request-id", id)],
        },
        ",",
        mostBytes: 900_000);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Join(
        events.OrderBy(static one => one.Time).Select(one => (Event(one).ToJsonString(), one.Time)),
        (id, entries) => Frame(
            id, string.Create(CultureInfo.InvariantCulture, $"v1/accounts/{account}/events"), "application/json", $"[{entries}]") with
        {
            Door = "insights-collector",
        },
        ",",
        mostBytes: 900_000,
        mostEntries: 2_000);

    /// <summary>Each API has a host of its own, in the account's region.</summary>
    public override Uri AddressOf(Uri root, OutgoingBatch batch)
    {
        Uri address = base.AddressOf(root, batch);
        string? host = (address.Host, batch.Door) switch
        {
            ("api.newrelic.com", _) => $"{batch.Door}.newrelic.com",
            ("api.eu.newrelic.com", "insights-collector") => "insights-collector.eu01.nr-data.net",
            ("api.eu.newrelic.com", _) => $"{batch.Door}.eu.newrelic.com",
            _ => null,
        };
        return host is null ? address : new UriBuilder(address) { Host = host }.Uri;
    }

    /// <inheritdoc/>
    public override (long Refused, string Why) ReadAnswer(ServiceAnswer answer) =>
        answer.Body.Length > 0
            && answer.Read("New Relic's Event API", static body => body.Maybe("success")?.ValueKind == System.Text.Json.JsonValueKind.False)
            ? (1, answer.Text)
            : (0, string.Empty);

    private static JsonObject Metric(OutgoingMetric metric)
    {
        JsonObject one = new()
        {
            ["name"] = metric.Name,
            ["type"] = metric.Interval is null ? "gauge" : "count",
            ["value"] = metric.Value,
            ["timestamp"] = (metric.Time - (metric.Interval ?? TimeSpan.Zero)).ToUnixTimeMilliseconds(),
            ["attributes"] = Object(metric.Labels),
        };
        if (metric.Interval is { } interval)
        {
            one["interval.ms"] = Math.Max(1, (long)interval.TotalMilliseconds);
        }

        return one;
    }

    private JsonObject Common() => new() { ["site"] = site, ["instrumentation.provider"] = "foobar-ops" };

    private JsonObject Event(OutgoingEvent one)
    {
        JsonObject written = Object(
            one.Attributes.Select(
                static pair => KeyValuePair.Create(pair.Key, pair.Value.Length <= LongestValue ? pair.Value : pair.Value[..LongestValue])));
        written["eventType"] = "FoobarFinding";
        written["timestamp"] = one.Time.ToUnixTimeMilliseconds();
        written["site"] = site;
        written["eventId"] = one.Id;
        written["level"] = one.Level.ToString().ToLowerInvariant();
        return written;
    }
}
