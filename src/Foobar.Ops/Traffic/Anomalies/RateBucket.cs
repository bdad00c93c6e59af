namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>What was counted within a stretch of time: one line of a history.</summary>
/// <param name="Start">Where the stretch begins, in UTC.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Count">The events.</param>
/// <param name="Seconds">For how long of it was counted.</param>
public readonly record struct RateBucket(DateTimeOffset Start, TimeSpan Length, double Count, double Seconds)
{
    /// <summary>Events a second.</summary>
    public double Rate => Count / Seconds;
}
