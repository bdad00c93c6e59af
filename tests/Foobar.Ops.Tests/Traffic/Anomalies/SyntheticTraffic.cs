using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Tests.Traffic.Anomalies;

/// <summary>What was put into a series.</summary>
internal enum InjectedKind
{
    Spike,
    Drop,
    Drift,
}

/// <summary>An anomaly in a series: from <paramref name="Start"/> (a sample's index) up to <paramref name="End"/>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">The first sample that it changes.</param>
/// <param name="End">The first after it.</param>
/// <param name="Visible">The sample by which it is to be seen: the first of a jump; of a drift, see <see cref="SyntheticTraffic"/>.</param>
/// <param name="Factor">What it multiplies the rate by at its height.</param>
internal sealed record Injected(InjectedKind Kind, int Start, int End, int Visible, double Factor);

/// <summary>A sample, or a gap where nothing was counted.</summary>
internal readonly record struct SyntheticMinute(DateTimeOffset Time, double? Count, double TrueMean);

/// <summary>
/// Weeks of a site's requests, one sample a minute, made from a seed: two humps a day, a quieter weekend, growth, a crawler at a fixed
/// hour, a wandering level (an Ornstein-Uhlenbeck process in logarithms: campaigns, weather), correlated noise from minute to minute,
/// small bursts that mean nothing, Poisson counts, gaps, a public holiday. It knows nothing of the detector.
/// </summary>
/// <remarks>
/// A jump is put in only where there is something to see: at least six standard deviations of the sample's own noise on the scale
/// on which that is 1, and 40 % up or 35 % down. A drift leaves what is expected (<see cref="Injected.Visible"/>) where the true level,
/// wandering and drift together, is more than 3.89 standard deviations of all noise (wandering level, minutes' noise, Poisson) off the true
/// shape: the range at which someone who knows the law of this generator would alarm, if one false alarm in a week of minutes is allowed.
/// </remarks>
internal sealed class SyntheticTraffic
{
    public const int Week = 7 * Day;
    private const int Day = 24 * 60;
    private const double WanderDeviation = 0.04, WanderMinutes = 480, MinuteNoise = 0.02, MinuteMemory = 0.5;
    private const double OncePerWeek = 3.89;
    private const double LeastSigmas = 6;

    private readonly Random _random;
    private readonly double _meanRate;
    private readonly int _holidayWeek;
    private readonly Injected[] _injections;

    public SyntheticTraffic(int seed, double meanRate, int weeks, int cleanWeeks, int perWeek, bool drifts = true)
    {
        _random = new Random(seed);
        _meanRate = meanRate;
        _holidayWeek = cleanWeeks + _random.Next(Math.Max(1, weeks - cleanWeeks));
        _injections = [.. Inject(weeks, cleanWeeks, perWeek, drifts).OrderBy(each => each.Start)];
        Minutes = [.. Make(weeks)];
    }

    public static DateTimeOffset Start { get; } = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    public IReadOnlyList<SyntheticMinute> Minutes { get; }

    public IReadOnlyList<Injected> Injections => _injections;

    public static RateSample? Sample(SyntheticMinute minute) => minute.Count is { } count ? new RateSample(minute.Time, count, 60) : null;

    /// <summary>Requests a second in the middle of a minute, before anything random.</summary>
    private double Shape(int minute)
    {
        int day = minute / Day % 7;
        bool isHoliday = minute / Week == _holidayWeek && day == 3;
        double hour = minute % Day / 60.0;
        double midday = Math.Exp(-Math.Pow((hour - 11.5) / 3, 2)), evening = Math.Exp(-Math.Pow((hour - 20) / 2.2, 2));
        double daily = day >= 5 || isHoliday ? 0.22 + (0.5 * midday) + (0.75 * evening) : 0.2 + midday + (0.9 * evening);
        double crawler = minute % Day is >= 130 and < 142 ? 0.35 : 0;
        return 2 * _meanRate * (daily + crawler) * Math.Pow(1.01, minute / (double)Week);
    }

    private IEnumerable<Injected> Inject(int weeks, int cleanWeeks, int perWeek, bool drifts)
    {
        for (int week = cleanWeeks; week < weeks; week++)
        {
            // One anomaly in each part of the week, with room to its neighbours.
            int part = Week / perWeek;
            for (int each = 0; each < perWeek; each++)
            {
                InjectedKind kind = (InjectedKind)_random.Next(drifts ? 3 : 2);
                Injected? made = null;
                while (made is null)
                {
                    int length = kind switch
                    {
                        InjectedKind.Spike => (int)Math.Exp(_random.NextDouble() * Math.Log(60 / 3.0) + Math.Log(3)),
                        InjectedKind.Drop => (int)Math.Exp(_random.NextDouble() * Math.Log(150 / 3.0) + Math.Log(3)),
                        _ => 180 + _random.Next(360),
                    };
                    int start = (week * Week) + (each * part) + _random.Next(Math.Max(1, part - length - 90));
                    made = Draw(kind, start, length);
                }

                yield return made;
            }
        }
    }

