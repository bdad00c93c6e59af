using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>Counts samples in the Prometheus text format (prometheus.io, "Exposition formats").</summary>
internal static class ExporterText
{
    /// <exception cref="Errors.ParseException">There is no sample: the port answers, but not with metrics.</exception>
    public static int CountSamples(string text)
    {
        int samples = Lines.Of(text).Count(line => IsSample(line.Text));
        return samples > 0 ? samples : throw new Errors.ParseException(null, "/metrics", 0, "expected samples in the Prometheus text format, found none.");
    }

    /// <summary>A metric's name, labels perhaps, and a value.</summary>
    private static bool IsSample(string line) =>
        (char.IsAsciiLetter(line[0]) || line[0] is '_' or ':') && line.LastIndexOf(' ') is > 0 and int blank
        && (double.TryParse(line.AsSpan(blank + 1), System.Globalization.CultureInfo.InvariantCulture, out _) || line.EndsWith("Inf", StringComparison.Ordinal) || line.EndsWith("NaN", StringComparison.Ordinal));
}
