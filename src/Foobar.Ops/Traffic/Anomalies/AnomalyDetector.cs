namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>
/// Judges the samples of one rate in the order of their times: sudden jumps against a level that is followed from sample to sample
/// (<see cref="LevelFilter"/>), and slow drifts of that level against the daily and weekly shape of a history. The latter is a control
/// chart of an exponentially weighted average (C.-W. Lu and M. R. Reynolds, "EWMA control charts for monitoring the mean of
/// autocorrelated processes", Journal of Quality Technology 31, 1999): its limits are how far such levels were off the shape before.
/// Without a history there are no drifts to see: the ramp of a morning is none. Not for several threads at once.
/// </summary>
public sealed class AnomalyDetector
{
    /// <summary>How many samples are taken in before anything is expected, where there is no history.</summary>
    public const int LeastSamples = 5;

    private const double WanderWithShape = 0.008;
    private const double WanderWithoutShape = 0.015;

    // A drift that comes back within this share of its limit has ended.
    private const double DriftEnd = 0.5;

    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan SlowLevel = TimeSpan.FromDays(5);

    private readonly AnomalyOptions _options;
    private readonly SeasonalBaseline? _shape;
    private readonly LevelFilter _filter;
    private double _usual;
    private double _recent;
    private DateTimeOffset? _last;
    private DateTimeOffset? _calm;
    private DateTimeOffset _since;
    private int _suspect;
    private AnomalyKind _kind;

    /// <summary>Begins.</summary>
    /// <param name="shape">The shape of the rate's history; <see langword="null"/> for none.</param>
    /// <param name="options">How sensitive it is.</param>
    public AnomalyDetector(SeasonalBaseline? shape = null, AnomalyOptions? options = null)
    {
        _shape = shape;
        _options = options ?? new AnomalyOptions();
        _filter = new LevelFilter(shape is null ? WanderWithoutShape : WanderWithShape);
        _usual = _recent = shape?.Level ?? 0;
        if (shape is not null)
        {
            _filter.Start(_usual, shape.Spread * shape.Spread);
        }
    }

    private AnomalyDetector(AnomalyDetector earlier, SeasonalBaseline shape)
    {
        (_shape, _options, _filter) = (shape, earlier._options, earlier._filter);
        (_last, _calm, _since, _suspect, _kind) = (earlier._last, earlier._calm, earlier._since, earlier._suspect, earlier._kind);
        double moved = earlier._shape!.Above(shape);
        (_usual, _recent) = (earlier._usual + moved, earlier._recent + moved);
        _filter.Start(_filter.Level + moved, _filter.Variance);
    }

    /// <summary>
    /// Goes on with a shape that was learnt anew; what is going on goes on. The detector itself must not be used any more.
    /// </summary>
    public AnomalyDetector With(SeasonalBaseline? shape) =>
        shape is null ? this : _shape is null ? new AnomalyDetector(shape, _options) : new AnomalyDetector(this, shape);

    /// <summary>Judges the next sample.</summary>
    /// <exception cref="ArgumentException">It is not after the one before, its window is not above 0 or its count is below 0.</exception>
    public RateJudgement Judge(RateSample sample)
    {
        if (!(sample.Seconds > 0) || !(sample.Count >= 0) || sample.Time <= _last)
        {
            throw new ArgumentException("A sample needs a count, a window and a later time than the one before.", nameof(sample));
        }

        DateTimeOffset middle = sample.Time - TimeSpan.FromSeconds(sample.Seconds / 2);
        SeasonalValue? season = _shape?.At(middle);
        double unit = Math.Exp(season?.Value ?? 0) * sample.Seconds;
        _filter.Advance(sample.Time);
        if (_filter.Samples < (_shape is null ? LeastSamples : 1))
        {
            _filter.Update(sample.Count, unit);
            _last = sample.Time;
            return new RateJudgement { Time = sample.Time, Rate = sample.Rate, Kind = AnomalyKind.Learning };
        }

        RateJudgement judged = JudgeJump(sample, unit, season is null ? Bounds.Unknown : BoundsOf(), season ?? SeasonalValue.None);
        if (season is { IsStep: false } && !judged.IsAnomaly)
        {
            EndDrift(sample, unit, BoundsOf());
            judged = JudgeDrift(judged, BoundsOf());
        }

        TakeIn(sample, unit, judged, season);
        _last = sample.Time;
        return judged with { UsesHistory = season is not null };
    }

