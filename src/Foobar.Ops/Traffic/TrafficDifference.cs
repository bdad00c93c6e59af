namespace Foobar.Ops.Traffic;

/// <summary>Why two counts of the same traffic differ.</summary>
public enum TrafficReason : long
{
    /// <summary>The load balancer sent the visitor elsewhere: from HTTP to HTTPS, to another name.</summary>
    Redirected,

    /// <summary>The load balancer answered itself: statistics, a <c>return</c> rule, a server that could not be reached.</summary>
    AnsweredItself,

    /// <summary>A rule of the load balancer refused them.</summary>
    Denied,

    /// <summary>They could not be understood, or their client went away.</summary>
    RequestErrors,

    /// <summary>The load balancer's health checks, by its configuration.</summary>
    HealthChecks,

    /// <summary>Attempts that were made again, at the same server or another one.</summary>
    Retries,

    /// <summary>Several requests over one connection: kept alive, or streams of HTTP/2.</summary>
    SharedConnections,

    /// <summary>Lines that a log does not have yet, or never gets.</summary>
    NotLogged,

    /// <summary>Statements that a request needs, or that have nothing to do with requests.</summary>
    StatementsPerRequest,
}

/// <summary>One reason with its share.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Count">How many it explains; negative where it makes the second count the smaller one by less.</param>
public sealed record TrafficShare(TrafficReason Reason, double Count)
{
    /// <summary>Reason and count.</summary>
    public override string ToString() => FormattableString.Invariant($"{Reason} {Count:0.#}");
}

/// <summary>
/// Two counts on the way of the same traffic within one window, what explains their difference, and what remains.
/// </summary>
public sealed record TrafficDifference
{
    /// <summary>The server of the second count.</summary>
    public required string Server { get; init; }

    /// <summary>What was counted first.</summary>
    public required string From { get; init; }

    /// <summary>What was counted next on the way.</summary>
    public required string To { get; init; }

    /// <summary>The first count.</summary>
    public required long FromCount { get; init; }

    /// <summary>The second count.</summary>
    public required long ToCount { get; init; }

    /// <summary>The second less the first.</summary>
    public long Difference => ToCount - FromCount;

    /// <summary>The second by the first; <see langword="null"/> where the first is 0.</summary>
    public double? Ratio => FromCount == 0 ? null : (double)ToCount / FromCount;

    /// <summary>What explains the difference.</summary>
    public required IReadOnlyList<TrafficShare> Reasons { get; init; }

    /// <summary>What remains unexplained is at least this, the counts' own bounds included; <see langword="null"/> for no bound.</summary>
    public required double? UnexplainedLower { get; init; }

    /// <summary>What remains unexplained is at most this; <see langword="null"/> for no bound.</summary>
    public required double? UnexplainedUpper { get; init; }

    /// <summary>Whether the reasons, with the bounds of the counts, are enough.</summary>
    public bool IsExplained => UnexplainedLower is null or <= 0 && UnexplainedUpper is null or >= 0;

    /// <summary>When the window began, in UTC.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When it ended, in UTC.</summary>
    public required DateTimeOffset End { get; init; }
}
