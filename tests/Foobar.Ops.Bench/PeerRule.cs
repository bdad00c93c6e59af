using Foobar.Ops.Tests.Traffic.Anomalies;

namespace Foobar.Ops.Bench;

/// <summary>A rule that users write today, as a function of a series of minutes.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Thresholds">The thresholds to try.</param>
/// <param name="Flags">Above 0 for too much, below 0 for too little, each minute.</param>
internal sealed record PeerRule(string Name, IReadOnlyList<double> Thresholds, Func<SyntheticTraffic, double, int[]> Flags)
{
    private const int Hour = 60, Day = 24 * Hour;

    public static IReadOnlyList<PeerRule> All { get; } =
    [
        new("z-score over a day", [2, 2.5, 3, 4, 5, 6], static (traffic, limit) => ZScore(traffic, Day, limit)),
        new("z-score over an hour", [3, 4, 5, 6, 8, 10, 14], static (traffic, limit) => ZScore(traffic, Hour, limit)),
        new("holt_winters(x[1h], 0.5, 0.1)", [0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1], HoltWinters),
        new("quantile_over_time of a day", [1.05, 1.2, 1.5, 2, 3], static (traffic, factor) => Quantiles(traffic, factor)),
        new("the same minute a week ago", [0.2, 0.3, 0.4, 0.5, 0.7, 1], static (traffic, share) => WeekAgo(traffic, share)),
    ];

    // abs(x - avg_over_time(x[w])) > limit * stddev_over_time(x[w])
    private static int[] ZScore(SyntheticTraffic traffic, int window, double limit)
    {
        double sum = 0, squares = 0;
        int number = 0;
        int[] flags = new int[traffic.Minutes.Count];
        for (int minute = 0; minute < flags.Length; minute++)
        {
            if (traffic.Minutes[minute].Count is { } count && number > window / 2)
            {
                double mean = sum / number, deviation = Math.Sqrt(Math.Max(0, (squares / number) - (mean * mean)));
                flags[minute] = count > mean + (limit * deviation) ? 1 : count < mean - (limit * deviation) ? -1 : 0;
            }

            Add(traffic.Minutes[minute].Count, 1);
            Add(minute >= window ? traffic.Minutes[minute - window].Count : null, -1);
        }

        return flags;

        void Add(double? count, int times)
        {
            (sum, squares, number) = count is { } seen
                ? (sum + (times * seen), squares + (times * seen * seen), number + times)
                : (sum, squares, number);
        }
    }

    // abs(x / holt_winters(x[1h], 0.5, 0.1) - 1) > share, with the range up to the minute before; Prometheus' funcHoltWinters:
    // the level starts at the first sample, the trend at the difference of the first two.
    private static int[] HoltWinters(SyntheticTraffic traffic, double share)
    {
        const double Smoothing = 0.5, Trend = 0.1;
        int[] flags = new int[traffic.Minutes.Count];
        for (int minute = Hour; minute < flags.Length; minute++)
        {
            double level = double.NaN, trend = double.NaN;
            for (int at = minute - Hour; at < minute; at++)
            {
                if (traffic.Minutes[at].Count is not { } seen)
                {
                    continue;
                }

                if (double.IsNaN(level))
                {
                    level = seen;
                    continue;
                }

                trend = double.IsNaN(trend) ? seen - level : trend;
                double next = (Smoothing * seen) + ((1 - Smoothing) * (level + trend));
                trend = (Trend * (next - level)) + ((1 - Trend) * trend);
                level = next;
            }

            flags[minute] = traffic.Minutes[minute].Count is { } count && !double.IsNaN(trend)
                ? count > level * (1 + share) ? 1 : count < level * (1 - share) ? -1 : 0
                : 0;
        }

        return flags;
    }

    // x > factor * quantile_over_time(0.99, x[1d]) or x < quantile_over_time(0.01, x[1d]) / factor
    private static int[] Quantiles(SyntheticTraffic traffic, double factor)
    {
        int[] flags = new int[traffic.Minutes.Count];
        List<double> window = [];
        for (int minute = 0; minute < flags.Length; minute++)
        {
            if (traffic.Minutes[minute].Count is { } count)
            {
                if (window.Count > Day / 2)
                {
                    flags[minute] = count > factor * window[(int)(0.99 * (window.Count - 1))]
                        ? 1
                        : count < window[(int)(0.01 * (window.Count - 1))] / factor ? -1 : 0;
                }

                int place = window.BinarySearch(count);
                window.Insert(place < 0 ? ~place : place, count);
            }

            if (minute >= Day && traffic.Minutes[minute - Day].Count is { } old)
            {
                window.RemoveAt(window.BinarySearch(old));
            }
        }

        return flags;
    }

    // abs(x / (x offset 1w) - 1) > share
    private static int[] WeekAgo(SyntheticTraffic traffic, double share)
    {
        int[] flags = new int[traffic.Minutes.Count];
        for (int minute = SyntheticTraffic.Week; minute < flags.Length; minute++)
        {
            if (traffic.Minutes[minute].Count is { } count && traffic.Minutes[minute - SyntheticTraffic.Week].Count is { } old)
            {
                flags[minute] = count > old * (1 + share) ? 1 : count < old * (1 - share) ? -1 : 0;
            }
        }

        return flags;
    }
}
