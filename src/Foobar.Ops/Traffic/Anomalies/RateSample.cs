namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>How many events were counted up to a time.</summary>
/// <param name="Time">When counting ended, in UTC.</param>
/// <param name="Count">The events, at least 0; no whole number where a service gives a rate.</param>
/// <param name="Seconds">How long was counted, above 0.</param>
public readonly record struct RateSample(DateTimeOffset Time, double Count, double Seconds)
{
    /// <summary>Events a second.</summary>
    public double Rate => Count / Seconds;

    /// <summary>The lowest rate that may be true; the rate itself unless told.</summary>
    public double? Lower { get; init; }

    /// <summary>The highest rate that may be true; the rate itself unless told.</summary>
    public double? Upper { get; init; }
}
