using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>What the databases and their replication must be like.</summary>
public static class DatabaseControls
{
    /// <summary>All controls of this area, in the order of their ids.</summary>
    public static IReadOnlyList<Control<SiteCase<ReplicationFacts>>> All { get; } =
    [
        RoleControls.Answers,
        RoleControls.Writers,
        LinkControls.Replicates,
        LinkControls.Lag,
        LinkControls.Errant,
        RoleControls.ReplicasRefuse,
        RoleControls.RolesPersist,
        SettingControls.GtidOn,
        SettingControls.Logs,
        SettingControls.RowFormat,
        SettingControls.Durable,
        SettingControls.SemiSync,
        LinkControls.AppliesAll,
        LinkControls.Encrypted,
        PairControls.Accounts,
        PairControls.Versions,
        PairControls.UniqueIds,
        StateControls.LongTransactions,
        StateControls.IdleLocks,
        SettingControls.Retention,
        StateControls.DiskLeft,
        StateControls.DiskWritable,
        SettingControls.Parallel,
        SettingControls.CrashSafe,
        StateControls.Tables,
        ClusterControls.Complete,
        PairControls.NotAlone,
        LinkControls.AutoPosition,
        RoleControls.FenceBinds,
        StateControls.NothingUnfinished,
        StateControls.Events,
        RoleControls.ReadersDeclared,
        SettingControls.Understood,
        PairControls.SameObjects,
        ClusterControls.OneCluster,
        ClusterControls.BearsALoss,
        ClusterControls.FlowControl,
        ClusterControls.InSync,
        ClusterControls.Conflicts,
        ClusterControls.Mode,
        ClusterControls.Encrypted,
        RoleControls.NoneOpen,
    ];
}
