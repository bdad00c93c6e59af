using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>What kind of thing differs between two snapshots.</summary>
public enum DifferenceKind : long
{
    /// <summary>The inventory: servers or policy.</summary>
    Inventory,

    /// <summary>A fact of a server.</summary>
    Fact,

    /// <summary>A finding: what a control says of a target.</summary>
    Finding,
}

/// <summary>One thing that differs between two snapshots.</summary>
public sealed record SnapshotDifference
{
    /// <summary>What kind of thing it is.</summary>
    public required DifferenceKind Kind { get; init; }

    /// <summary>The server, where it is of one.</summary>
    public string? Server { get; init; }

    /// <summary>The part of the audit (a fact) or the control's id (a finding).</summary>
    public string? Source { get; init; }

    /// <summary>The place in the inventory or the facts, or the finding's target.</summary>
    public string? Target { get; init; }

    /// <summary>What was there; <see langword="null"/> if nothing was.</summary>
    public string? Before { get; init; }

    /// <summary>What is there; <see langword="null"/> if nothing is.</summary>
    public string? After { get; init; }

    /// <summary>For findings: the severity of the control.</summary>
    public Severity? Severity { get; init; }
}
