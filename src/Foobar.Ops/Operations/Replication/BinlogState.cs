namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// What is told of a candidate on MariaDB whose binary log does not know what it applied (see <c>GtidFacts.NumbersAgain</c>).
/// </summary>
internal static class BinlogState
{
    /// <summary>What is wrong.</summary>
    public const string Problem =
        "its binary log does not know what it applied (gtid_binlog_state is behind gtid_slave_pos, as after RESET MASTER): "
        + "as the primary it would give numbers a second time, and no replica could follow";

    /// <summary>
    /// What to do. The position stands there as a text: MariaDB 10.11 hangs for ever on a SET that reads @@gtid_slave_pos itself.
    /// </summary>
    /// <param name="position">The candidate's <c>gtid_slave_pos</c>.</param>
    public static string Advice(string? position) =>
        $"On it: STOP ALL SLAVES; SET GLOBAL gtid_binlog_state = '{position}'; START ALL SLAVES. "
        + "If that is refused because its log holds transactions: Repair-FoobarReplication -Copy.";
}
