namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>An anomaly of a rate that has just begun.</summary>
public sealed record TrafficAlert
{
    /// <summary>The server; empty for a service that doesn't tell.</summary>
    public required string Server { get; init; }

    /// <summary>Where the rate was counted.</summary>
    public required TrafficOrigin Origin { get; init; }

    /// <summary>Which counter.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required AnomalyKind Kind { get; init; }

    /// <summary>The rate, a second.</summary>
    public required double Rate { get; init; }

    /// <summary>The lowest rate that was expected, a second.</summary>
    public required double ExpectedLower { get; init; }

    /// <summary>The highest rate that was expected, a second.</summary>
    public required double ExpectedUpper { get; init; }

    /// <summary>How many standard deviations it is off.</summary>
    public required double Score { get; init; }

    /// <summary>Whether a history of days or weeks was compared with.</summary>
    public bool UsesHistory { get; init; }

    /// <summary>When it was counted, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>It in one line.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Kind} of {Name}{(Server.Length > 0 ? $" on {Server}" : "")} at {Time:u}: {Rate:0.0} a second, expected {ExpectedLower:0.0} to {ExpectedUpper:0.0}");
}
