namespace Foobar.Ops.Probing;

/// <summary>The bounds of probing from one vantage.</summary>
public sealed record ProbeOptions
{
    /// <summary>How long each probe waits for an answer.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many probes are begun a second, at most.</summary>
    public int RatePerSecond { get; init; } = 50;

    /// <summary>How many probes wait for an answer at once, at most.</summary>
    public int Parallel { get; init; } = 64;

    /// <summary>The longest that a number of probes can take.</summary>
    internal TimeSpan Longest(int probes) =>
        TimeSpan.FromSeconds(
            Math.Ceiling((double)probes / RatePerSecond) + (Math.Ceiling((double)probes / Parallel) * (Wait.TotalSeconds + 1)) + 5);
}
