using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>What a member of the database was at one time.</summary>
public sealed record ReplicationSample
{
    /// <summary>When it was read, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The member.</summary>
    public required string Server { get; init; }

    /// <summary>What it was.</summary>
    public required MemberRole Role { get; init; }

    /// <summary>Where it replicated from; <see langword="null"/> if from none.</summary>
    public string? Source { get; init; }

    /// <summary>The thread that receives; <see langword="null"/> if it replicated from none.</summary>
    public ReplicationThread? Receiver { get; init; }

    /// <summary>The thread that applies; <see langword="null"/> if it replicated from none.</summary>
    public ReplicationThread? Applier { get; init; }

    /// <summary>How far behind it was, in seconds; <see langword="null"/> if it replicated from none or it could not be told.</summary>
    public double? LagSeconds { get; init; }

    /// <summary>Whether it took writes; <see langword="null"/> if it could not be asked.</summary>
    public bool? TakesWrites { get; init; }

    /// <summary>Errors of its threads, or why it could not be asked.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it replicates and both threads run.</summary>
    public bool Replicates => Receiver == ReplicationThread.Running && Applier == ReplicationThread.Running;

    /// <summary>The sample of a status.</summary>
    public static ReplicationSample Of(ReplicationStatus status) => new()
    {
        Time = status.Time,
        Server = status.Server,
        Role = status.Role,
        Source = status.Source,
        Receiver = status.Receiver,
        Applier = status.Applier,
        LagSeconds = status.LagSeconds,
        TakesWrites = status.TakesWrites,
        Error = status.Error,
    };

    /// <summary>The samples of a snapshot; none where it holds nothing of databases.</summary>
    public static IReadOnlyList<ReplicationSample> Of(Snapshot snapshot)
    {
        string part = new ReplicationCollector().Name;
        Dictionary<string, Reading<ReplicationFacts>> members = snapshot.Facts.Where(facts => facts.Part == part)
            .ToDictionary(
                facts => facts.Server, facts => snapshot.Read<ReplicationFacts>(part, facts.Server), StringComparer.OrdinalIgnoreCase);
        return members.Count == 0
            ? []
            : [.. ReplicationStatus.Of(new SiteCase<ReplicationFacts>(snapshot.Site, members, snapshot.Time)).Select(Of)];
    }
}
