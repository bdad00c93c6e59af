using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>What was known of a counter at one reading.</summary>
/// <param name="Asked">The clock before the reading.</param>
/// <param name="Answered">The clock after it.</param>
/// <param name="Counted">What it is known to have counted since its first reading.</param>
/// <param name="Unseen">For how long in all it may have counted unseen.</param>
/// <param name="Besides">What it may have counted besides all that.</param>
/// <param name="Doubtful">How much of it may be readings that failed.</param>
/// <param name="Parts">Its parts, counted as it is.</param>
internal readonly record struct CountPoint(
    TimeSpan Asked, TimeSpan Answered, long Counted, TimeSpan Unseen, double Besides, double Doubtful, Dictionary<TrafficPart, long> Parts)
{
    /// <summary>The best guess at when the counter was read.</summary>
    public TimeSpan Middle => (Asked + Answered) / 2;

    /// <summary>What is known at a later moment that no reading follows.</summary>
    public CountPoint Until(TimeSpan moment) => moment > Asked ? this with { Unseen = Unseen + (moment - Asked) } : this;
}
