using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>Semi-synchronous replication on a database server: a commit is acknowledged when a replica has it too.</summary>
public sealed record SemiSyncFacts
{
    /// <summary>
    /// Whether the server can be a semi-synchronous source and replica (the plugins are loaded; MariaDB has them built in).
    /// </summary>
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

    /// <summary>
    /// How many replicas must acknowledge a commit (MySQL <c>rpl_semi_sync_source_wait_for_replica_count</c>; always 1 on MariaDB).
    /// </summary>
    public long WaitCount { get; init; } = 1;

    /// <summary>
    /// Whether commits wait for the whole timeout though fewer replicas are connected than must acknowledge
    /// (<c>rpl_semi_sync_source_wait_no_replica</c>); if not, they stop waiting as soon as a replica leaves.
    /// </summary>
    public bool WaitsWithoutReplica { get; init; } = true;

    /// <summary>How many commits waited for an acknowledgement when the facts were first looked at.</summary>
    [Measurement]
    public long Waiting { get; init; }

    /// <summary>
    /// Whether at the end of reading all of <see cref="Waiting"/> had been acknowledged and none had given up: no commit has then
    /// waited for longer than since the facts were first looked at.
    /// </summary>
    [Measurement]
    public bool WaitingAnswered { get; init; }

    /// <summary>Commits acknowledged by a replica, and commits that went on without, since the server started.</summary>
    internal (long Yes, long No) Commits { get; init; }

    /// <summary>The same facts after a second look at the counters.</summary>
    internal SemiSyncFacts LookedAgain(ServerVariables status)
    {
        SemiSyncFacts later = this with { SourceActive = Active(status) };

        // Acknowledgements come in the order of the log (MySQL source, semisync_source.cc, reportReplyBinlog): who waited first is answered
        // first.
        return later with
        {
            WaitingAnswered = SourceActive
                && later.SourceActive
                && Counted(status) is var now
                && now.No == Commits.No
                && now.Yes - Commits.Yes >= Waiting,
        };
    }

    private static bool Active(ServerVariables status) => status.Flag("Rpl_semi_sync_source_status", "Rpl_semi_sync_master_status") == true;

    private static (long Yes, long No) Counted(ServerVariables status) =>
        (status.Number("Rpl_semi_sync_source_yes_tx", "Rpl_semi_sync_master_yes_tx")
            ?? 0, status.Number("Rpl_semi_sync_source_no_tx", "Rpl_semi_sync_master_no_tx") ?? 0);

    internal static SemiSyncFacts From(ServerVariables variables, ServerVariables status) => new()
    {
        Available = variables.Text("rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled") is not null
            && variables.Text("rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled") is not null,
        SourceEnabled = variables.Flag("rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled") == true,
        SourceActive = Active(status),
        Clients = status.Number("Rpl_semi_sync_source_clients", "Rpl_semi_sync_master_clients") ?? 0,
        ReplicaEnabled = variables.Flag("rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled") == true,
        ReplicaActive = status.Flag("Rpl_semi_sync_replica_status", "Rpl_semi_sync_slave_status") == true,
        TimeoutMilliseconds = variables.Number("rpl_semi_sync_source_timeout", "rpl_semi_sync_master_timeout") ?? 0,
        WaitPoint = variables.Text("rpl_semi_sync_source_wait_point", "rpl_semi_sync_master_wait_point"),
        WaitCount = variables.Number("rpl_semi_sync_source_wait_for_replica_count") ?? 1,
        WaitsWithoutReplica = variables.Flag("rpl_semi_sync_source_wait_no_replica", "rpl_semi_sync_master_wait_no_slave") != false,
        Waiting = status.Number("Rpl_semi_sync_source_wait_sessions", "Rpl_semi_sync_master_wait_sessions") ?? 0,
        Commits = Counted(status),
    };
}
