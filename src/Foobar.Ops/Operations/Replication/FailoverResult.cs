using System.Globalization;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What a failover will do, or why it will not.</summary>
public sealed record FailoverPreview
{
    /// <summary>The primary; <see langword="null"/> if there is not exactly one.</summary>
    public string? OldPrimary { get; init; }

    /// <summary>The member that shall become the primary.</summary>
    public string? NewPrimary { get; init; }

    /// <summary>Why that member was chosen among several replicas; <see langword="null"/> if it was named, or is the only one.</summary>
    public string? Choice { get; init; }

    /// <summary>The steps, in order.</summary>
    public required IReadOnlyList<string> Steps { get; init; }

    /// <summary>What stands in the way; empty for nothing.</summary>
    public required IReadOnlyList<FailoverBlocker> Blockers { get; init; }

    /// <summary>What the operator should know, and does not stand in the way; empty for nothing.</summary>
    public IReadOnlyList<FailoverBlocker> Warnings { get; init; } = [];

    /// <summary>In an emergency: what has become of the primary, and who saw it; <see langword="null"/> for a planned switchover.</summary>
    public PrimaryVerdict? Verdict { get; init; }

    /// <summary>In an emergency: what may be lost; <see langword="null"/> for a planned switchover.</summary>
    public LossEstimate? Loss { get; init; }

    /// <summary>The write gap to expect at the least; <see langword="null"/> if it was not estimated.</summary>
    public TimeSpan? PredictedGapLow { get; init; }

    /// <summary>The write gap to expect at the most.</summary>
    public TimeSpan? PredictedGapHigh { get; init; }

    /// <summary>What it would do, in one sentence without its end: for a question.</summary>
    public string Summary => (Verdict is null
            ? $"Move writes from {OldPrimary ?? "an unknown primary"} to {NewPrimary ?? "an unknown member"}"
            : $"Put {NewPrimary ?? "an unknown member"} in the place of {OldPrimary ?? "an unknown primary"}")
        + (Steps.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $" in {Steps.Count} steps") : "")
        + (PredictedGapLow is { } low && PredictedGapHigh is { } high
            ? string.Create(
                CultureInfo.InvariantCulture, $"; they stand still for about {low.TotalMilliseconds:0} to {high.TotalMilliseconds:0} ms")
            : "")
        + (Loss is null ? "" : $": {Verdict?.Reason} {Loss.Reason}".TrimEnd('.'));
}

/// <summary>What a failover did.</summary>
public sealed record FailoverResult
{
    /// <summary>The operation's id, by which the journal and the marker on the databases know it.</summary>
    public required string Id { get; init; }

    /// <summary>How it ended.</summary>
    public required PlanOutcome Outcome { get; init; }

    /// <summary>The primary before.</summary>
    public required string OldPrimary { get; init; }

    /// <summary>The primary now, if it is not the old one.</summary>
    public required string NewPrimary { get; init; }

    /// <summary>For how long no write was acknowledged; <see langword="null"/> if writes were not moved.</summary>
    public WriteGap? WriteGap { get; init; }

    /// <summary>Whether it is proved that nothing was lost.</summary>
    public required FailoverProof Proof { get; init; }

    /// <summary>What a canary saw from before the first step to after the last; <see langword="null"/> for no canary.</summary>
    public WriteMeasurement? Canary { get; init; }

    /// <summary>In an emergency: what had become of the primary, and who saw it; <see langword="null"/> for a planned switchover.</summary>
    public PrimaryVerdict? Verdict { get; init; }

    /// <summary>
    /// In an emergency: what might have been lost, as it was known before; <see langword="null"/> for a planned switchover.
    /// </summary>
    public LossEstimate? Loss { get; init; }

    /// <summary>In an emergency: the transactions that were fetched from the dead primary's binary log; empty for none.</summary>
    public string SalvagedGtids { get; init; } = "";

    /// <summary>
    /// In an emergency: how long after the command the application could write again; <see langword="null"/> if it can't.
    /// </summary>
    public TimeSpan? WritableAfter { get; init; }

    /// <summary>Each step with its time.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>Why it was undone or is degraded; <see langword="null"/> if it is neither.</summary>
    public string? Error { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Recommendation { get; init; }

    /// <summary>Whether something is left that <c>Resume-FoobarFailover</c> does; the journal is open until then.</summary>
    public bool Unfinished { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long all of it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The path of the journal.</summary>
    public required string Journal { get; init; }
}
