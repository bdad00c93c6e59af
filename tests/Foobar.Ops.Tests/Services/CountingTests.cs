using Foobar.Ops.Services;
using Foobar.Ops.Services.Counting;

namespace Foobar.Ops.Tests.Services;

/// <summary>What a service's samples or buckets say of a window: the truth is never outside the bounds.</summary>
public sealed class CountingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// A counter that grows by its own unsteady pace is scraped now and then; windows of many lengths lie anywhere. The truth is
    /// what the counter really did between the edges.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_truth_lies_within_the_bounds_of_samples(int seed)
    {
        Random random = new(seed);
        int bounded = 0;
        for (int round = 0; round < 400; round++)
        {
            double[] events = [.. Enumerable.Range(0, random.Next(0, 3000)).Select(_ => random.NextDouble() * 600).Order()];
            double Counter(double at) => 100 + events.Count(moment => moment <= at);
            double interval = 1 + (random.NextDouble() * 30);
            double late = random.NextDouble() * 0.2;
            SeriesPoint[] points =
            [
                .. Enumerable.Range(0, (int)(600 / interval))
                    .Select(index => new SeriesPoint(At(index * interval), Counter((index * interval) + (random.NextDouble() * late)))),
            ];
            double start = 40 + (random.NextDouble() * 300);
            double end = start + (random.NextDouble() * 200);
            double skew = (random.NextDouble() - 0.5) * 0.1;

            WindowCount count = CounterSamples.Increase(
                new MetricSeries(NoLabels, points),
                new CountWindow(At(start + skew), At(end + skew), TimeSpan.FromSeconds(0.05)),
                TimeSpan.FromSeconds(late));

            double truth = Counter(end) - Counter(start);
            Assert.True(count.Lower <= truth && truth <= (count.Upper ?? double.MaxValue), $"{count} {truth}");
            Assert.True(count.Estimate >= count.Lower && count.Estimate <= (count.Upper ?? double.MaxValue), $"{count}");
            bounded += count.Upper is null ? 0 : 1;
        }

        Assert.True(bounded > 350);
    }

    [Fact]
    public void A_short_window_between_two_scrapes_is_not_extrapolated()
    {
        MetricSeries series = Series((0, 1000), (15, 1150), (30, 1300));

        WindowCount count = CounterSamples.Increase(series, Window(16, 21));

        Assert.Equal((50.0, 0.0, 150.0), (Math.Round(count.Estimate, 6), count.Lower, count.Upper!.Value));
        Assert.Null(count.Note);
    }

    [Fact]
    public void A_reset_counts_what_came_after_it_and_has_no_upper_bound()
    {
        WindowCount count = CounterSamples.Increase(Series((0, 1000), (15, 1100), (30, 40), (45, 90)), Window(14, 46));

        Assert.Equal((90.0, null), (count.Lower, count.Upper));
        Assert.Contains("reset", count.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reset_long_before_the_window_does_not_matter()
    {
        WindowCount count = CounterSamples.Increase(Series((0, 1000), (15, 10), (30, 20), (45, 30), (60, 40)), Window(31, 44));

        Assert.Equal((0.0, 10.0), (count.Lower, count.Upper!.Value));
        Assert.Null(count.Note);
    }

    [Theory]
    [InlineData("before", "There is no sample before the window")]
    [InlineData("after", "There is no sample after the window yet")]
    [InlineData("none", "There is no sample in or around the window")]
    public void What_is_not_known_is_no_bound(string missing, string note)
    {
        MetricSeries series = missing switch
        {
            "before" => Series((20, 5), (35, 10)),
            "after" => Series((0, 5), (15, 10)),
            _ => Series(),
        };

        WindowCount count = CounterSamples.Increase(series, Window(10, 30));

        Assert.Null(count.Upper);
        Assert.StartsWith(note, count.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Buckets_at_the_edges_are_outside_the_lower_and_inside_the_upper_bound()
    {
        CountBucket[] buckets =
        [
            .. Enumerable.Range(0, 6).Select(index => new CountBucket("a", At(index * 10), At((index + 1) * 10), 100)),
        ];

        WindowCount count = Assert.Single(BucketCounter.Count(buckets, Window(15, 45)));

        Assert.Equal((300.0, 200.0, 400.0), (count.Estimate, count.Lower, count.Upper!.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_truth_lies_within_the_bounds_of_buckets(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 300; round++)
        {
            double[] events = [.. Enumerable.Range(0, random.Next(0, 2000)).Select(_ => random.NextDouble() * 100)];
            int size = random.Next(1, 20);
            CountBucket[] buckets =
            [
                .. events.GroupBy(moment => (int)(moment / size))
                    .Select(one => new CountBucket("a", At(one.Key * size), At((one.Key + 1) * size), one.Count())),
            ];
            double start = random.NextDouble() * 90;
            double end = start + (random.NextDouble() * 40);

            WindowCount? count = BucketCounter.Count(buckets, Window(start, end)) is [WindowCount only] ? only : null;

            int truth = events.Count(moment => moment >= start && moment < end);
            Assert.True(count is null ? truth == 0 : count.Lower <= truth && truth <= count.Upper);
        }
    }

    private static readonly Dictionary<string, string> NoLabels = [];

    private static DateTimeOffset At(double seconds) => Now.AddSeconds(seconds);

    private static CountWindow Window(double start, double end) => new(At(start), At(end), TimeSpan.Zero);

    private static MetricSeries Series(params (double At, double Value)[] points) =>
        new(NoLabels, [.. points.Select(point => new SeriesPoint(At(point.At), point.Value))]);
}
