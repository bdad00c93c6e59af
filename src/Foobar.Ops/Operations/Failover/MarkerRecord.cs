namespace Foobar.Ops.Operations.Failover;

/// <summary>What the marker on a member says of the last operation that it knows of.</summary>
internal sealed record MarkerRecord
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>Who began it, or ended it last.</summary>
    public required string Holder { get; init; }

    /// <summary>When it began, in UTC, as text: <c>2026-11-22 17:23:16.123</c>.</summary>
    public required string Since { get; init; }

    /// <summary>How far it came; one of <see cref="MarkerState"/>, or what somebody wrote by hand.</summary>
    public required string State { get; init; }

    /// <summary>The primary before it.</summary>
    public required string OldPrimary { get; init; }

    /// <summary>The primary after it.</summary>
    public required string NewPrimary { get; init; }

    /// <summary>What its plan was built from, as in its journal; never a secret.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Whether it is under way, or was left there.</summary>
    public bool IsUnfinished => State is MarkerState.Running or MarkerState.Switched;

    /// <summary>For other operators.</summary>
    public override string ToString() => IsUnfinished
        ? $"a failover from {OldPrimary} to {NewPrimary} by {Holder} has been under way since {Since} UTC ({State})"
        : $"a failover from {OldPrimary} to {NewPrimary} that began at {Since} UTC was ended by {Holder} ({State})";
}

/// <summary>How far an operation came, in its marker.</summary>
internal static class MarkerState
{
    /// <summary>Begun; of a switchover: the endpoint may not lead to the new primary yet.</summary>
    public const string Running = "running";

    /// <summary>The application writes on the new primary; there are steps left.</summary>
    public const string Switched = "switched";

    /// <summary>All is done.</summary>
    public const string Completed = "completed";

    /// <summary>Writes were moved; something is left to repair.</summary>
    public const string Degraded = "degraded";

    /// <summary>Writes are where they were.</summary>
    public const string Undone = "undone";

    /// <summary>A repair brought redundancy back.</summary>
    public const string Repaired = "repaired";

    /// <summary>Another operation took its place, or somebody gave it up by hand.</summary>
    public const string Abandoned = "abandoned";
}
