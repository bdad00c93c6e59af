using Foobar.Ops.Database;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication;

/// <summary>A replica that leaves out or delays what it receives, which can't become the primary as it is. Pure.</summary>
internal static class FilteredReplica
{
    /// <summary>What it does; <see langword="null"/> if it does not.</summary>
    public static string? Problem(ReplicationChannel channel) =>
        channel.Filters.Count > 0 ? string.Join(", ", channel.Filters)
            : channel.DelaySeconds > 0 ? Invariant($"applies {channel.DelaySeconds} s late")
            : null;

    /// <summary>How it could become the primary all the same.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="isMariaDb">Whether it is MariaDB.</param>
    /// <param name="canCopy">Whether its source lives, from which it can be copied afresh.</param>
    public static string Advice(ReplicationChannel channel, bool isMariaDb, bool canCopy)
    {
        (string stop, string start) = isMariaDb
            ? ("STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD")
            : ("STOP REPLICA SQL_THREAD", "START REPLICA SQL_THREAD");
        string delay = channel.DelaySeconds > 0
            ? isMariaDb
                ? "a delayed one must apply at once first: STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE"
                : $"a delayed one must apply at once first: {stop}; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; {start}"
            : "";
        string filter = channel.Filters.Count == 0 ? ""
            : $"a filter must be taken away first ({stop}; "
                + $"{(isMariaDb ? "SET GLOBAL" : "CHANGE REPLICATION FILTER")} with an empty value for "
                + $"each; {start}; and in its configuration), and what it left out stays missing"
                + (canCopy ? " until it is copied afresh (Repair-FoobarReplication -Copy)" : ": promote another replica if there is one");
        string both = string.Join("; ", ((string[])[delay, filter]).Where(static text => text.Length > 0));
        return $"A filtered or delayed replica can't become the primary: {both}. Then try again.";
    }
}
