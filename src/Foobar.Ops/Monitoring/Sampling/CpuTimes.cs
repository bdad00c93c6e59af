using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>Time of all processors since boot by what it was spent on, in clock ticks (proc_stat(5)).</summary>
internal sealed record CpuTimes
{
    public const string Source = "/proc/stat";

    /// <summary>Programs, niced ones and guests too.</summary>
    public required long User { get; init; }

    /// <summary>The kernel and its interrupts.</summary>
    public required long System { get; init; }

    public required long Idle { get; init; }

    public required long IoWait { get; init; }

    public required long Steal { get; init; }

    public required int Count { get; init; }

    /// <exception cref="Errors.ParseException">The line "cpu" is missing or holds less than four numbers.</exception>
    public static CpuTimes Parse(string text)
    {
        long[]? total = null;
        int count = 0;
        foreach ((int number, string line) in Lines.Of(text).Where(line => line.Text.StartsWith("cpu", StringComparison.Ordinal)))
        {
            string[] fields = Lines.Fields(line);
            count += fields[0].Length > 3 ? 1 : 0;
            total ??= fields[0] == "cpu" ? Numbers(number, line, fields) : null;
        }

        return total is null
            ? throw new Errors.ParseException(null, Source, 0, "expected a line 'cpu' with the times of all processors.")
            : new CpuTimes
            {
                User = total[0] + total[1],
                System = total[2] + total[5] + total[6],
                Idle = total[3],
                IoWait = total[4],
                Steal = total[7],
                Count = count,
            };
    }

    /// <summary>user nice system idle iowait irq softirq steal; kernels before 2.6.11 give fewer.</summary>
    private static long[] Numbers(int number, string line, string[] fields)
    {
        long[] times = new long[8];
        for (int i = 0; i < times.Length && i + 1 < fields.Length; i++)
        {
            times[i] = long.TryParse(fields[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
                && ticks < long.MaxValue / 16
                ? ticks
                : throw Lines.Unexpected(Source, number, "clock ticks", line);
        }

        return fields.Length >= 5 ? times : throw Lines.Unexpected(Source, number, "at least four times", line);
    }
}
