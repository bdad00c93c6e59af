using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>How long tasks were stalled for want of a resource since boot (Linux, Documentation/accounting/psi.rst).</summary>
/// <param name="SomeMicroseconds">Some task was.</param>
/// <param name="FullMicroseconds">All tasks that had work were; <see langword="null"/> where the kernel does not say (processors, before
/// 5.13).</param>
internal sealed record Pressure(long SomeMicroseconds, long? FullMicroseconds)
{
    public const string Processors = "/proc/pressure/cpu";

    public const string Memory = "/proc/pressure/memory";

    public const string Disks = "/proc/pressure/io";

    /// <summary>Reads <c>some avg10=0.00 avg60=0.00 avg300=0.00 total=12345</c> and the same of <c>full</c>; <see langword="null"/> for
    /// nothing: pressure is switched off.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    public static Pressure? Parse(string text)
    {
        long? some = null, full = null;
        foreach ((int number, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line);
            string? total = fields.FirstOrDefault(static field => field.StartsWith("total=", StringComparison.Ordinal));
            if (fields[0] is not ("some" or "full") || !long.TryParse(total?[6..], NumberStyles.None, CultureInfo.InvariantCulture,
                out long microseconds))
            {
                throw Lines.Unexpected("/proc/pressure", number, "'some' or 'full' with a total", line);
            }

            some = fields[0] == "some" ? microseconds : some;
            full = fields[0] == "full" ? microseconds : full;
        }

        return some is { } value ? new Pressure(value, full) : null;
    }

    /// <summary>The part of an interval in which tasks were stalled; <see langword="null"/> if it is not known at one of its
    /// ends.</summary>
    public static PressureMetric? Between(Pressure? before, Pressure? after, double seconds) => before is null || after is null
        || after.SomeMicroseconds < before.SomeMicroseconds
        ? null
        : new PressureMetric
        {
            SomePercent = Percent(before.SomeMicroseconds, after.SomeMicroseconds, seconds),
            FullPercent = before.FullMicroseconds is { } first && after.FullMicroseconds is { } second ? Percent(first, second, seconds)
                : null,
        };

    private static double Percent(long before, long after, double seconds) => Math.Clamp((after - before) / (seconds * 10_000), 0, 100);
}
