using System.Globalization;
using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// Saves transactions that only a returning member holds: as SQL for the <c>mysql</c> client, in the user's state directory, readable by
/// its owner only.
/// </summary>
internal static class ErrantKeeper
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Reads them from the member's binary logs, and writes the file.</summary>
    /// <param name="store">The site's state.</param>
    /// <param name="machine">The member's machine.</param>
    /// <param name="flavor">The flavour.</param>
    /// <param name="errant">What was found errant (on MariaDB the last of each server).</param>
    /// <param name="primaryHolds">What the primary holds.</param>
    /// <param name="time">The time now.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The transactions, by exact GTID, the file, and what it holds.</returns>
    /// <exception cref="FoobarException"><c>ErrantNotSaved</c>: they are not in its logs any more; nothing was replaced.</exception>
    public static async Task<ErrantTransactions> SaveAsync(
        OperationStore store,
        IServerSession machine,
        DatabaseFlavor flavor,
        string errant,
        string primaryHolds,
        DateTimeOffset time,
        CancellationToken cancellationToken)
    {
        // MariaDB's program begins at a position: the last that the primary has of each server whose transactions are errant.
        string from = flavor == DatabaseFlavor.MySql ? primaryHolds : ErrantRange.Begin(errant, primaryHolds);
        BinlogDump dump = await BinlogReader.ReadAsync(machine, flavor, from, null, Limit, cancellationToken, orAll: true);
        IReadOnlyList<string> missing = dump.Missing(flavor, primaryHolds);
        if (missing.Count == 0)
        {
            throw new FoobarException(
                "ErrantNotSaved", ErrorKind.Refused,
                $"{machine.Server.Name}: its transactions {errant} are not in its binary logs any more, so they can't be saved. Nothing "
                    + "was replaced.")
            {
                Server = machine.Server.Name,
                Recommendation =
                    "Compare the data by hand; Repair-FoobarReplication -Copy goes on once the member holds nothing that matters.",
            };
        }

        string gtids = BinlogDump.Shortest(flavor, missing);
        ErrantSql sql = ErrantSql.Of(flavor, dump, missing);

        // What is replaced afterwards must be on the disk.
        string path = store.Save(
            string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff'Z'}-{machine.Server.Name}-errant.sql"),
            [.. Encoding.UTF8.GetBytes(Heading(machine.Server.Name, flavor, gtids, missing.Count, time)), .. sql.Sql.Span]);
        return new() { Gtids = gtids, Count = missing.Count, File = path, Sql = sql };
    }

    private static string Heading(string member, DatabaseFlavor flavor, string gtids, int count, DateTimeOffset time) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        # Saved by Foobar.Ops at {time.UtcDateTime:u}: {count} transactions that only {member} held: {gtids}
        # To commit them on the primary{(flavor == DatabaseFlavor.MySql ? "" : ", under new GTIDs")}: mysql --binary-mode < THIS-FILE, as an account that may do everything.

        """).ReplaceLineEndings("\n");
}
