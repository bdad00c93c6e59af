using System.Globalization;

namespace Foobar.Ops.Services.Counting;

/// <summary>
/// From the raw samples of a counter to its increase within a window. Prometheus' own <c>increase()</c> extrapolates from the
/// samples inside to the edges, which is off by up to a quarter over a window of few samples; here the samples around each
/// edge bound what the counter was there. A decrease is a reset: what was counted after the last sample before it is lost.
/// </summary>
internal static class CounterSamples
{
    /// <summary>Counts.</summary>
    /// <param name="series">The series; its samples should reach over both edges of the window.</param>
    /// <param name="window">The window.</param>
    /// <param name="reading">How long after its time stamp a sample may have been read: a scrape's duration.</param>
    public static WindowCount Increase(MetricSeries series, CountWindow window, TimeSpan reading = default)
    {
        (SeriesPoint[] points, SeriesPoint? reset) = Continuous(
            [.. series.Points.Where(static point => double.IsFinite(point.Value))], window);
        DateTimeOffset earliestStart = window.Start - window.Uncertainty;
        DateTimeOffset latestStart = window.Start + window.Uncertainty;
        DateTimeOffset earliestEnd = window.End - window.Uncertainty;
        DateTimeOffset latestEnd = window.End + window.Uncertainty;

        // A sample with the time stamp t was read between t and t + reading.
        double? beforeStart = LastAt(points, earliestStart - reading);
        double? afterStart = FirstAt(points, latestStart);
        double? beforeEnd = LastAt(points, earliestEnd - reading);
        double? afterEnd = FirstAt(points, latestEnd);
        double lower = beforeEnd is { } least && afterStart is { } most ? Math.Max(0, least - most) : 0;
        double? upper = afterEnd is { } last && beforeStart is { } first && reset is null ? last - first : null;
        double estimate = points.Length == 0
            ? double.NaN
            : Math.Max(lower, Interpolate(points, window.End) - Interpolate(points, window.Start));
        return new WindowCount(series.Name, estimate, lower, upper)
        {
            Note = points.Length == 0 ? "There is no sample in or around the window."
                : reset is { } at ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The counter was reset before {at.Time:HH:mm:ss} UTC; what it counted between the last sample before that and the reset is lost.")
                : beforeStart is null ? "There is no sample before the window: the counter is new, or was not scraped."
                : afterEnd is null ? "There is no sample after the window yet."
                : null,
        };
    }

    /// <summary>The samples with resets taken out, so that they never decrease, and the last reset around the window.</summary>
    private static (SeriesPoint[] Points, SeriesPoint? Reset) Continuous(SeriesPoint[] raw, CountWindow window)
    {
        double offset = 0;
        SeriesPoint? reset = null;
        List<SeriesPoint> points = [];
        for (int index = 0; index < raw.Length; index++)
        {
            if (index > 0 && raw[index].Value < raw[index - 1].Value)
            {
                offset += raw[index - 1].Value;

                // Only one between samples that touch the window matters: others lie in the past.
                if (raw[index].Time >= window.Start - window.Uncertainty && raw[index - 1].Time <= window.End + window.Uncertainty)
                {
                    reset = raw[index];
                }
            }

            points.Add(raw[index] with { Value = raw[index].Value + offset });
        }

        return ([.. points], reset);
    }

    private static double? LastAt(SeriesPoint[] points, DateTimeOffset time)
    {
        int index = Array.FindLastIndex(points, point => point.Time <= time);
        return index < 0 ? null : points[index].Value;
    }

    private static double? FirstAt(SeriesPoint[] points, DateTimeOffset time)
    {
        int index = Array.FindIndex(points, point => point.Time >= time);
        return index < 0 ? null : points[index].Value;
    }

    /// <summary>The counter's likely value at a time: on the line between the samples around it; beyond them, the nearest.</summary>
    private static double Interpolate(SeriesPoint[] points, DateTimeOffset time)
    {
        int after = Array.FindIndex(points, point => point.Time >= time);
        if (after < 0)
        {
            return points[^1].Value;
        }

        if (after == 0 || points[after].Time == time)
        {
            return points[after].Value;
        }

        SeriesPoint before = points[after - 1];
        return before.Value + ((points[after].Value - before.Value) * ((time - before.Time) / (points[after].Time - before.Time)));
    }
}
