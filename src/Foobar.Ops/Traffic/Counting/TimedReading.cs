using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>A reading with the operator's monotonic clock before and after it.</summary>
/// <param name="Reading">The counters.</param>
/// <param name="Asked">The clock before they were asked for.</param>
/// <param name="Answered">The clock when they were there. They are of some moment between.</param>
/// <param name="Failed">How many attempts before failed, each of which may have been counted as traffic.</param>
internal sealed record TimedReading(CounterReading Reading, TimeSpan Asked, TimeSpan Answered, int Failed = 0);
