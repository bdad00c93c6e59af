using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Traffic;

/// <summary>
/// Judges the rates of a site, one measurement after another, and keeps them as the history that later runs judge by. What goes wrong
/// with the history is told, and the rates are judged without it. Not for several threads at once.
/// </summary>
public sealed class TrafficWatch : IDisposable
{
    private static readonly Dictionary<RateSeries, IReadOnlyList<RateBucket>> NoHistory = [];

    private readonly Dictionary<RateSeries, AnomalyDetector> _detectors = [];
    private readonly Dictionary<RateSeries, AnomalyKind> _kinds = [];
    private readonly AnomalyOptions _options;
    private readonly Action<string> _warn;
    private RateStore? _store;

    /// <summary>Begins.</summary>
    /// <param name="options">How sensitive it is.</param>
    /// <param name="store">The history; <see langword="null"/> for none. It is closed with the watch.</param>
    /// <param name="warn">Told what is wrong with the history.</param>
    public TrafficWatch(AnomalyOptions options, RateStore? store, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(warn);
        (_options, _store, _warn) = (options, store, warn);
        if (store?.PutAside is { } aside)
        {
            warn($"The history of rates was damaged; it is now {aside}, and a new one begins.");
        }
    }

    /// <summary>What a monitoring service kept of some series, which tells more of them than this machine's own history.</summary>
    public IReadOnlyDictionary<RateSeries, IReadOnlyList<RateBucket>> Known { get; init; } = NoHistory;

    /// <summary>Opens the history of a site and begins; without a history, which is told, where it can't be used.</summary>
    /// <param name="site">The site.</param>
    /// <param name="options">How sensitive it is.</param>
    /// <param name="now">The time now.</param>
    /// <param name="warn">Told what is wrong with the history.</param>
    /// <param name="known">What a monitoring service kept of some series; <see langword="null"/> for nothing.</param>
    public static TrafficWatch Open(
        Site site,
        AnomalyOptions options,
        DateTimeOffset now,
        Action<string> warn,
        IReadOnlyDictionary<RateSeries, IReadOnlyList<RateBucket>>? known = null)
    {
        ArgumentNullException.ThrowIfNull(warn);
        try
        {
#pragma warning disable CA2000 // The watch closes it.
            return new TrafficWatch(options, RateStore.Open(site, now), warn) { Known = known ?? NoHistory };
#pragma warning restore CA2000
        }
        catch (FoobarException error) when (error.ErrorId is "HistoryUnusable" or "HistoryTooNew" or "DriverMissing")
        {
            warn($"Rates are judged without a history: {error.Message}");
            return new TrafficWatch(options, null, warn) { Known = known ?? NoHistory };
        }
    }

    /// <summary>
    /// Judges the rates of one measurement; those of requests, sessions and all statements, not of each kind of statement.
    /// </summary>
    /// <returns>The same rates in the same order, with what was expected of those that are judged.</returns>
    public IReadOnlyList<TrafficRate> Judge(IReadOnlyList<TrafficRate> rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        TrafficRate[] judged = [.. rates.Select(Judge)];
        Keep(rates);
        return judged;
    }

    /// <summary>The anomalies among rates that were judged which were none at the measurement before.</summary>
    /// <param name="rates">What <see cref="Judge(IReadOnlyList{TrafficRate})"/> gave.</param>
    /// <param name="kinds">The kinds that are wanted.</param>
    public IReadOnlyList<TrafficAlert> Begun(IReadOnlyList<TrafficRate> rates, IReadOnlyCollection<AnomalyKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(rates);
        List<TrafficAlert> alerts = [];
        foreach (TrafficRate rate in rates.Where(rate => rate.Expected is not null))
        {
            RateSeries series = RateSeries.Of(rate);
            RateJudgement judgement = rate.Expected!;
            if (judgement.IsAnomaly && judgement.Kind != _kinds.GetValueOrDefault(series) && kinds.Contains(judgement.Kind))
            {
                alerts.Add(new TrafficAlert
                {
                    Server = rate.Server,
                    Origin = rate.Origin,
                    Name = rate.Name,
                    Kind = judgement.Kind,
                    Rate = judgement.Rate,
                    ExpectedLower = judgement.ExpectedLower ?? 0,
                    ExpectedUpper = judgement.ExpectedUpper ?? double.PositiveInfinity,
                    Score = judgement.Score ?? 0,
                    UsesHistory = judgement.UsesHistory,
                    Time = judgement.Time,
                });
            }

            _kinds[series] = judgement.Kind;
        }

        return alerts;
    }

    /// <inheritdoc/>
    public void Dispose() => _store?.Dispose();

    private static bool IsWatched(TrafficRate rate) => rate.Count is not null && rate.WindowSeconds > 0
        && (rate.Unit is TrafficUnit.Requests or TrafficUnit.Sessions || rate.Name == "Questions");

    private static RateSample SampleOf(TrafficRate rate) =>
        new(rate.End, rate.Count!.Value, rate.WindowSeconds) { Lower = rate.Lower, Upper = rate.Upper ?? double.PositiveInfinity };

    private TrafficRate Judge(TrafficRate rate)
    {
        if (!IsWatched(rate))
        {
            return rate;
        }

        RateSeries series = RateSeries.Of(rate);
        if (!_detectors.TryGetValue(series, out AnomalyDetector? detector))
        {
            _detectors[series] = detector = new AnomalyDetector(ShapeOf(series, rate.Start), _options);
        }

        return rate with { Expected = detector.Judge(SampleOf(rate)) };
    }

    private SeasonalBaseline? ShapeOf(RateSeries series, DateTimeOffset now) =>
        (Known.TryGetValue(series, out IReadOnlyList<RateBucket>? known) ? SeasonalBaseline.Learn(known, now, _options.Zone) : null)
            ?? Use(store => SeasonalBaseline.Learn(store.Read(series, now, SeasonalBaseline.Reach), now, _options.Zone));

    private void Keep(IReadOnlyList<TrafficRate> rates) => Use(store =>
    {
        store.Add(rates.Where(IsWatched).Select(rate => (RateSeries.Of(rate), SampleOf(rate))));
        return store;
    });

    private T? Use<T>(Func<RateStore, T?> use)
        where T : class
    {
        try
        {
            return _store is null ? null : use(_store);
        }
        catch (FoobarException error) when (error.ErrorId == "HistoryUnusable")
        {
            _warn($"The rates are not kept any more: {error.Message}");
            _store?.Dispose();
            _store = null;
            return null;
        }
    }
}
