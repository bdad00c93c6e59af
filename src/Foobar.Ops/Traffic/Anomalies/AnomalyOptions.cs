namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>How sensitive the detection is. The defaults aim at less than one false alarm a week of samples a minute.</summary>
public sealed record AnomalyOptions
{
    /// <summary>How many standard deviations one sample may be off.</summary>
    public double SampleLimit { get; init; } = 5;

    /// <summary>How many two samples in a row may be off, to the same side.</summary>
    public double PairLimit { get; init; } = 3.8;

    /// <summary>Below how many an anomaly has ended.</summary>
    public double EndLimit { get; init; } = 3;

    /// <summary>How many standard deviations the level of the last minutes may be off what is usual at this time.</summary>
    public double DriftLimit { get; init; } = 3.35;

    /// <summary>How many standard deviations it may turn away from its own average over the last hours.</summary>
    public double TurnLimit { get; init; } = 3.85;

    /// <summary>The share by which it must turn away to be worth telling, 0 to 1.</summary>
    public double SmallestTurn { get; init; } = 0.095;

    /// <summary>The share of the expected rate by which a sample must be off to be worth telling, 0 to 1.</summary>
    public double SmallestJump { get; init; } = 0.25;

    /// <summary>The share of the expected level by which a drift must be off to be worth telling, 0 to 1.</summary>
    public double SmallestDrift { get; init; } = 0.12;

    /// <summary>After which time a jump is taken as the new level, where there is no history.</summary>
    public TimeSpan AcceptAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>After which time a jump or a drift is taken as the new level, where there is a history.</summary>
    public TimeSpan AcceptAfterWithHistory { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The time zone in whose days and weeks the site's visitors live.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;
}
