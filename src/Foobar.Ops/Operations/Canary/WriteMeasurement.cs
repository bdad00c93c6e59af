using System.Diagnostics;

namespace Foobar.Ops.Operations.Canary;

/// <summary>How writes through the application's own path fared for a while.</summary>
public sealed record WriteMeasurement
{
    /// <summary>Where was written: <c>192.0.2.10:3306 on lb-01</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>When the first write was sent, in UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>From the first write's sending to the last one's end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How often was written.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Writes that were acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Writes that failed. Those that were refused as well as those whose answer was lost.</summary>
    public required long Failed { get; init; }

    /// <summary>The share of the time outside interruptions, in percent.</summary>
    public required double AvailabilityPercent { get; init; }

    /// <summary>
    /// The median time from sending a write to its acknowledgement, over writes on a standing connection and new ones alike.
    /// </summary>
    public required TimeSpan LatencyMedian { get; init; }

    /// <summary>The time that 99 of 100 acknowledged writes took at most.</summary>
    public required TimeSpan LatencyP99 { get; init; }

    /// <summary>The longest time between two acknowledged writes: the write gap.</summary>
    public required TimeSpan Gap { get; init; }

    /// <summary>
    /// How exactly the gap is known: the interval and what the first write after it took, connecting included. The application's own may
    /// have been shorter by this.
    /// </summary>
    public required TimeSpan Resolution { get; init; }

    /// <summary>When the last write before the gap was acknowledged, in UTC; <see langword="null"/> if fewer than two were.</summary>
    public DateTimeOffset? LastBeforeGap { get; init; }

    /// <summary>When the first write after the gap was acknowledged, in UTC; <see langword="null"/> if fewer than two were.</summary>
    public DateTimeOffset? FirstAfterGap { get; init; }

    /// <summary>The times in which writes failed, in order.</summary>
    public required IReadOnlyList<WriteInterruption> Interruptions { get; init; }

    /// <summary>How late the writes arrived on each replica; empty where that was not looked at.</summary>
    public IReadOnlyList<ReplicaDelay> ReplicaDelays { get; init; } = [];

    /// <summary>Acknowledged writes that are not in the database; <see langword="null"/> if it could not be asked afterwards.</summary>
    public long? Lost { get; init; }

    /// <summary>Acknowledged writes that are there more than once; <see langword="null"/> if it could not be asked afterwards.</summary>
    public long? Doubled { get; init; }

    /// <summary>Computes it from what a canary did.</summary>
    /// <param name="endpoint">Where was written.</param>
    /// <param name="writes">The writes, in order of their sending.</param>
    /// <param name="interval">How often was written.</param>
    /// <param name="clock">What the timestamps mean.</param>
    /// <param name="account">What became of the acknowledged ones; <see langword="null"/> if unknown.</param>
    /// <param name="window">The time that the gap must touch; <see langword="null"/> for any.</param>
    internal static WriteMeasurement Of(
        string endpoint,
        IReadOnlyList<CanaryWrite> writes,
        TimeSpan interval,
        CanaryClock clock,
        CanaryAccount? account,
        (long From, long To)? window = null)
    {
        CanaryWrite[] good = [.. writes.Where(write => write.IsAcknowledged)];
        TimeSpan duration = writes.Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(writes[0].Sent, writes[^1].Ended);
        IReadOnlyList<WriteInterruption> interruptions = WriteInterruption.Of(writes, clock);
        // The first one had to connect before anything was measured: no gap holds that.
        TimeSpan[] latencies =
        [
            .. (good.Length > 1 ? good.Skip(1) : good).Select(write => Stopwatch.GetElapsedTime(write.Sent, write.Ended)).Order(),
        ];
        (CanaryWrite Last, CanaryWrite First)? gap = Longest(good, window ?? (long.MinValue, long.MaxValue));
        TimeSpan median = latencies.Length > 0 ? latencies[latencies.Length / 2] : TimeSpan.Zero;
        return new()
        {
            Endpoint = endpoint,
            Started = clock.At(writes.Count == 0 ? clock.Timestamp : writes[0].Sent),
            Duration = duration,
            Interval = interval,
            Acknowledged = good.Length,
            Failed = writes.Count - good.Length,
            AvailabilityPercent = duration > TimeSpan.Zero
                ? Math.Max(0, 100 * (1 - (interruptions.Sum(one => one.Duration.TotalSeconds) / duration.TotalSeconds)))
                : 0,
            LatencyMedian = median,
            LatencyP99 = latencies.Length > 0 ? latencies[(int)(latencies.Length * 0.99)] : TimeSpan.Zero,
            Gap = gap is { } longest ? Stopwatch.GetElapsedTime(longest.Last.Ended, longest.First.Ended) : TimeSpan.Zero,
            Resolution = interval + (gap is { } seen ? Stopwatch.GetElapsedTime(seen.First.Sent, seen.First.Ended) : median),
            LastBeforeGap = gap is { } before ? clock.At(before.Last.Ended) : null,
            FirstAfterGap = gap is { } after ? clock.At(after.First.Ended) : null,
            Interruptions = interruptions,
            Lost = account?.Lost,
            Doubled = account?.Doubled,
        };
    }