    /// <summary>Where the level may be.</summary>
    private readonly record struct Bounds(double Lower, double Upper, double Deviation)
    {
        public static Bounds Unknown { get; } = new(double.NegativeInfinity, double.PositiveInfinity, double.PositiveInfinity);
    }

    private Bounds BoundsOf()
    {
        Bounds usual = Around(_usual, _options.DriftLimit, _shape!.Spread, _options.SmallestDrift);
        Bounds turn = Around(_recent, _options.TurnLimit, _shape.TurnSpread, _options.SmallestTurn);
        return turn.Lower > usual.Upper || turn.Upper < usual.Lower ? usual
            : new Bounds(Math.Max(usual.Lower, turn.Lower), Math.Min(usual.Upper, turn.Upper), Math.Min(usual.Deviation, turn.Deviation));
    }

    private Bounds Around(double centre, double limit, double spread, double smallest)
    {
        double deviation = Math.Sqrt((spread * spread) + _filter.Variance);
        return new Bounds(
            centre - Math.Max(limit * deviation, -Math.Log(1 - smallest)), centre
                + Math.Max(limit * deviation, Math.Log(1 + smallest)), deviation);
    }

    private RateJudgement JudgeJump(RateSample sample, double unit, Bounds bounds, SeasonalValue season)
    {
        // A level that has drifted away is not what is expected: the whole range of usual levels is.
        bool isAway = _filter.Level < bounds.Lower || _filter.Level > bounds.Upper;
        (double low, double high) = isAway ? (bounds.Lower, bounds.Upper) : (_filter.Level, _filter.Level);
        (low, high) = (low + season.Lower - season.Value, high + season.Upper - season.Value);
        double noise = _filter.JudgingNoise;
        double lower = Edge(unit * Math.Exp(low), noise, -1), upper = Edge(unit * Math.Exp(high), noise, +1);
        double most = (sample.Upper ?? sample.Rate) * sample.Seconds, least = (sample.Lower ?? sample.Rate) * sample.Seconds;
        int side = least > upper ? 1 : most < lower ? -1 : 0;
        double centre = unit * Math.Exp(Math.Clamp(Math.Log(Math.Max(sample.Count, 0.5) / unit), low, high));
        double score = CountScale.Of(sample.Count, noise) - CountScale.Of(centre, noise);
        AnomalyKind kind = side == 0 ? AnomalyKind.None
            : isAway
                && Math.Abs(CountScale.Of(sample.Count, noise) - CountScale.Of(unit * Math.Exp(_filter.Level), noise)) < _options.PairLimit
                ? side > 0 ? AnomalyKind.DriftUp : AnomalyKind.DriftDown
            : side > 0 ? AnomalyKind.Spike : AnomalyKind.Drop;
        _suspect = score > _options.PairLimit ? 1 : score < -_options.PairLimit ? -1 : 0;
        return new RateJudgement
        {
            Time = sample.Time,
            Rate = sample.Rate,
            Kind = kind,
            ExpectedLower = lower / sample.Seconds,
            ExpectedUpper = upper / sample.Seconds,
            Score = score,
        };
    }

    /// <summary>The lowest or the highest count that is expected about a mean.</summary>
    private double Edge(double mean, double noise, int side)
    {
        bool goesOn = _kind is AnomalyKind.Spike or AnomalyKind.Drop && (_kind == AnomalyKind.Spike) == (side > 0);
        double limit = goesOn ? _options.EndLimit : _suspect == side ? _options.PairLimit : _options.SampleLimit * Youth;
        double edge = CountScale.Inverse(CountScale.Of(mean, noise) + (side * limit), noise);
        double jump = goesOn ? _options.SmallestJump / 2 : _options.SmallestJump;
        return side > 0 ? Math.Max(edge, mean * (1 + jump)) : Math.Min(edge, mean * (1 - jump));
    }

