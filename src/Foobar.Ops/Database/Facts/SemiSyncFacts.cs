namespace Foobar.Ops.Database;

/// <summary>Semi-synchronous replication on a database server: a commit is acknowledged when a replica has it too.</summary>
public sealed record SemiSyncFacts
{
    /// <summary>Whether the server can be a semi-synchronous source and replica (the plugins are loaded; MariaDB has them built in).</summary>
    public required bool Available { get; init; }

    /// <summary>Whether it is switched on as a source.</summary>
    public required bool SourceEnabled { get; init; }

    /// <summary>Whether commits wait for a replica at this moment; off while no replica answers in time.</summary>
    public required bool SourceActive { get; init; }

    /// <summary>How many semi-synchronous replicas are connected.</summary>
    public long Clients { get; init; }

    /// <summary>Whether it is switched on as a replica.</summary>
    public required bool ReplicaEnabled { get; init; }

    /// <summary>Whether it acknowledges to its source at this moment.</summary>
    public required bool ReplicaActive { get; init; }

    /// <summary>How long a commit waits for a replica before it goes on without, in milliseconds.</summary>
    public long TimeoutMilliseconds { get; init; }

    /// <summary><c>AFTER_SYNC</c> (nobody sees a commit that no replica has) or <c>AFTER_COMMIT</c>.</summary>
    public string? WaitPoint { get; init; }

    internal static SemiSyncFacts From(ServerVariables variables, ServerVariables status) => new()
    {
        Available = variables.Text("rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled") is not null
            && variables.Text("rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled") is not null,
        SourceEnabled = variables.Flag("rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled") == true,
        SourceActive = status.Flag("Rpl_semi_sync_source_status", "Rpl_semi_sync_master_status") == true,
        Clients = status.Number("Rpl_semi_sync_source_clients", "Rpl_semi_sync_master_clients") ?? 0,
        ReplicaEnabled = variables.Flag("rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled") == true,
        ReplicaActive = status.Flag("Rpl_semi_sync_replica_status", "Rpl_semi_sync_slave_status") == true,
        TimeoutMilliseconds = variables.Number("rpl_semi_sync_source_timeout", "rpl_semi_sync_master_timeout") ?? 0,
        WaitPoint = variables.Text("rpl_semi_sync_source_wait_point", "rpl_semi_sync_master_wait_point"),
    };
}
