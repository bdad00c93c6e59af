using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>Rates of a site judged one measurement after another, with and without a history.</summary>
public sealed class TrafficWatchTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly AnomalyKind[] All = [AnomalyKind.Spike, AnomalyKind.Drop, AnomalyKind.DriftUp, AnomalyKind.DriftDown];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void An_alert_is_told_once_when_it_begins()
    {
        using TrafficWatch watch = new(new AnomalyOptions(), null, _warnings.Add);
        List<TrafficAlert> alerts = [];
        for (int second = 0; second < 70; second++)
        {
            alerts.AddRange(
                watch.Begun(
                    watch.Judge([
                        Rate(second, second < 60 ? 40 : 400), Rate(second, 5) with { Name = "Com_select", Unit = TrafficUnit.Statements },
                    ]),
                    All));
        }

        TrafficAlert alert = Assert.Single(alerts);
        Assert.Equal((AnomalyKind.Spike, "www", 400.0, false), (alert.Kind, alert.Name, alert.Rate, alert.UsesHistory));
        Assert.InRange(alert.ExpectedUpper, 40, 400);
        Assert.Empty(watch.Begun(watch.Judge([Rate(71, 0)]), [AnomalyKind.Spike]));
    }

    [Fact]
    public void What_one_run_has_kept_the_next_one_judges_by_from_its_first_sample()
    {
        using (TrafficWatch watch = new(new AnomalyOptions(), Store(Start), _warnings.Add))
        {
            for (int minute = 0; minute < 2 * 24 * 60; minute += 5)
            {
                watch.Judge([Rate(minute * 60, (minute / 60 % 24 >= 8 ? 60 : 6) * 300, 300)]);
            }
        }

        using TrafficWatch later = new(new AnomalyOptions(), Store(Start.AddDays(2)), _warnings.Add);
        RateJudgement first = Assert.Single(later.Judge([Rate(2 * 86400 + (3 * 3600), 6 * 60, 60)])).Expected!;

        Assert.True(first.UsesHistory);
        Assert.NotEqual(AnomalyKind.Learning, later.Judge([Rate((2 * 86400) + (3 * 3600) + 60, 6 * 60, 60)])[0].Expected!.Kind);
        Assert.Equal(AnomalyKind.Spike, later.Judge([Rate((2 * 86400) + (3 * 3600) + 120, 60 * 60, 60)])[0].Expected!.Kind);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void What_a_service_has_kept_of_a_rate_it_is_judged_by_at_once()
    {
        RateBucket[] known = [.. Enumerable.Range(0, 3 * 24 * 12).Select(slot => new RateBucket(
            Start.AddMinutes(slot * 5), TimeSpan.FromMinutes(5), (slot / 12 % 24 >= 8 ? 60 : 6) * 300, 300))];
        TrafficRate night = Rate((3 * 86400) + (3 * 3600), 6 * 60, 60);
        using TrafficWatch watch = new(new AnomalyOptions(), null, _warnings.Add)
        {
            Known = new Dictionary<RateSeries, IReadOnlyList<RateBucket>> { [RateSeries.Of(night)] = known },
        };

        RateJudgement first = watch.Judge([night])[0].Expected!;
        RateJudgement other = watch.Judge([night with { Name = "other" }])[0].Expected!;

        Assert.Equal((true, false), (first.UsesHistory, other.UsesHistory));
    }

    [Fact]
    public void A_rate_without_a_figure_is_not_judged()
    {
        using TrafficWatch watch = new(new AnomalyOptions(), null, _warnings.Add);

        Assert.Null(watch.Judge([Rate(0, 1) with { Count = null }])[0].Expected);
    }

    [Fact]
    public void A_history_that_can_t_be_written_any_more_is_told_once_and_judging_goes_on()
    {
        using TrafficWatch watch = new(new AnomalyOptions(), Store(Start), _warnings.Add);
        using (System.Data.Common.DbConnection connection = LoadedDrivers.Files.Create(
            Path.Combine(_folder.FullName, "rates.db"), TimeSpan.FromSeconds(1)))
        {
            connection.Open();
            using System.Data.Common.DbCommand command = connection.CreateCommand();
            command.CommandText = "DROP TABLE bucket";
            command.ExecuteNonQuery();
        }

        Assert.All(Enumerable.Range(0, 10), second => Assert.NotNull(watch.Judge([Rate(second, 40)])[0].Expected));
        Assert.Single(_warnings);
    }

    private RateStore Store(DateTimeOffset now) => RateStore.Open(Path.Combine(_folder.FullName, "rates.db"), now, LoadedDrivers.Files);

    private static TrafficRate Rate(int second, long count, double window = 1) => new()
    {
        Server = "lb-01",
        Origin = TrafficOrigin.HaproxyFrontend,
        Name = "www",
        Unit = TrafficUnit.Requests,
        Start = Start.AddSeconds(second),
        End = Start.AddSeconds(second + window),
        WindowSeconds = window,
        Count = count,
        CountLower = count,
        CountUpper = count,
    };
}
