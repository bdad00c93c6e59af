using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>When the data of two members was last compared from this machine, and what came of it, in words.</summary>
internal static class LastComparison
{
    /// <summary>Tells it, if the database that has the primary's name today is the one that was compared.</summary>
    /// <param name="site">The session on the site.</param>
    /// <param name="store">The site's state on this machine.</param>
    /// <param name="primary">The primary.</param>
    /// <param name="other">The other member, which may be dead.</param>
    /// <param name="now">The time now.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static async Task<string> TellAsync(
        ISiteSession site, OperationStore store, string primary, string other, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (ComparisonRecord.Of(store, primary, other) is not { } record)
        {
            return Never(primary, other);
        }

        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(primary, cancellationToken);
            DatabaseMember member = DatabaseMember.Of(database);
            string identity = await member.IdentityAsync(cancellationToken);
            return Tell(record, primary, other, member.Flavor, identity, await member.PositionAsync(cancellationToken), now);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return $"{record.Describe(primary, other, now)} Whether {primary} is still the same database could not be read: "
                + $"{error.Message}";
        }
    }

    /// <summary>Tells it of a primary that is known: one that lacks what was compared is another database, whatever its name.</summary>
    internal static string Tell(
        ComparisonRecord record, string primary, string other, DatabaseFlavor flavor, string identity, string position, DateTimeOffset now)
    {
        bool same = record.IsOf(primary, identity)
            && record.Tables.All(table => table.Position.Length == 0 || GtidComparison.Reaches(flavor, position, table.Position));
        return !same ? $"{Never(primary, other)} A comparison of {record.Began:yyyy-MM-dd} is of another database that was named {primary}."
            : flavor == DatabaseFlavor.MySql ? record.Describe(primary, other, now)
            : $"{record.Describe(primary, other, now)} MariaDB does not tell whether {primary} was set up anew on its machine since.";
    }

    private static string Never(string one, string other) =>
        $"What the tables of {one} and {other} hold was not compared from this machine.";
}
