using System.Diagnostics;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication;

namespace Foobar.Ops.Tests.Operations;

/// <summary>What is computed from a canary's writes.</summary>
public sealed class WriteMeasurementTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void The_longest_time_between_acknowledged_writes_is_the_gap()
    {
        WriteMeasurement found = Of([Good(1, 0, 1), Good(2, 1, 2), Good(3, 4, 5), Good(4, 5, 6)]);
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(1005)), (found.Gap, found.Resolution));
        Assert.Equal((Noon.AddSeconds(2), Noon.AddSeconds(5)), (found.LastBeforeGap, found.FirstAfterGap));
        Assert.Equal((4, 0, 100, TimeSpan.FromSeconds(6)), (found.Acknowledged, found.Failed, found.AvailabilityPercent, found.Duration));
        Assert.Empty(found.Interruptions);
    }

    [Fact]
    public void A_gap_outside_the_window_does_not_count()
    {
        CanaryWrite[] writes = [Good(1, 0, 1), Good(2, 1, 9), Good(3, 9, 10), Good(4, 10, 12), Good(5, 12, 13)];
        Assert.Equal(
            TimeSpan.FromSeconds(2), WriteMeasurement.Of("", writes, Interval, new(0, Noon), null, (Seconds(11), Seconds(11))).Gap);
        Assert.Equal(TimeSpan.FromSeconds(8), Of(writes).Gap);
    }

    [Fact]
    public void Failed_writes_between_acknowledged_ones_are_one_interruption()
    {
        WriteMeasurement found = Of([Good(1, 0, 1), Bad(2, 1, 2, "first"), Bad(3, 2, 3, "second"), Good(4, 3, 5), Good(5, 5, 10)]);
        WriteInterruption one = Assert.Single(found.Interruptions);
        Assert.Equal((2, "first", TimeSpan.FromSeconds(4)), (one.Failed, one.Error, one.Duration));
        Assert.Equal((Noon.AddSeconds(1), Noon.AddSeconds(5)), (one.LastAcknowledged, one.FirstAcknowledged));
        Assert.Equal(60, found.AvailabilityPercent, 6);
    }

    [Fact]
    public void An_interruption_that_does_not_end_has_no_first_write_after_it()
    {
        WriteInterruption one = Assert.Single(Of([Good(1, 0, 1), Bad(2, 1, 4, "gone")]).Interruptions);
        Assert.Equal((null, TimeSpan.FromSeconds(3)), (one.FirstAcknowledged, one.Duration));
        WriteMeasurement never = Of([Bad(1, 0, 2, "refused")]);
        Assert.Equal(
            (0, 0, TimeSpan.Zero, null),
            (never.AvailabilityPercent, never.Acknowledged, never.Gap, never.Interruptions[0].LastAcknowledged));
    }

    [Fact]
    public void A_replicas_delay_is_the_age_of_the_oldest_acknowledged_write_it_lacks()
    {
        CanaryWrite[] writes = [Good(1, 0, 1), Bad(2, 1, 2, "refused"), Good(3, 2, 3), Good(4, 3, 4)];
        ReplicaDelay delay = ReplicaDelay.Of(
            "web-02", [new(Seconds(2), 1), new(Seconds(3.5), 0), new(Seconds(6), 1), new(Seconds(7), 4)], writes);
        Assert.Equal(("web-02", 4, TimeSpan.FromSeconds(3)), (delay.Server, delay.Looks, delay.Max));
        Assert.Equal(TimeSpan.FromSeconds(2.5), delay.Median);
        Assert.Equal(TimeSpan.Zero, ReplicaDelay.Of("web-02", [], writes).Max);
    }

    [Theory]
    [InlineData(30, 20, 20, 10)]
    [InlineData(10, 20, 5, 5)]
    public void A_failover_s_write_gap_is_the_middle_of_what_the_writes_allow(int gap, int resolution, int duration, int either)
    {
        WriteMeasurement seen = Of([]) with { Gap = TimeSpan.FromMilliseconds(gap), Resolution = TimeSpan.FromMilliseconds(resolution) };
        Assert.Equal(
            new WriteGap
            {
                Duration = TimeSpan.FromMilliseconds(duration),
                Resolution = TimeSpan.FromMilliseconds(either),
                Source = WriteGapSource.Canary,
            },
            WriteGap.Of(seen, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Without_a_canary_the_write_gap_is_what_the_steps_took()
    {
        Assert.Equal(
            new WriteGap { Duration = TimeSpan.FromSeconds(1), Resolution = TimeSpan.Zero, Source = WriteGapSource.Steps },
            WriteGap.Of(null, TimeSpan.FromSeconds(1)));
        Assert.Null(WriteGap.Of(null, TimeSpan.Zero));
    }

    /// <summary>The first write had to connect: no gap holds that, so no latency may.</summary>
    [Fact]
    public void The_first_write_is_in_no_latency()
    {
        WriteMeasurement found = Of([Good(1, 0, 1.1), Good(2, 1.1, 1.102), Good(3, 1.105, 1.107)]);
        Assert.Equal(2, found.LatencyP99.TotalMilliseconds, 3);
        Assert.True(found.LatencyP99 <= found.Gap);
    }

    [Fact]
    public void No_write_at_all_is_no_error() => Assert.Equal((0, TimeSpan.Zero), (Of([]).Acknowledged, Of([]).Duration));

    private static WriteMeasurement Of(CanaryWrite[] writes) => WriteMeasurement.Of("somewhere", writes, Interval, new(0, Noon), null);

    private static CanaryWrite Good(long sequence, double sent, double ended) => new(sequence, Seconds(sent), Seconds(ended), null);

    private static CanaryWrite Bad(long sequence, double sent, double ended, string error) =>
        new(sequence, Seconds(sent), Seconds(ended), error);

    private static long Seconds(double seconds) => (long)(seconds * Stopwatch.Frequency);
}
