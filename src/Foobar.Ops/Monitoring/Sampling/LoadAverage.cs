using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>Runnable and waiting tasks, averaged (proc_loadavg(5)).</summary>
internal sealed record LoadAverage(double One, double Five, double Fifteen)
{
    public const string Source = "/proc/loadavg";

    /// <exception cref="Errors.ParseException">It does not begin with three numbers.</exception>
    public static LoadAverage Parse(string text)
    {
        string[] fields = Lines.Fields(text.Trim());
        return fields.Length >= 3
            && TryLoad(fields[0], out double one)
            && TryLoad(fields[1], out double five)
            && TryLoad(fields[2], out double fifteen)
            ? new LoadAverage(one, five, fifteen)
            : throw Lines.Unexpected(Source, 1, "three averages", text.Trim());
    }

    private static bool TryLoad(string text, out double load) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out load);
}
