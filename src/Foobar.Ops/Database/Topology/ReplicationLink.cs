namespace Foobar.Ops.Database;

/// <summary>That one member replicates from another, and how far behind it is.</summary>
public sealed record ReplicationLink
{
    /// <summary>The replica's name.</summary>
    public required string Replica { get; init; }

    /// <summary>The source's name; <see langword="null"/> if it is no member of the site.</summary>
    public string? Source { get; init; }

    /// <summary>The channel on the replica.</summary>
    public required ReplicationChannel Channel { get; init; }

    /// <summary>How many transactions of its source the replica lacks; <see langword="null"/> if the source could not be asked.</summary>
    public double? BacklogTransactions { get; init; }

    /// <summary>How far behind it is, in seconds, measured by its backlog; <see langword="null"/> if that can't be told.</summary>
    public double? LagSeconds { get; init; }

    /// <summary>The transactions it has and its source lacks; <see langword="null"/> if the source could not be asked.</summary>
    public string? Errant { get; init; }
}
