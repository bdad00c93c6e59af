using System.Text;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.Prometheus;

/// <summary>
/// What a Pushgateway takes (its README): the newest value of each series, without a time, in a group for each server, where a
/// POST replaces what has the same name. So sending again does no harm. An event is a series of the value 1.
/// </summary>
internal sealed class PushgatewayFormat(string site) : ReceiverFormat
{
    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics) =>
        from metric in metrics
        group metric by metric.Server into server
        select Batch(server.Key, [.. server]);

    /// <inheritdoc/>
    protected override IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events) => Write(
        [.. events.Select(static one => new OutgoingMetric("foobar.finding", 1, one.Time, Labels(one)))]);

    /// <summary>Only what names a finding: a Pushgateway keeps each value of a label as a series of its own.</summary>
    private static Dictionary<string, string> Labels(OutgoingEvent one) => one.Attributes
        .Where(static pair => pair.Key is "controlId" or "server" or "target" or "severity" or "status" or "area")
        .ToDictionary(static pair => pair.Key == "controlId" ? "control_id" : pair.Key, static pair => pair.Value);

    private OutgoingBatch Batch(string server, OutgoingMetric[] metrics)
    {
        OutgoingMetric[] newest =
        [
            .. metrics.OrderByDescending(static metric => metric.Time)
                .DistinctBy(static metric => ExpositionText.Line(metric with { Value = 0 }, [], withTime: false))
                .OrderBy(static metric => metric.Name, StringComparer.Ordinal),
        ];
        DateTimeOffset time = newest.Max(static metric => metric.Time);
        OutgoingMetric measured = new(
            "foobar.measured.timestamp.seconds", time.ToUnixTimeMilliseconds() / 1000.0, time, new Dictionary<string, string>());
        string group = $"metrics/job/foobar_ops/{Label("site", site)}{(server.Length > 0 ? $"/{Label("server", server)}" : string.Empty)}";
        string body = string.Concat(
            newest.Append(measured).Select(
                static metric => ExpositionText.Line(metric with { Labels = WithoutServer(metric) }, [], withTime: false) + "\n"));
        return Frame(Guid.NewGuid().ToString(), group, "text/plain; version=0.0.4", body) with
        {
            Entries = metrics.Length,
            Oldest = metrics.Min(static metric => metric.Time),
            Newest = time,
        };
    }

    /// <summary>The group has the label already, and the Pushgateway refuses another value of it.</summary>
    private static Dictionary<string, string> WithoutServer(OutgoingMetric metric) =>
        metric.Labels.Where(static label => label.Key is not ("server" or "site" or "job"))
            .ToDictionary(static label => label.Key, static label => label.Value);

    /// <summary>A label of the group in the path; a value that a path can't hold is written in base64, as the README says.</summary>
    private static string Label(string name, string value) =>
        value.All(static character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_')
        ? $"{name}/{value}"
        : $"{name}@base64/{Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).Replace('+', '-').Replace('/', '_').TrimEnd('=')}";
}
