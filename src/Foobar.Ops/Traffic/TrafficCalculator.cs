using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic;

/// <summary>A reading with the operator's monotonic clock before and after it.</summary>
internal sealed record TimedReading(CounterReading Reading, TimeSpan Asked, TimeSpan Answered)
{
    /// <summary>The best guess at when the counters were read.</summary>
    public TimeSpan Middle => (Asked + Answered) / 2;

    /// <summary>How far that guess may be off.</summary>
    public TimeSpan Uncertainty => (Answered - Asked) / 2;
}

/// <summary>From two readings of a source to rates.</summary>
internal static class TrafficCalculator
{
    public static IEnumerable<TrafficRate> Between(string server, TimedReading first, TimedReading second, DateTimeOffset time)
    {
        TimeSpan window = second.Middle - first.Middle;
        double uncertainty = 100 * (first.Uncertainty + second.Uncertainty) / window;
        string? reset = Reset(first.Reading, second.Reading);
        Dictionary<(TrafficOrigin, string), Counter> before = first.Reading.Counters.ToDictionary(counter => (counter.Origin, counter.Name));
        return second.Reading.Counters.Select(counter => ToRate(counter, before.GetValueOrDefault((counter.Origin, counter.Name)), reset) with
        {
            Server = server,
            WindowSeconds = window.TotalSeconds,
            UncertaintyPercent = Math.Max(uncertainty, HeldBackPercent(counter, window)),
            Time = time,
        }).Select(rate => rate with { PerSecond = rate.Count / window.TotalSeconds, Note = Join(rate.Note, second.Reading.Note) });
    }

    /// <summary>How much of what happened in a window may be counted outside it, and the other way round.</summary>
    private static double HeldBackPercent(Counter counter, TimeSpan window) =>
        !counter.IsHeldBack ? 0 : counter.HeldBack is { } limit ? Math.Min(100, 100 * limit / window) : 100;

    private static string? Join(string? first, string? second) => first is null ? second : second is null ? first : $"{first} {second}";

    private static TrafficRate ToRate(Counter after, Counter? before, string? reset)
    {
        TrafficRate rate = new() { Server = "", Origin = after.Origin, Name = after.Name, Unit = after.Unit, WindowSeconds = 0, UncertaintyPercent = 0, Time = default };
        return after.Uncountable is not null ? rate with { Note = after.Uncountable }
            : before is null ? rate with { Note = "It appeared within the window." }
            : reset is not null ? rate with { Note = reset }
            : after.Value < before.Value ? rate with { Note = "The counter was reset within the window." }
            : rate with { Count = Math.Max(0, after.Value - before.Value - after.OwnPerReading), Note = after.Note };
    }

    private static string? Reset(CounterReading first, CounterReading second) =>
        first.Epoch != second.Epoch ? $"The counters were reset within the window ({first.Epoch}, then {second.Epoch})."
        : second.Uptime < first.Uptime ? "The service restarted within the window."
        : null;
}
