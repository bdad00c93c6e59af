using System.Text.Json;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>Reads what an agent answers of itself.</summary>
internal static class StatusReader
{
    /// <summary>The answer.</summary>
    /// <exception cref="ParseException">It is not of the form that the table names.</exception>
    public static ExporterAnswer Read(StatusPlace place, string url, double milliseconds, string text) =>
        place.Format == "json" ? Json(place, url, milliseconds, text) : Prometheus(place, url, milliseconds, text);

    private static ExporterAnswer Prometheus(StatusPlace place, string url, double milliseconds, string text)
    {
        IReadOnlyList<ExporterSample> samples = ExporterText.Parse(text);
        double? last = Greatest(samples, place.LastSent);
        return new ExporterAnswer(url, samples.Count, milliseconds)
        {
            Version = samples.FirstOrDefault(static sample => sample.Metric.EndsWith("_build_info", StringComparison.Ordinal)
                && sample.Metric != "go_build_info" && sample.Label("version") is { Length: > 0 })?.Label("version"),
            IsHealthy = place.Healthy is null ? null : samples.FirstOrDefault(sample => sample.Metric == place.Healthy) is { } healthy
                ? healthy.Value >= 1 : null,
            Sent = Sum(samples, place.Sent),
            Failed = Sum(samples, place.Failed),
            LastSent = last is > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeMilliseconds((long)(last.Value * 1000)) : null,
        };
    }

    private static ExporterAnswer Json(StatusPlace place, string url, double milliseconds, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return new ExporterAnswer(url, 0, milliseconds) { Sent = Sum(document.RootElement, place.Sent),
                Failed = Sum(document.RootElement, place.Failed) };
        }
        catch (JsonException error)
        {
            throw new ParseException(null, url, (int)(error.LineNumber ?? 0) + 1, "expected JSON.");
        }
    }

    private static double? Sum(IReadOnlyList<ExporterSample> samples, IReadOnlyList<string> metrics)
    {
        double[] values = [.. samples.Where(sample => metrics.Contains(sample.Metric) && double.IsFinite(sample.Value))
            .Select(static sample => sample.Value)];
        return values.Length == 0 ? null : values.Sum();
    }

    private static double? Greatest(IReadOnlyList<ExporterSample> samples, IReadOnlyList<string> metrics)
    {
        double[] values = [.. samples.Where(sample => metrics.Contains(sample.Metric) && double.IsFinite(sample.Value))
            .Select(static sample => sample.Value)];
        return values.Length == 0 ? null : values.Max();
    }

    private static double? Sum(JsonElement root, IReadOnlyList<string> paths)
    {
        double? sum = null;
        foreach (string path in paths)
        {
            JsonElement at = root;
            bool found = path.Split('.').All(name => at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out at));
            sum = found && at.ValueKind == JsonValueKind.Number ? (sum ?? 0) + at.GetDouble() : sum;
        }

        return sum;
    }
}
