namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>
/// The shape at a time, as logarithms of a rate: the value, and the range about it, which is one value except beside a step.
/// </summary>
internal readonly record struct SeasonalValue(double Value, double Lower, double Upper)
{
    /// <summary>No shape: every level is as likely.</summary>
    public static SeasonalValue None { get; }

    /// <summary>Whether it is beside a step, such as the start of a job, whose minute is not known exactly.</summary>
    public bool IsStep => Lower < Upper;
}

/// <summary>
/// The daily and weekly shape of a rate, in logarithms: for each five minutes of the week the middle of the weeks, each week
/// put on one level first. Where there are less than two weeks, for each five minutes of the day the middle of the days. It is the
/// seasonal part of a robust seasonal decomposition (R. B. Cleveland et al., "STL", Journal of Official Statistics 6, 1990), with a
/// location that up to half of the values may not move in place of Loess, since a history has few weeks and holds anomalies.
/// </summary>
public sealed class SeasonalBaseline
{
    /// <summary>How long a slot is.</summary>
    public static readonly TimeSpan SlotLength = TimeSpan.FromMinutes(5);

    /// <summary>How much of a history is used, the newest.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromDays(8 * DaysPerWeek);

    /// <summary>Over which time the average is taken that a drift turns away from.</summary>
    internal static readonly TimeSpan Turn = TimeSpan.FromMinutes(90);

    private const int DaysPerWeek = 7;
    private const int SlotsPerDay = 24 * 60 / 5;
    private const int SlotsPerWeek = DaysPerWeek * SlotsPerDay;
    private const int LeastWeeks = 2;

    // Neighbouring slots that differ by more than this (in logarithms) are a step, such as a job that starts on the hour.
    private const double Step = 0.15;

    private readonly double[] _shape;
    private readonly TimeZoneInfo _zone;

    private SeasonalBaseline(double[] shape, double level, TimeZoneInfo zone)
    {
        _shape = shape;
        Level = level;
        _zone = zone;
    }

    /// <summary>How far the level of some minutes is usually off the shape: a standard deviation, in logarithms (0.05 is 5 %).</summary>
    public double Spread { get; private init; }

    /// <summary>How far it usually is off its own average over <see cref="Turn"/>: a standard deviation, in logarithms.</summary>
    public double TurnSpread { get; private init; }

    /// <summary>The level of the last days above the shape, in logarithms.</summary>
    public double Level { get; }

    /// <summary>Whether there is a weekly shape, not a daily one alone.</summary>
    public bool IsWeekly { get; private init; }

    /// <summary>Learns a shape.</summary>
    /// <param name="history">What was counted, in any order; stretches longer than a slot stand for each slot within.</param>
    /// <param name="now">The time now; nothing after it is used, and nothing before <see cref="Reach"/>.</param>
    /// <param name="zone">The time zone in whose days and weeks the visitors live.</param>
    /// <returns>The shape; <see langword="null"/> if the history is shorter than a day.</returns>
    public static SeasonalBaseline? Learn(IEnumerable<RateBucket> history, DateTimeOffset now, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(zone);
        SlotTable slots = SlotTable.Of(history, now, Reach, SlotLength, zone);
        if (slots.Days < 1)
        {
            return null;
        }

        ShapeFit weekly = ShapeFit.Of(slots, SlotsPerWeek, Turn);
        ShapeFit? daily = weekly.Times.All(times => times >= LeastWeeks) ? null : ShapeFit.Of(slots, SlotsPerDay, Turn);
        double[] shape =
        [
            .. weekly.Shape.Select((value, slot) => weekly.Times[slot] >= LeastWeeks ? value : daily!.Shape[slot % SlotsPerDay]),
        ];
        bool mostlyWeekly = 2 * weekly.Times.Count(times => times >= LeastWeeks) > SlotsPerWeek;
        ShapeFit fit = mostlyWeekly ? weekly : daily!;
        shape = Smooth(shape);
        double doubt = Math.Sqrt(1 + (1.0 / Math.Max(1, fit.UsualTimes)));
        return new SeasonalBaseline(shape, slots.RecentLevel(shape), zone)
        {
            Spread = fit.Spread * doubt,
            TurnSpread = fit.TurnSpread * doubt,
            IsWeekly = mostlyWeekly,
        };
    }

    /// <summary>The shape at a time; <see langword="null"/> where the history has nothing.</summary>
    internal SeasonalValue? At(DateTimeOffset time)
    {
        (int slot, double place) = SlotTable.Place(time, SlotLength, _zone);
        double here = _shape[slot], before = Neighbour(_shape, slot, -1), after = Neighbour(_shape, slot, 1);
        if (double.IsNaN(here))
        {
            return null;
        }

        double other = place < 0.5 ? before : after;
        double value = here + (Math.Abs(place - 0.5) * (other - here));
        return IsStep(here, before) || IsStep(here, after)
            ? new SeasonalValue(here, Math.Min(here, Math.Min(before, after)), Math.Max(here, Math.Max(before, after)))
            : new SeasonalValue(value, value, value);
    }

    /// <summary>By how much this shape is above another, in logarithms, over the whole week.</summary>
    internal double Above(SeasonalBaseline other)
    {
        double[] differences = [.. _shape.Zip(other._shape, (mine, its) => mine - its).Where(difference => !double.IsNaN(difference))];
        return differences.Length == 0 ? 0 : RobustStatistics.Median(differences);
    }

    /// <summary>Takes the noise of single slots out: the mean of three, except at steps.</summary>
    private static double[] Smooth(double[] shape) =>
        [
            .. shape.Select(
                (here, slot) =>
                    Neighbour(shape, slot, -1) is var before
                        && Neighbour(shape, slot, 1) is var after
                        && !IsStep(here, before)
                        && !IsStep(here, after)
                        ? (before + here + after) / 3
                        : here),
        ];

    private static bool IsStep(double here, double other) => Math.Abs(here - other) > Step;

    private static double Neighbour(double[] shape, int slot, int direction) =>
        shape[(slot + SlotsPerWeek + direction) % SlotsPerWeek] is var other && double.IsNaN(other) ? shape[slot] : other;
}
