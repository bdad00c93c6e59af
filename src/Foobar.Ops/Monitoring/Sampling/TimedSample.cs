namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>A sample with the operator's monotonic clock before and after it was taken.</summary>
/// <param name="Sample">The counters.</param>
/// <param name="Asked">Before it was asked for.</param>
/// <param name="Answered">When it was there.</param>
internal sealed record TimedSample(Sample Sample, TimeSpan Asked, TimeSpan Answered)
{
    /// <summary>
    /// The time between two samples, in seconds: by the server's clock, which was read beside the counters, unless that
    /// can't be true by ours (the clock was set meanwhile); then by ours.
    /// </summary>
    public static double Seconds(TimedSample first, TimedSample second)
    {
        TimeSpan shortest = second.Asked - first.Answered, longest = second.Answered - first.Asked;
        double own = ((second.Asked + second.Answered) - (first.Asked + first.Answered)).TotalSeconds / 2;
        return second.Sample.ClockSeconds - first.Sample.ClockSeconds is { } server
            && server >= shortest.TotalSeconds
            && server <= longest.TotalSeconds
            ? server
            : own;
    }
}
