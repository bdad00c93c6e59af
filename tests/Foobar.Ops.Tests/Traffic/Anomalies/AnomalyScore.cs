using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Tests.Traffic.Anomalies;

/// <summary>How a method did on a series: what it flagged against what was put in.</summary>
internal sealed record AnomalyScore
{
    // Samples in which a jump back to normal may still be flagged, and within which flags belong to one alarm.
    private const int Grace = 2;
    private const int SameAlarm = 10;

    public required int Injected { get; init; }

    public required int Found { get; init; }

    public required int FalseAlarms { get; init; }

    public required double Weeks { get; init; }

    public required IReadOnlyDictionary<InjectedKind, (int Found, int Of)> ByKind { get; init; }

    public double Recall => Injected == 0 ? 1 : (double)Found / Injected;

    public double FalseAlarmsPerWeek => FalseAlarms / Weeks;

    /// <summary>Counts.</summary>
    /// <param name="traffic">The series.</param>
    /// <param name="flags">For each minute above 0 for too much, below 0 for too little, 0 for nothing.</param>
    /// <param name="from">The first minute that counts.</param>
    public static AnomalyScore Of(SyntheticTraffic traffic, IReadOnlyList<int> flags, int from)
    {
        // What lies in a gap as a whole nobody can see.
        Injected[] counted = [.. traffic.Injections.Where(each => each.Start >= from
            && Enumerable.Range(each.Start, each.End - each.Start).Any(minute => traffic.Minutes[minute].Count is not null))];
        Dictionary<InjectedKind, (int Found, int Of)> kinds = counted.GroupBy(each => each.Kind)
            .ToDictionary(kind => kind.Key, kind => (kind.Count(each => IsFound(traffic, flags, each)), kind.Count()));
        bool[] belongs = new bool[flags.Count];
        foreach (Injected each in traffic.Injections)
        {
            for (int minute = each.Start; minute < Math.Min(flags.Count, each.End + Grace); minute++)
            {
                belongs[minute] = true;
            }
        }

        return new AnomalyScore
        {
            Injected = counted.Length,
            Found = kinds.Values.Sum(kind => kind.Found),
            ByKind = kinds,
            FalseAlarms = FalseAlarmsOf(flags, belongs, from),
            Weeks = (flags.Count - from) / (double)SyntheticTraffic.Week,
        };
    }

    private static int FalseAlarmsOf(IReadOnlyList<int> flags, bool[] belongs, int from)
    {
        int alarms = 0, last = int.MinValue / 2;
        for (int minute = from; minute < flags.Count; minute++)
        {
            if (flags[minute] == 0)
            {
                continue;
            }

            alarms += !belongs[minute] && minute - last > SameAlarm ? 1 : 0;
            last = minute;
        }

        return alarms;
    }

    /// <summary>
    /// Whether it was flagged, to the right side, from its start to the second sample at which it is to be seen; gaps are no samples.
    /// </summary>
    private static bool IsFound(SyntheticTraffic traffic, IReadOnlyList<int> flags, Injected each)
    {
        int side = each.Factor > 1 ? 1 : -1, seen = 0;
        for (int minute = each.Start; minute < each.End && seen < 2; minute++)
        {
            if (traffic.Minutes[minute].Count is null)
            {
                continue;
            }

            if (Math.Sign(flags[minute]) == side)
            {
                return true;
            }

            seen += minute >= each.Visible ? 1 : 0;
        }

        return false;
    }
}
