using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Tests.Traffic.Anomalies;

/// <summary>
/// The detector on synthetic weeks, a smaller run of the benchmark <c>anomalies</c>, and its parts. The seeds here are other ones
/// than those that its constants were chosen by (1 to 4, 12, 13 and 22).
/// </summary>
public sealed class AnomalyTests
{
    private const int LearningWeeks = 8;

    private static readonly DateTimeOffset Start = SyntheticTraffic.Start;

    [Fact]
    public async Task Nineteen_of_twenty_anomalies_are_found_within_two_samples_at_less_than_one_false_alarm_a_week()
    {
        AnomalyScore[] scores = await Task.WhenAll(
            new (int Seed, double Rate)[] { (31, 2), (32, 60), (33, 1500) }.Select(series => Task.Run(() =>
            {
                SyntheticTraffic traffic = new(series.Seed, series.Rate, LearningWeeks + 14, cleanWeeks: 1, perWeek: 5);
                return AnomalyScore.Of(traffic, DetectorRun.Flags(traffic, withHistory: true), LearningWeeks * SyntheticTraffic.Week);
            })));

        string told = string.Join("\n", scores.Select(Describe));
        Assert.InRange(scores.Sum(score => score.Injected), 200, 210);
        Assert.True(scores.Sum(score => score.Found) >= 0.95 * scores.Sum(score => score.Injected), told);
        Assert.All(scores, score => Assert.True(score.Recall >= 0.9 && score.FalseAlarmsPerWeek <= 1, told));
        Assert.All(scores.SelectMany(score => score.ByKind.Values), kind => Assert.True(kind.Of > 10, told));
    }

    [Fact]
    public void Jumps_are_found_without_any_history_too()
    {
        SyntheticTraffic traffic = new(14, 60, weeks: 6, cleanWeeks: 0, perWeek: 10, drifts: false);

        AnomalyScore score = AnomalyScore.Of(traffic, DetectorRun.Flags(traffic, withHistory: false), 60);

        // The crawler of each night is a jump to whoever does not know the nights before.
        Assert.True(score.Recall >= 0.9, Describe(score));
    }

    [Fact]
    public void A_run_without_anomalies_scores_no_recall_for_flagging_nothing()
    {
        SyntheticTraffic traffic = new(15, 60, weeks: 3, cleanWeeks: 1, perWeek: 5);

        AnomalyScore score = AnomalyScore.Of(traffic, new int[traffic.Minutes.Count], SyntheticTraffic.Week);

        Assert.Equal((0, 0), (score.Found, score.FalseAlarms));
        Assert.Equal(10, score.Injected);
    }

    [Fact]
    public void The_first_minute_of_samples_a_second_is_enough_to_see_a_jump()
    {
        AnomalyDetector detector = new();
        Random random = new(3);
        RateJudgement[] first =
        [
            .. Enumerable.Range(1, 60).Select(
                second => detector.Judge(new RateSample(Start.AddSeconds(second), 40 + random.Next(-9, 10), 1))),
        ];

        Assert.All(first.Take(AnomalyDetector.LeastSamples), judged => Assert.Equal(AnomalyKind.Learning, judged.Kind));
        Assert.All(first.Skip(AnomalyDetector.LeastSamples), judged => Assert.Equal(AnomalyKind.None, judged.Kind));
        RateJudgement jump = detector.Judge(new RateSample(Start.AddSeconds(61), 120, 1));
        Assert.Equal(AnomalyKind.Spike, jump.Kind);
        Assert.InRange(jump.Rate, jump.ExpectedUpper!.Value, double.MaxValue);
        Assert.Equal(AnomalyKind.Drop, Ready().Judge(new RateSample(Start.AddMinutes(2), 0, 1)).Kind);
    }

    // Three of an expected one a minute is no news: one in twelve such minutes has three or more.
    [Fact]
    public void Small_counts_are_given_the_room_that_chance_takes()
    {
        AnomalyDetector detector = new();
        for (int minute = 1; minute <= 200; minute++)
        {
            detector.Judge(new RateSample(Start.AddMinutes(minute), minute % 5 == 0 ? 2 : minute % 3 == 0 ? 0 : 1, 60));
        }

        Assert.Equal(AnomalyKind.None, detector.Judge(new RateSample(Start.AddMinutes(201), 4, 60)).Kind);
        Assert.Equal(AnomalyKind.None, detector.Judge(new RateSample(Start.AddMinutes(202), 0, 60)).Kind);
        Assert.Equal(AnomalyKind.Spike, detector.Judge(new RateSample(Start.AddMinutes(203), 40, 60)).Kind);
    }