    // What is known of the noise after a few samples is little: the limits are wider then, as Student's are.
    private double Youth => 1 + (3.0 / Math.Max(1, _filter.Samples));

    /// <summary>A drift that was mended ends with a jump back to what is usual: the level need not crawl there.</summary>
    private void EndDrift(RateSample sample, double unit, Bounds bounds)
    {
        double noise = _filter.JudgingNoise, seen = Math.Log(Math.Max(sample.Count, 0.5) / unit);
        double z = CountScale.Of(sample.Count, noise) - CountScale.Of(unit * Math.Exp(_filter.Level), noise);
        if (_kind is AnomalyKind.DriftUp or AnomalyKind.DriftDown && Math.Abs(z) > _options.EndLimit
            && (_filter.Level > bounds.Upper ? seen < bounds.Upper : _filter.Level < bounds.Lower && seen > bounds.Lower))
        {
            _filter.Reset(sample.Count, unit);
            _kind = AnomalyKind.None;
        }
    }

    /// <summary>A level that hovers about its limit is one drift, not one after another: it ends after some calm.</summary>
    private RateJudgement JudgeDrift(RateJudgement judged, Bounds bounds)
    {
        bool goesOn = _kind is AnomalyKind.DriftUp or AnomalyKind.DriftDown;
        double half = (bounds.Upper - bounds.Lower) / 2, off = _filter.Level - ((bounds.Lower + bounds.Upper) / 2);
        bool isOff = Math.Abs(off) > half * (goesOn ? DriftEnd : 1);
        _calm = isOff || !goesOn ? null : _calm ?? judged.Time;
        AnomalyKind kind = isOff ? off > 0 ? AnomalyKind.DriftUp : AnomalyKind.DriftDown
            : _calm is { } since && judged.Time - since < Calm ? _kind : AnomalyKind.None;
        return kind == AnomalyKind.None ? judged : judged with { Kind = kind, Score = off / bounds.Deviation };
    }

    private void TakeIn(RateSample sample, double unit, RateJudgement judged, SeasonalValue? season)
    {
        bool isJump = judged.Kind is AnomalyKind.Spike or AnomalyKind.Drop;
        bool isDrift = judged.Kind is AnomalyKind.DriftUp or AnomalyKind.DriftDown;
        if (judged.IsAnomaly && !Continues(judged.Kind))
        {
            _since = sample.Time;
        }

        if (judged.IsAnomaly && sample.Time - _since > (season is not null ? _options.AcceptAfterWithHistory : _options.AcceptAfter))
        {
            _filter.Reset(sample.Count, unit);
            (_usual, _recent) = (_filter.Level, _filter.Level);
            _kind = AnomalyKind.None;
            return;
        }

        // What has jumped does not move the level, nor does a sample that may be the first of a jump, nor one beside a step of the shape.
        if (!isJump && _suspect == 0 && season is not { IsStep: true })
        {
            _filter.Update(sample.Count, unit);
        }

        if (!isJump && !isDrift && season is { IsStep: false } && _last is { } last)
        {
            _usual += Weight(sample.Time - last, SlowLevel) * (_filter.Level - _usual);
            _recent += Weight(sample.Time - last, SeasonalBaseline.Turn) * (_filter.Level - _recent);
        }

        _kind = judged.Kind;
    }

    private static double Weight(TimeSpan passed, TimeSpan time) => 1 - Math.Exp(-passed / time);

    private bool Continues(AnomalyKind kind) => _kind is not (AnomalyKind.None or AnomalyKind.Learning)
        && (_kind is AnomalyKind.Spike or AnomalyKind.DriftUp) == (kind is AnomalyKind.Spike or AnomalyKind.DriftUp);
}
