namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>A history cut into slots of local time: the logarithm of the rate in each, by the number of the slot since a Monday.</summary>
internal sealed class SlotTable
{
    private const double DaySeconds = 86400;

    // Monday, 1 January 2001.
    private static readonly DateTime Monday = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private SlotTable(long first, double[] values, TimeSpan length)
    {
        int slotsPerDay = (int)(DaySeconds / length.TotalSeconds);
        Length = length;
        First = first;
        Values = values;
        Days = values.Count(value => !double.IsNaN(value)) / (double)slotsPerDay;
        RecentSlots = 7 * slotsPerDay;
    }

    /// <summary>The number of the first slot.</summary>
    public long First { get; }

    /// <summary>How long a slot is.</summary>
    public TimeSpan Length { get; }

    /// <summary>The logarithms of the rates; NaN where nothing was counted.</summary>
    public double[] Values { get; }

    /// <summary>How many days' worth of slots have a value.</summary>
    public double Days { get; }

    private int RecentSlots { get; }

    public static SlotTable Of(IEnumerable<RateBucket> history, DateTimeOffset now, TimeSpan reach, TimeSpan length, TimeZoneInfo zone)
    {
        long last = Number(now, length, zone), first = last - (long)(reach / length);
        double[] counts = new double[last - first + 1], seconds = new double[last - first + 1];
        foreach (RateBucket bucket in history.Where(bucket => bucket.Seconds > 0 && bucket.Count >= 0 && bucket.Start <= now))
        {
            long from = Number(bucket.Start, length, zone) - first;
            long to = Math.Max(from, Number(bucket.Start + bucket.Length - TimeSpan.FromTicks(1), length, zone) - first);
            double share = 1.0 / (to - from + 1);
            for (long slot = Math.Max(0, from); slot <= to && slot < counts.Length; slot++)
            {
                counts[slot] += bucket.Count * share;
                seconds[slot] += bucket.Seconds * share;
            }
        }

        // Half an event stands for none: a logarithm of 0 does not exist.
        double[] values =
        [
            .. counts.Select((count, slot) => seconds[slot] > 0 ? Math.Log(Math.Max(count, 0.5) / seconds[slot]) : double.NaN),
        ];
        return new SlotTable(first, values, length);
    }

    /// <summary>The slot of the week of a time, and how far within it, 0 to 1.</summary>
    public static (int Slot, double Place) Place(DateTimeOffset time, TimeSpan length, TimeZoneInfo zone)
    {
        double slots = (Local(time, zone) - Monday) / length;
        double whole = Math.Floor(slots);
        return ((int)((long)whole % (long)(TimeSpan.FromDays(7) / length)), slots - whole);
    }

    /// <summary>By how much the last week is above a shape of the week, in logarithms; 0 if it has nothing.</summary>
    public double RecentLevel(double[] shape)
    {
        double[] recent = [.. Enumerable.Range(Math.Max(0, Values.Length - RecentSlots), Math.Min(Values.Length, RecentSlots))
            .Select(slot => Values[slot] - shape[(First + slot) % shape.Length]).Where(value => !double.IsNaN(value))];
        return recent.Length == 0 ? 0 : RobustStatistics.Median(recent);
    }

    private static long Number(DateTimeOffset time, TimeSpan length, TimeZoneInfo zone) =>
        (long)Math.Floor((Local(time, zone) - Monday) / length);

    private static DateTime Local(DateTimeOffset time, TimeZoneInfo zone) =>
        DateTime.SpecifyKind(TimeZoneInfo.ConvertTime(time, zone).DateTime, DateTimeKind.Unspecified);
}
