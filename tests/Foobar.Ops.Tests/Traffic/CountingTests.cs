using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Counting;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>From readings to rates with bounds: the truth lies between them, whatever happened between the readings.</summary>
public sealed class CountingTests
{
    private readonly SourceHistory _history = new("web-01");

    [Fact]
    public void A_count_lies_between_the_readings_around_its_window()
    {
        Read(9.90, 9.99, 100);
        Read(10.01, 10.05, 104);
        Read(19.90, 19.98, 1090);
        Read(20.01, 20.02, 1103);

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal((986.0, 1003.0), (rate.CountLower, rate.CountUpper));
        Assert.InRange(rate.Count!.Value, 986, 1003);
        Assert.Equal((10.0, rate.Count / 10.0, 98.6, 100.3), (rate.WindowSeconds, rate.Rate, rate.Lower, rate.Upper));
        Assert.False(rate.IsExact);
        Assert.Null(rate.Note);
    }

    [Fact]
    public void A_count_is_exact_where_nothing_happened_at_the_edges()
    {
        Edges(100, 350);

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal((250L, true, 25.0), (rate.Count, rate.IsExact, rate.Rate));
    }

    [Fact]
    public void The_meters_own_readings_are_taken_off_and_failed_ones_are_doubted()
    {
        Read(9.90, 9.99, 101, own: 1);
        Read(10.01, 10.05, 102, own: 1);
        Read(19.90, 19.98, 153, own: 1, failed: 2);
        Read(20.01, 20.02, 154, own: 1);

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal((48.0, 50.0), (rate.CountLower, rate.CountUpper));
    }

