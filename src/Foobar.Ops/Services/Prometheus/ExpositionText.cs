using System.Globalization;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Services.Prometheus;

/// <summary>Writes Prometheus' text format (prometheus.io, "Exposition formats", version 0.0.4).</summary>
internal static class ExpositionText
{
    /// <summary>A sample as a line, without its end.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="more">Labels besides its own.</param>
    /// <param name="withTime">Whether its time stands there, in milliseconds.</param>
    public static string Line(OutgoingMetric metric, IEnumerable<KeyValuePair<string, string>> more, bool withTime)
    {
        string labels = string.Join(
            ',',
            metric.Labels.Concat(more)
                .DistinctBy(static label => Name(label.Key))
                .Select(static label => $"{Name(label.Key)}=\"{Escape(label.Value)}\""));
        string time = withTime ? string.Create(CultureInfo.InvariantCulture, $" {metric.Time.ToUnixTimeMilliseconds()}") : string.Empty;
        return $"{Name(metric.Name)}{{{labels}}} {Number(metric.Value)}{time}";
    }

    /// <summary>A name as Prometheus allows it: letters, digits and <c>_</c>.</summary>
    public static string Name(string name)
    {
        string allowed = string.Concat(
            name.Select(static character => char.IsAsciiLetterOrDigit(character) || character == '_' ? character : '_'));
        return allowed.Length == 0 || char.IsAsciiDigit(allowed[0]) ? "_" + allowed : allowed;
    }

    private static string Number(double value) => double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
}
