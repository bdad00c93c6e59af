using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Rejoin;

namespace Foobar.Ops.Operations.Guard;

/// <summary>Something that happened to a primary that is watched, or was done about it.</summary>
public sealed record WatchEvent
{
    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The site.</summary>
    public required string Site { get; init; }

    /// <summary>What.</summary>
    public required WatchEventKind Kind { get; init; }

    /// <summary>The primary that is watched; after a failover the new one. Empty if it is not known.</summary>
    public required string Primary { get; init; }

    /// <summary>What was seen or done, in a sentence or two.</summary>
    public required string Message { get; init; }

    /// <summary>What a person should do; <see langword="null"/> for nothing.</summary>
    public string? Recommendation { get; init; }

    /// <summary>What each vantage saw of it; <see langword="null"/> where nobody looked.</summary>
    public PrimaryVerdict? Verdict { get; init; }

    /// <summary>What a failover may lose; <see langword="null"/> where that was not asked.</summary>
    public LossEstimate? Loss { get; init; }

    /// <summary>The failover; <see langword="null"/> where there was none.</summary>
    public FailoverResult? Failover { get; init; }

    /// <summary>The repair of the old primary; <see langword="null"/> where there was none.</summary>
    public RejoinResult? Repair { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Time:u} {Site}: {Kind}: {Message}";
}
