using Foobar.Ops.Operations.Replication;

namespace Foobar.Ops.Operations.Guard;

/// <summary>How a primary is watched, and what is done when it dies.</summary>
public sealed record WatchOptions
{
    /// <summary>How often it is asked. Default: one second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether a replica takes its place when it is dead; if not, its death is only told.</summary>
    public bool Failover { get; init; }

    /// <summary>Whether the old primary is made a replica when its machine is back. Errant transactions are never discarded.</summary>
    public bool Rejoin { get; init; }

    /// <summary>
    /// For how long after a failover or switchover none is begun, unless a person has acknowledged it. Default: one hour.
    /// </summary>
    public TimeSpan BlockFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The limits of a failover.</summary>
    public FailoverOptions Limits { get; init; } = new();
}
