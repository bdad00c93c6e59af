namespace Foobar.Ops.Traffic;

/// <summary>
/// How much traffic one counter saw within a window: the best figure, and two bounds that the truth lies between.
/// </summary>
public sealed record TrafficRate
{
    /// <summary>The server; empty for a log file given by its path and for a service that doesn't tell.</summary>
    public required string Server { get; init; }

    /// <summary>Where the count comes from.</summary>
    public required TrafficOrigin Origin { get; init; }

    /// <summary>
    /// Which counter: a frontend (<c>www-https</c>), a server of a backend (<c>web/web-01</c>), <c>requests</c>, a log's path,
    /// <c>Questions</c>, <c>Com_select</c> ...
    /// </summary>
    public required string Name { get; init; }

    /// <summary>What is counted.</summary>
    public required TrafficUnit Unit { get; init; }

    /// <summary>When the window began, in UTC; the same for all sources of one measurement.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When the window ended, in UTC.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>The length of the window in seconds, by a monotonic clock where one measured it.</summary>
    public required double WindowSeconds { get; init; }

    /// <summary>The best figure for the count within the window; <see langword="null"/> if there is none.</summary>
    public long? Count { get; init; }

    /// <summary>The count was at least this.</summary>
    public double CountLower { get; init; }

    /// <summary>The count was at most this; <see langword="null"/> if there is no bound.</summary>
    public double? CountUpper { get; init; }

    /// <summary>The best figure for the rate a second; <see langword="null"/> if there is none.</summary>
    public double? Rate => Count / WindowSeconds;

    /// <summary>The rate a second was at least this.</summary>
    public double Lower => WindowSeconds > 0 ? CountLower / WindowSeconds : 0;

    /// <summary>The rate a second was at most this; <see langword="null"/> if there is no bound.</summary>
    public double? Upper => WindowSeconds > 0 ? CountUpper / WindowSeconds : null;

    /// <summary>Whether the bounds are the count itself.</summary>
    public bool IsExact => Count is { } count && CountLower == count && CountUpper == count;

    /// <summary>What the count is made of and what was seen beside it; <see langword="null"/> if the source tells nothing.</summary>
    public TrafficBreakdown? Breakdown { get; init; }

    /// <summary>What was read of log files; <see langword="null"/> for other origins.</summary>
    public TrafficLog? Log { get; init; }

    /// <summary>What was expected of the rate, and what it is; <see langword="null"/> where it was not judged.</summary>
    public Anomalies.RateJudgement? Expected { get; init; }

    /// <summary>What to know about the count; <see langword="null"/> for nothing.</summary>
    public string? Note { get; init; }
}