    [Fact]
    public void A_sample_whose_bounds_reach_into_what_is_expected_is_no_anomaly()
    {
        RateSample sample = new(Start.AddMinutes(2), 120, 1);

        Assert.Equal(AnomalyKind.Spike, Ready().Judge(sample).Kind);
        Assert.Equal(AnomalyKind.None, Ready().Judge(sample with { Lower = 45, Upper = 200 }).Kind);
    }

    [Fact]
    public void A_jump_goes_on_until_it_is_taken_as_the_new_level()
    {
        AnomalyDetector detector = Ready();
        RateJudgement[] after =
        [
            .. Enumerable.Range(0, 60).Select(minute => detector.Judge(new RateSample(Start.AddMinutes(2 + minute), 100, 1))),
        ];

        Assert.All(after.Take(30), judged => Assert.Equal(AnomalyKind.Spike, judged.Kind));
        Assert.All(after.Skip(33), judged => Assert.Equal(AnomalyKind.None, judged.Kind));
    }

    [Fact]
    public void A_day_of_history_gives_the_days_shape_and_two_weeks_the_week_s()
    {
        Assert.Null(SeasonalBaseline.Learn(Shaped(0.9), Start.AddDays(0.9), TimeZoneInfo.Utc));
        Assert.False(SeasonalBaseline.Learn(Shaped(3), Start.AddDays(3), TimeZoneInfo.Utc)!.IsWeekly);
        SeasonalBaseline weekly = SeasonalBaseline.Learn(Shaped(15), Start.AddDays(15), TimeZoneInfo.Utc)!;

        Assert.True(weekly.IsWeekly);
        Assert.Equal(Math.Log(30), weekly.At(Start.AddDays(15).AddHours(12.1))!.Value.Value, 2);
        Assert.Equal(Math.Log(10), weekly.At(Start.AddDays(15).AddHours(3.1))!.Value.Value, 2);
    }

    // 12:00 in Berlin is 11:00 UTC in January and 10:00 UTC in July.
    [Fact]
    public void The_shape_follows_the_clocks_of_the_visitors()
    {
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        SeasonalBaseline shape = SeasonalBaseline.Learn(Shaped(15, hour => hour is >= 11 and < 15), Start.AddDays(15), berlin)!;

        Assert.Equal(Math.Log(30), shape.At(new DateTimeOffset(2026, 7, 6, 11, 30, 0, TimeSpan.Zero))!.Value.Value, 2);
        Assert.Equal(Math.Log(30), shape.At(new DateTimeOffset(2026, 7, 6, 10, 30, 0, TimeSpan.Zero))!.Value.Value, 2);
        Assert.Equal(Math.Log(10), shape.At(new DateTimeOffset(2026, 7, 6, 14, 30, 0, TimeSpan.Zero))!.Value.Value, 2);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.05)]
    [InlineData(0.5)]
    public void The_scale_of_counts_has_an_inverse(double noise) =>
        Assert.All(
            new double[] { 0, 1, 7, 130, 1e6 },
            count => Assert.Equal(count, CountScale.Inverse(CountScale.Of(count, noise), noise), Math.Max(1e-6, count * 1e-9)));

    [Fact]
    public void Samples_out_of_order_or_without_a_window_are_refused()
    {
        AnomalyDetector detector = Ready();

        Assert.Throws<ArgumentException>(() => detector.Judge(new RateSample(Start, 1, 1)));
        Assert.Throws<ArgumentException>(() => detector.Judge(new RateSample(Start.AddHours(1), 1, 0)));
        Assert.Throws<ArgumentException>(() => detector.Judge(new RateSample(Start.AddHours(1), double.NaN, 1)));
    }

    private static AnomalyDetector Ready()
    {
        AnomalyDetector detector = new();
        for (int second = 1; second <= 60; second++)
        {
            detector.Judge(new RateSample(Start.AddSeconds(second), 38 + (second * 7 % 5), 1));
        }

        return detector;
    }

    private static IEnumerable<RateBucket> Shaped(double days, Func<int, bool>? isBusy = null) =>
        Enumerable.Range(0, (int)(days * 288)).Select(slot => Start.AddMinutes(5 * slot))
            .Select(
                time => new RateBucket(
                    time, TimeSpan.FromMinutes(5), 300 * ((isBusy ?? (hour => hour is >= 8 and < 20))(time.Hour) ? 30 : 10), 300));

    private static string Describe(AnomalyScore score) =>
        FormattableString.Invariant($"{score.Recall:P1} found, {score.FalseAlarmsPerWeek:0.00} false alarms a week; ")
        + string.Join(", ", score.ByKind.Select(kind => $"{kind.Key} {kind.Value.Found} of {kind.Value.Of}"));
}
