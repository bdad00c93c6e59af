using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>A sample in the Prometheus text format: its metric, the text of its labels, and its value.</summary>
internal sealed record ExporterSample(string Metric, string Labels, double Value);

/// <summary>Reads samples in the Prometheus text format (prometheus.io, "Exposition formats").</summary>
internal static class ExporterText
{
    /// <summary>The samples.</summary>
    /// <exception cref="Errors.ParseException">There is none: the port answers, but not with metrics.</exception>
    public static IReadOnlyList<ExporterSample> Parse(string text)
    {
        ExporterSample[] samples = [.. Lines.Of(text).Select(static line => Sample(line.Text)).OfType<ExporterSample>()];
        return samples.Length > 0
            ? samples
            : throw new Errors.ParseException(null, "/metrics", 0, "expected samples in the Prometheus text format, found none.");
    }

    /// <summary>The value of a label; <see langword="null"/> if the sample has none of that name.</summary>
    public static string? Label(this ExporterSample sample, string name)
    {
        string mark = name + "=\"";
        int at = sample.Labels.IndexOf(mark, StringComparison.Ordinal);

        // goversion="..." is not version="...".
        while (at > 0 && sample.Labels[at - 1] is not (',' or ' '))
        {
            at = sample.Labels.IndexOf(mark, at + 1, StringComparison.Ordinal);
        }

        int end = at < 0 ? -1 : sample.Labels.IndexOf('"', at + mark.Length);
        return end < 0 ? null : sample.Labels[(at + mark.Length)..end];
    }

    // A metric's name, labels perhaps, a value, and a time in milliseconds perhaps.
    private static ExporterSample? Sample(string line)
    {
        if (!char.IsAsciiLetter(line[0]) && line[0] is not ('_' or ':'))
        {
            return null;
        }

        int open = line.IndexOf('{', StringComparison.Ordinal), close = line.LastIndexOf('}');
        bool hasLabels = open > 0 && close > open;
        string[] rest = Lines.Fields(hasLabels ? line[(close + 1)..] : line);
        string? value = hasLabels ? rest.FirstOrDefault() : rest.ElementAtOrDefault(1);
        string metric = hasLabels ? line[..open].Trim() : rest[0];
        return value is not null && Number(value) is { } number && !metric.Contains(' ', StringComparison.Ordinal)
            ? new ExporterSample(metric, hasLabels ? line[(open + 1)..close] : "", number)
            : null;
    }

    private static double? Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" or "Nan" => double.NaN,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null,
    };
}