    [Fact]
    public void A_restart_widens_the_upper_bound_by_what_may_have_been_missed_and_says_so()
    {
        Read(9.90, 9.99, 1000);
        Read(10.01, 10.05, 1000);
        Read(11.01, 11.05, 1100);
        Read(12.01, 12.05, 20, epoch: "2", uptime: 0.5);
        Read(19.90, 19.98, 700, epoch: "2", uptime: 8.4);
        Read(20.01, 20.02, 710, epoch: "2", uptime: 8.5);

        TrafficRate rate = Assert.Single(Within(10, 20));

        // The old process was last read at 11.01 and had ended by 11.6; the new one counts from 0.
        Assert.Equal(800, rate.CountLower);
        Assert.InRange(rate.CountUpper!.Value, 810 + 2 * 90 * 0.5, 810 + 2 * 110 * 0.65);
        Assert.Contains("were not seen", rate.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_that_grew_past_the_old_value_is_seen_by_its_epoch()
    {
        Read(9.90, 9.99, 100);
        Read(10.01, 10.05, 100);
        Read(19.90, 19.98, 350, epoch: "2", uptime: 9);
        Read(20.01, 20.02, 350, epoch: "2", uptime: 9.1);

        Assert.Equal(350, Assert.Single(Within(10, 20)).CountLower);
    }

    [Fact]
    public void An_old_process_that_drains_is_counted()
    {
        Read(9.90, 9.99, 100);
        Read(10.01, 10.05, 100);
        Read(12.01, 12.05, 30, epoch: "2", uptime: 1, older: ("1", 150));
        Read(13.01, 13.05, 60, epoch: "2", uptime: 2, older: ("1", 160));
        Read(19.90, 19.98, 90, epoch: "2", uptime: 9, older: ("1", 160));
        Read(20.01, 20.02, 90, epoch: "2", uptime: 9.1, older: ("1", 160));

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal((150L, true), (rate.Count, rate.IsExact));
    }

    [Fact]
    public void Counters_that_may_have_been_set_back_give_a_count_all_the_same()
    {
        Read(9.90, 9.99, 100);
        Read(10.01, 10.05, 100);
        Read(19.90, 19.98, 150, resets: 1);
        Read(20.01, 20.02, 150, resets: 1);

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal(50, rate.CountLower);
        Assert.True(rate.CountUpper >= 150, $"{rate.CountUpper}");
    }

    [Fact]
    public void A_source_that_no_longer_answers_gives_what_it_had_counted()
    {
        Read(9.90, 9.99, 100);
        Read(10.01, 10.05, 100);
        Read(15, 15.01, 600);

        TrafficRate rate = Assert.Single(Within(10, 20));

        Assert.Equal(500, rate.CountLower);
        Assert.InRange(rate.CountUpper!.Value, 1000, 2000);
        Assert.Contains("It was not read after the window", rate.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_counter_that_appears_within_the_window_counts_from_zero()
    {
        Read(9.90, 9.99, 1);
        Read(10.01, 10.05, 1);
        ReadCounters(19.90, 19.98, [Counter(1), Counter(7) with { Name = "new" }]);
        ReadCounters(20.01, 20.02, [Counter(1), Counter(7) with { Name = "new" }]);

        Assert.Equal([0L, 7L], Within(10, 20).Select(rate => rate.Count));
    }

    [Fact]
    public void A_log_that_is_written_in_bursts_is_uncertain_and_one_that_cannot_be_counted_has_no_rate()
    {
        Counter buffered = Counter(0) with { Name = "/a", IsHeldBack = true, HeldBack = TimeSpan.FromSeconds(2), Note = "bursts" };
        Counter device = Counter(0) with { Name = "/b", Uncountable = "a device" };
        ReadCounters(9.90, 9.99, [buffered, device]);
        ReadCounters(10.01, 10.02, [buffered, device]);
        ReadCounters(19.98, 19.99, [buffered with { Value = 1000 }, device]);
        ReadCounters(20.01, 20.02, [buffered with { Value = 1000 }, device]);

        TrafficRate[] rates = [.. Within(10, 20)];

        Assert.Equal((1000L, "bursts"), (rates[0].Count, rates[0].Note));
        Assert.InRange(rates[0].CountLower, 590, 610);
        Assert.InRange(rates[0].CountUpper!.Value, 1390, 1410);
        Assert.Equal((null, null, 0.0, null, "a device"), (rates[1].Count, rates[1].Rate, rates[1].Lower, rates[1].Upper, rates[1].Note));
    }

    [Fact]
    public void Parts_are_counted_as_the_whole_is()
    {
        ReadCounters(9.90, 10, [WithParts(100, 10)]);
        ReadCounters(10, 10.1, [WithParts(100, 10)]);
        ReadCounters(19.90, 20, [WithParts(150, 12)]);
        ReadCounters(20, 20.1, [WithParts(150, 12)]);

        TrafficBreakdown breakdown = Assert.Single(Within(10, 20)).Breakdown!;

        Assert.Equal((2L, null, 3L), (breakdown.ServerErrors, breakdown.Successful, breakdown.Queue));
    }

    private static Counter WithParts(long value, long errors) => Counter(value) with
    {
        Parts = new Dictionary<TrafficPart, long> { [TrafficPart.ServerErrors] = errors },
        Now = new TrafficBreakdown { Queue = 3 },
    };

    private static Counter Counter(long value) => new(TrafficOrigin.NginxStatus, "requests", TrafficUnit.Requests, value);

    private static TrafficEdge Edge(double clock) => new(TimeSpan.FromSeconds(clock), TestSite.Now + TimeSpan.FromSeconds(clock));

    private TrafficRate[] Within(double start, double end) => [.. _history.Within(new TrafficWindow(Edge(start), Edge(end)))];

    private void Edges(long first, long second)
    {
        Read(9.90, 9.99, first);
        Read(10.01, 10.05, first);
        Read(19.90, 19.98, second);
        Read(20.01, 20.02, second);
    }

    private void Read(
        double asked, double answered, long value, long own = 0, int failed = 0, string epoch = "1", double? uptime = null,
        (string Epoch, long Value)? older = null, int resets = 0) =>
        _history.Take(new TimedReading(
            new CounterReading([Counter(value) with { OwnPerReading = own }], epoch)
            {
                Uptime = uptime is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                UptimeResolution = TimeSpan.FromMilliseconds(10),
                Older = older is { } old ? [new CounterReading([Counter(old.Value)], old.Epoch)] : [],
                Resets = resets,
            },
            TimeSpan.FromSeconds(asked),
            TimeSpan.FromSeconds(answered),
            failed));

    private void ReadCounters(double asked, double answered, IReadOnlyList<Counter> counters) => _history.Take(
        new TimedReading(new CounterReading(counters, "1"), TimeSpan.FromSeconds(asked), TimeSpan.FromSeconds(answered)));
}
