namespace Foobar.Ops.Operations.Failover;

/// <summary>What is told of a candidate on MariaDB whose binary log does not know what it applied (see <c>GtidFacts.NumbersAgain</c>).</summary>
internal static class BinlogState
{
    /// <summary>What is wrong.</summary>
    public const string Problem =
        "its binary log does not know what it applied (gtid_binlog_state is behind gtid_slave_pos, as after RESET MASTER): "
        + "as the primary it would give numbers a second time, and no replica could follow";

    /// <summary>What to do.</summary>
    public const string Advice = "On it: STOP SLAVE; RESET MASTER; SET GLOBAL gtid_binlog_state = @@GLOBAL.gtid_slave_pos; START SLAVE.";
}
