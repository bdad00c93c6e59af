namespace Foobar.Ops.Inventory;

/// <summary>What a failover that no person begins may lose.</summary>
public sealed record AutomaticFailover
{
    /// <summary>
    /// Whether none is begun unless it is proved that no acknowledged write is lost: by semi-synchronous replication, or by the dead
    /// primary's own log.
    /// </summary>
    public bool RequireSemiSync { get; init; } = true;

    /// <summary>Where that is not required: how many transactions may be lost at most, as far as it can be reckoned.</summary>
    public long MaxLossTransactions { get; init; }
}
