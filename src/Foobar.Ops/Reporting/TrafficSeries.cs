using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Reporting;

/// <summary>A rate over time.</summary>
/// <param name="Server">The server; empty for a log file and for a service that doesn't tell.</param>
/// <param name="Origin">Where it was counted.</param>
/// <param name="Name">Which counter.</param>
/// <param name="Points">What was counted, by time.</param>
public sealed record TrafficSeries(string Server, TrafficOrigin Origin, string Name, IReadOnlyList<TrafficPoint> Points)
{
    /// <summary>
    /// The samples of one counter each as a series, in the order in which the counters come; statements by kind are left out.
    /// </summary>
    public static IReadOnlyList<TrafficSeries> Of(IEnumerable<TrafficRate> samples) =>
    [
        .. samples.Where(static rate => rate.Unit != TrafficUnit.Statements || rate.Name == "Questions")
            .GroupBy(RateSeries.Of)
            .Select(
                static series => new TrafficSeries(
                    series.Key.Server, series.Key.Origin, series.Key.Name, [.. series.Select(PointOf).OrderBy(point => point.Time)])),
    ];

    /// <summary>What a history kept of a counter.</summary>
    public static TrafficSeries Of(RateSeries series, IEnumerable<RateBucket> buckets) => new(
        series.Server,
        series.Origin,
        series.Name,
        [
            .. buckets.OrderBy(bucket => bucket.Start)
                .Select(bucket => new TrafficPoint(bucket.Start + bucket.Length, bucket.Length.TotalSeconds, bucket.Rate, null, null)),
        ]);

    /// <summary>Series with those of one counter joined.</summary>
    public static IReadOnlyList<TrafficSeries> Join(IEnumerable<TrafficSeries> series) =>
    [
        .. series.GroupBy(one => (one.Server, one.Origin, one.Name))
            .Select(
                same => new TrafficSeries(
                    same.Key.Server, same.Key.Origin, same.Key.Name,
                    [.. same.SelectMany(one => one.Points).DistinctBy(point => point.Time).OrderBy(point => point.Time)])),
    ];

    private static TrafficPoint PointOf(TrafficRate rate) =>
        new(rate.End, rate.WindowSeconds, rate.Rate, rate.Lower, rate.Upper) { IsAnomaly = rate.Expected?.IsAnomaly ?? false };
}

/// <summary>A rate within one window.</summary>
/// <param name="Time">When the window ended, in UTC.</param>
/// <param name="Seconds">How long it was.</param>
/// <param name="Rate">Events a second; <see langword="null"/> where nothing could be counted.</param>
/// <param name="Lower">The rate was at least this; <see langword="null"/> if no bound is known.</param>
/// <param name="Upper">The rate was at most this; <see langword="null"/> if no bound is known.</param>
public sealed record TrafficPoint(DateTimeOffset Time, double Seconds, double? Rate, double? Lower, double? Upper)
{
    /// <summary>Whether it was judged as an anomaly.</summary>
    public bool IsAnomaly { get; init; }
}
