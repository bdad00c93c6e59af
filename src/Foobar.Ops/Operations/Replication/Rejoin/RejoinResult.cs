using System.Text.Json.Serialization;
using Foobar.Ops.Database;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>How a member comes back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RejoinMethod>))]
public enum RejoinMethod : long
{
    /// <summary>Not decided: its database must be started first.</summary>
    Undecided,

    /// <summary>As it is: it holds nothing that the primary lacks, and the primary still has what it lacks.</summary>
    Rejoin,

    /// <summary>By a fresh copy of the primary.</summary>
    Copy,
}

/// <summary>What a repair will do, or why it will not.</summary>
public sealed record RejoinPreview
{
    /// <summary>The member that comes back; <see langword="null"/> if it can't be told which.</summary>
    public string? Server { get; init; }

    /// <summary>The primary; <see langword="null"/> if there is not exactly one.</summary>
    public string? Primary { get; init; }

    /// <summary>How it comes back.</summary>
    public RejoinMethod Method { get; init; }

    /// <summary>Why so, in one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The transactions that it holds and the primary lacks; empty for none or not known yet.</summary>
    public string ErrantGtids { get; init; } = "";

    /// <summary>The steps, in order.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>What stands in the way; empty for nothing.</summary>
    public IReadOnlyList<FailoverBlocker> Blockers { get; init; } = [];
}

/// <summary>What a repair did.</summary>
public sealed record RejoinResult
{
    /// <summary>The member.</summary>
    public required string Server { get; init; }

    /// <summary>The primary it follows.</summary>
    public required string Primary { get; init; }

    /// <summary>
    /// How it ended. A repair that is undone leaves the member with its own data, read-only, and out of replication unless it never left
    /// it; <see cref="PlanOutcome.Degraded"/> is one that failed after its data were replaced. Either may be run again.
    /// </summary>
    public required PlanOutcome Outcome { get; init; }

    /// <summary>How the member came back.</summary>
    public required RejoinMethod Method { get; init; }

    /// <summary>Why so, in one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The transactions that it held and the primary lacks, by exact GTID; empty for none.</summary>
    public string ErrantGtids { get; init; } = "";

    /// <summary>How many these are.</summary>
    public int ErrantCount { get; init; }

    /// <summary>The file with these transactions as SQL; <see langword="null"/> for none.</summary>
    public string? ErrantFile { get; init; }

    /// <summary>What came of trying that file on the copy of the primary.</summary>
    public ErrantTrial ErrantTrial { get; init; }

    /// <summary>Why so, in one sentence; empty for nothing to say.</summary>
    public string ErrantTrialReason { get; init; } = "";

    /// <summary>How many bytes went through this machine for a fresh copy; 0 if none did.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>Each step with its time.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>Why it failed; <see langword="null"/> if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What to do about it, where the step that failed says so.</summary>
    public string? Recommendation { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long all of it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The path of the journal.</summary>
    public required string Journal { get; init; }

    /// <summary>How a repair ended: nothing is undone once the member's data were being replaced.</summary>
    internal static PlanOutcome Ended(PlanOutcome outcome, bool hasReplaced) =>
        outcome == PlanOutcome.Undone && hasReplaced ? PlanOutcome.Degraded : outcome;

    /// <summary>What a failed repair has cost, after its error; empty for nothing.</summary>
    internal static string Lost(PlanResult result, bool hasReplaced) => result switch
    {
        { Outcome: not PlanOutcome.Undone } => "",
        _ when !hasReplaced => "",
        { Steps: var steps } when steps.Any(static step => step is { Step: "copy", Outcome: StepOutcome.Done }) => "",
        _ => " Its own data were being replaced by the primary's, and are gone in part or in whole. Unless its database starts and "
            + "replicates, it is no usable copy.",
    };

    /// <summary>What to do about a member whose copy failed midway.</summary>
    internal static string CopyAgain(string server, DatabaseFlavor flavor) => flavor == DatabaseFlavor.MariaDb
        ? $"See what its database says (journalctl -u mariadb on {server}); its old data may still stand in .foobar-old of its data "
            + $"directory. Mend what it names, and copy again: Repair-FoobarReplication -Server {server} -Copy."
        : $"See what its database says (journalctl -u mysql on {server}, or mysqld). Mend what it names, and copy again: "
            + $"Repair-FoobarReplication -Server {server} -Copy.";
}
