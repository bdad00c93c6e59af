namespace Foobar.Ops.Database.Gtids;

/// <summary>Compares what two servers hold, in the way of their flavour. Texts are as the servers write them.</summary>
public static class GtidComparison
{
    /// <summary>
    /// The transactions a replica has and its source lacks; empty for none. Exact on MySQL; the last of each server in each domain on
    /// MariaDB.
    /// </summary>
    /// <param name="flavor">The flavour of both.</param>
    /// <param name="replica">What the replica has executed (MySQL set, MariaDB binlog state).</param>
    /// <param name="source">What the source has executed.</param>
    /// <exception cref="FormatException">A text is not of its form.</exception>
    public static string Errant(DatabaseFlavor flavor, string replica, string source) => flavor == DatabaseFlavor.MySql
        ? MySqlGtidSet.Parse(replica).Subtract(MySqlGtidSet.Parse(source)).ToString()
        : string.Join(',', MariaDbGtidState.Parse(replica).Beyond(MariaDbGtidState.Parse(source)));

    /// <summary>The transactions that a server did not number itself.</summary>
    internal static string WithoutOwn(DatabaseFlavor flavor, string transactions, DatabaseIdentity server) => flavor == DatabaseFlavor.MySql
        ? server.ServerUuid is { } uuid && MySqlGtidSet.Parse(transactions) is var set
            ? set.Subtract(set.Of(uuid)).ToString()
            : transactions
        : string.Join(',', MariaDbGtidState.Parse(transactions).Last.Where(gtid => gtid.Server != server.ServerId));

    /// <summary>The same transactions in their shortest written form.</summary>
    internal static string Normalise(DatabaseFlavor flavor, string transactions) => flavor == DatabaseFlavor.MySql
        ? MySqlGtidSet.Parse(transactions).ToString()
        : MariaDbGtidState.Parse(transactions).ToString();

    /// <summary>Whether what a server has applied reaches a position of another (MySQL sets; MariaDB the last of each domain).</summary>
    /// <param name="flavor">The flavour of both.</param>
    /// <param name="applied">What it has applied.</param>
    /// <param name="position">The position.</param>
    /// <exception cref="FormatException">A text is not of its form.</exception>
    public static bool Reaches(DatabaseFlavor flavor, string applied, string position) => flavor == DatabaseFlavor.MySql
        ? MySqlGtidSet.Parse(applied).Contains(MySqlGtidSet.Parse(position))
        : MariaDbGtidState.Parse(applied).Reaches(MariaDbGtidState.Parse(position));

    /// <summary>How many transactions of <paramref name="source"/> the replica lacks.</summary>
    /// <inheritdoc cref="Errant"/>
    public static double Backlog(DatabaseFlavor flavor, string source, string replica) => flavor == DatabaseFlavor.MySql
        ? (double)MySqlGtidSet.Parse(source).Subtract(MySqlGtidSet.Parse(replica)).Count
        : MariaDbGtidState.Parse(source).Ahead(MariaDbGtidState.Parse(replica));
}