    private Injected? Draw(InjectedKind kind, int start, int length)
    {
        double factor = kind switch
        {
            InjectedKind.Spike => Math.Exp(Math.Log(1.4) + (_random.NextDouble() * Math.Log(5 / 1.4))),
            InjectedKind.Drop => _random.Next(3) == 0 ? 0 : _random.NextDouble() * 0.65,
            _ => _random.Next(2) == 0 ? 1.4 + _random.NextDouble() : 0.25 + (_random.NextDouble() * 0.4),
        };
        if (kind != InjectedKind.Drift)
        {
            return Sigmas(start, factor) >= LeastSigmas ? new Injected(kind, start, start + length, start, factor) : null;
        }

        // Where it ends it must be well outside, whatever the level does meanwhile.
        return Math.Abs(Math.Log(factor)) > (OncePerWeek + 2) * AllNoise(start + length - 1)
            ? new Injected(kind, start, start + length, start + length, factor)
            : null;
    }

    private double Sigmas(int minute, double factor)
    {
        double mean = 60 * Shape(minute);
        double noise = Math.Sqrt(MinuteNoise * MinuteNoise / (1 - (MinuteMemory * MinuteMemory)));
        return Math.Abs(Scale(mean * factor, noise) - Scale(mean, noise));
    }

    // Anscombe's scale of a count whose variance is mean + (noise mean)^2, on which the standard deviation is 1.
    private static double Scale(double count, double noise) => 2 / noise * Math.Asinh(noise * Math.Sqrt(count + 0.375));

    private double AllNoise(int minute) => Math.Sqrt(
        (WanderDeviation * WanderDeviation)
            + (MinuteNoise * MinuteNoise / (1 - (MinuteMemory * MinuteMemory)))
            + (1 / (60 * Shape(minute))));

    // A ramp over three quarters of its length, then it stays.
    private static double DriftFactor(double factor, int minute, int length) =>
        1 + ((factor - 1) * Math.Min(1, minute / (0.75 * length)));

    private IEnumerable<SyntheticMinute> Make(int weeks)
    {
        double wander = Normal() * WanderDeviation, noise = 0;
        int gap = 0, burst = 0;
        double burstSize = 0;
        int next = 0;
        for (int minute = 0; minute < weeks * Week; minute++)
        {
            wander += (-wander / WanderMinutes) + (WanderDeviation * Math.Sqrt(2 / WanderMinutes) * Normal());
            noise = (MinuteMemory * noise) + (MinuteNoise * Normal());
            if (_random.NextDouble() < 3.0 / Week)
            {
                (burst, burstSize) = (1 + _random.Next(2), 0.1 + (0.08 * _random.NextDouble()));
            }

            gap = gap > 0 ? gap - 1 : _random.NextDouble() < 2.0 / Week ? 3 + _random.Next(90) : 0;
            while (next < _injections.Length && minute >= _injections[next].End)
            {
                next++;
            }

            double factor = next < _injections.Length && minute >= _injections[next].Start ? FactorAt(_injections[next], minute) : 1;
            if (factor != 1
                && _injections[next] is { Kind: InjectedKind.Drift } drift
                && drift.Visible == drift.End
                && HasLeft(minute, wander, factor))
            {
                _injections[next] = drift with { Visible = minute };
            }

            double mean = 60 * Shape(minute) * Math.Exp(wander + noise) * (1 + (burst-- > 0 ? burstSize : 0));
            DateTimeOffset time = Start.AddMinutes(minute + 1);
            double count = Poisson(mean * factor);
            yield return new SyntheticMinute(time, gap > 0 ? null : count, mean);
        }
    }

    private bool HasLeft(int minute, double wander, double factor) => Math.Abs(wander + Math.Log(factor)) > OncePerWeek * AllNoise(minute)
        && Math.Sign(wander + Math.Log(factor)) == Math.Sign(Math.Log(factor));

    private static double FactorAt(Injected each, int minute) =>
        each.Kind == InjectedKind.Drift ? DriftFactor(each.Factor, minute - each.Start, each.End - each.Start) : each.Factor;

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private double Poisson(double mean)
    {
        if (mean > 100)
        {
            return Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * Normal())));
        }

        double limit = Math.Exp(-mean), product = _random.NextDouble();
        int count = 0;
        while (product > limit)
        {
            product *= _random.NextDouble();
            count++;
        }

        return count;
    }
}
