using System.Text.Json.Serialization;

namespace Foobar.Ops.Planning;

/// <summary>How a plan ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PlanOutcome>))]
public enum PlanOutcome : long
{
    /// <summary>Every step was done and verified.</summary>
    Completed,

    /// <summary>A step failed, a limit ran out or it was cancelled; everything done was undone.</summary>
    Undone,

    /// <summary>A step past the point of no return failed; the others were done. The operator has something left to repair.</summary>
    Degraded,

    /// <summary>A step failed, and undoing failed too. The operator must look now.</summary>
    UndoFailed,

    /// <summary>Somebody else took the operation's place; nothing more was done, neither forward nor back.</summary>
    Superseded,
}

/// <summary>How one step ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepOutcome>))]
public enum StepOutcome : long
{
    /// <summary>Done and verified.</summary>
    Done,

    /// <summary>Its check, change or verification failed.</summary>
    Failed,

    /// <summary>Done or half done, then undone.</summary>
    Undone,

    /// <summary>Undoing it failed.</summary>
    UndoFailed,

    /// <summary>Never begun.</summary>
    Skipped,

    /// <summary>Done by an earlier run that was ended midway.</summary>
    DoneEarlier,
}

/// <summary>What became of one step.</summary>
public sealed record StepResult
{
    /// <summary>The step's name.</summary>
    public required string Step { get; init; }

    /// <summary>What it changes.</summary>
    public required string Description { get; init; }

    /// <summary>The server it changes.</summary>
    public string? Server { get; init; }

    /// <summary>How it ended.</summary>
    public required StepOutcome Outcome { get; init; }

    /// <summary>How long check, change and verification took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Why it, or its undo, failed.</summary>
    public string? Error { get; init; }
}

/// <summary>What became of a plan.</summary>
public sealed record PlanResult
{
    /// <summary>How it ended.</summary>
    public required PlanOutcome Outcome { get; init; }

    /// <summary>Its steps, in order.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>The first failure; <see langword="null"/> if there was none.</summary>
    [JsonIgnore]
    public Exception? Failure { get; init; }
}
