using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Detection;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>What is there after a primary fell silent: who it was, who can take its place, what became of it, what may be lost.</summary>
internal sealed record ReplicationAnalysis
{
    /// <summary>The primary.</summary>
    public required string Primary { get; init; }

    /// <summary>The member that shall take its place.</summary>
    public required string Candidate { get; init; }

    /// <summary>Why it was chosen among several replicas; <see langword="null"/> if it was named, or is the only one.</summary>
    public string? Choice { get; init; }

    /// <summary>What became of the primary.</summary>
    public required PrimaryVerdict Verdict { get; init; }

    /// <summary>What may be lost.</summary>
    public required LossEstimate Loss { get; init; }

    /// <summary>What stands in the way.</summary>
    public required IReadOnlyList<FailoverBlocker> Blockers { get; init; }

    /// <summary>Which scheduled events shall run on the candidate.</summary>
    public required EventForecast Events { get; init; }

    /// <summary>The other replicas of the primary, those whose way to it is cut, and those that can't be asked.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    /// <summary>The replicas that keep their source, which follows the candidate or is it.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Those that answer.</summary>
    public required IReadOnlyList<string> Answering { get; init; }

    /// <summary>Those of which the candidate lacks what they received.</summary>
    public required IReadOnlyList<string> Givers { get; init; }

    /// <summary>What the operator should know of members that will not follow.</summary>
    public IReadOnlyList<FailoverBlocker> Warnings { get; init; } = [];

    /// <summary>The primary's address and port as the candidate knows it; <see langword="null"/> if it replicates from none.</summary>
    public (string Host, int Port)? Source { get; init; }

    /// <summary>The flavour of both.</summary>
    public required DatabaseFlavor Flavor { get; init; }

    /// <summary>The primary's log that the candidate was applying last; <see langword="null"/> if not known.</summary>
    public string? SourceFile { get; init; }

    /// <summary>What the candidate's marker says; <see langword="null"/> if there never was one.</summary>
    public OperationMark? Marker { get; init; }

    /// <summary>Whether the candidate replicates from anywhere.</summary>
    public bool IsReplica { get; init; }

    /// <summary>Whether the primary's machine answers over SSH.</summary>
    public bool MachineAnswers => Verdict.Machine is not null;

    /// <summary>The connections to the candidate and the endpoint, opened meanwhile; the caller disposes them.</summary>
    public required FailoverConnections Live { get; init; }
}