    private static (CanaryWrite Last, CanaryWrite First)? Longest(CanaryWrite[] good, (long From, long To) window)
    {
        (CanaryWrite Last, CanaryWrite First)[] pairs =
        [
            .. good.Zip(good.Skip(1)).Where(pair => pair.Second.Ended >= window.From && pair.First.Ended <= window.To),
        ];
        return pairs.Length == 0 ? null : pairs.MaxBy(pair => pair.First.Ended - pair.Last.Ended);
    }
}

/// <summary>A time in which writes failed.</summary>
public sealed record WriteInterruption
{
    /// <summary>When the last write before it was acknowledged, in UTC; <see langword="null"/> if none was.</summary>
    public DateTimeOffset? LastAcknowledged { get; init; }

    /// <summary>When the first write after it was acknowledged, in UTC; <see langword="null"/> if none was.</summary>
    public DateTimeOffset? FirstAcknowledged { get; init; }

    /// <summary>From the one to the other; from the first or to the last try where there is none.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Writes that failed in it.</summary>
    public required long Failed { get; init; }

    /// <summary>Why the first of them failed.</summary>
    public required string Error { get; init; }

    /// <summary>The interruptions among writes: each run of failed ones between two acknowledged ones.</summary>
    internal static IReadOnlyList<WriteInterruption> Of(IReadOnlyList<CanaryWrite> writes, CanaryClock clock)
    {
        List<WriteInterruption> found = [];
        for (int index = 0; index < writes.Count; index++)
        {
            if (writes[index].IsAcknowledged)
            {
                continue;
            }

            int first = index;
            while (index + 1 < writes.Count && !writes[index + 1].IsAcknowledged)
            {
                index++;
            }

            CanaryWrite? before = first > 0 ? writes[first - 1] : null;
            CanaryWrite? after = index + 1 < writes.Count ? writes[index + 1] : null;
            found.Add(new()
            {
                LastAcknowledged = before is { } last ? clock.At(last.Ended) : null,
                FirstAcknowledged = after is { } next ? clock.At(next.Ended) : null,
                Duration = Stopwatch.GetElapsedTime(before?.Ended ?? writes[first].Sent, after?.Ended ?? writes[index].Ended),
                Failed = index - first + 1,
                Error = writes[first].Error!,
            });
        }

        return found;
    }
}

/// <summary>What a <see cref="Stopwatch"/> timestamp means on the calendar: both read at one moment.</summary>
/// <param name="Timestamp">The timestamp.</param>
/// <param name="Time">The time, in UTC.</param>
internal sealed record CanaryClock(long Timestamp, DateTimeOffset Time)
{
    /// <summary>Reads both now.</summary>
    public static CanaryClock Now(TimeProvider time) => new(Stopwatch.GetTimestamp(), time.GetUtcNow());

    /// <summary>The time of a timestamp.</summary>
    public DateTimeOffset At(long timestamp) =>
        timestamp >= Timestamp
            ? Time + Stopwatch.GetElapsedTime(Timestamp, timestamp)
            : Time - Stopwatch.GetElapsedTime(timestamp, Timestamp);

    /// <summary>The timestamp of a time.</summary>
    public long At(DateTimeOffset time) => Timestamp + (long)((time - Time).TotalSeconds * Stopwatch.Frequency);
}
