namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>What was expected of a sample, and what it is.</summary>
public sealed record RateJudgement
{
    /// <summary>When counting ended, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What was counted, a second.</summary>
    public required double Rate { get; init; }

    /// <summary>What the sample is.</summary>
    public required AnomalyKind Kind { get; init; }

    /// <summary>The lowest rate that is expected, a second; <see langword="null"/> while learning.</summary>
    public double? ExpectedLower { get; init; }

    /// <summary>The highest rate that is expected, a second; <see langword="null"/> while learning.</summary>
    public double? ExpectedUpper { get; init; }

    /// <summary>
    /// How many standard deviations the sample (a spike, a drop) or the level of the last minutes (a drift) is above, below 0
    /// beneath, what is expected; <see langword="null"/> while learning.
    /// </summary>
    public double? Score { get; init; }

    /// <summary>Whether the daily or weekly shape of a history was used.</summary>
    public bool UsesHistory { get; init; }

    /// <summary>Whether it is an anomaly.</summary>
    public bool IsAnomaly => Kind is not (AnomalyKind.None or AnomalyKind.Learning);
}
