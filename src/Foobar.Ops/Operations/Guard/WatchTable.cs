using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Guard;

/// <summary>
/// The row of <c>foobar_ops.watch</c> in which persons tell all guards of a site, on whatever machine, to hold still, or that a
/// failover has been looked after. It is written on the primary and replicated.
/// </summary>
internal static class WatchTable
{
    private const string Create = """
        CREATE TABLE IF NOT EXISTS foobar_ops.watch (
            slot TINYINT NOT NULL PRIMARY KEY, suspended_until DATETIME(3) NULL, reason VARCHAR(255) NOT NULL,
            acknowledged VARCHAR(64) NOT NULL, holder VARCHAR(255) NOT NULL) ENGINE = InnoDB
        """;

    private const string Read =
        "SELECT CAST(suspended_until AS CHAR) AS suspended_until, reason, acknowledged, holder FROM foobar_ops.watch WHERE slot = 1";

    private const string First = "INSERT IGNORE INTO foobar_ops.watch VALUES (1, NULL, '', '', '')";

    // One statement: of two operators at the same time the later end stands, whoever is first.
    private const string Suspend = """
        UPDATE foobar_ops.watch SET suspended_until = @until, reason = @reason, holder = @holder
        WHERE slot = 1 AND (suspended_until IS NULL OR suspended_until < CAST(@until AS DATETIME(3)))
        """;

    private const string Resume =
        "UPDATE foobar_ops.watch SET suspended_until = NULL, reason = '', acknowledged = @id, holder = @holder WHERE slot = 1";

    // ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE
    private static readonly int[] Missing = [1049, 1146];

    /// <summary>Reads what a member says, with the last operation's marker.</summary>
    /// <exception cref="FoobarException">The member could not be asked, or its rows are not understood.</exception>
    public static async Task<WatchStanding> ReadAsync(IDatabaseSession member, CancellationToken cancellationToken)
    {
        OperationMark? last = await OperationMarkReader.ReadAsync(member, cancellationToken);
        try
        {
            return await member.QueryAsync(Read, null, cancellationToken) is [{ } row]
                ? From(row, member.Server) with { Last = last }
                : new() { Last = last };
        }
        catch (DatabaseException error) when (error.Number is { } number && Missing.Contains(number))
        {
            return new() { Last = last };
        }
    }

    /// <summary>Tells all guards to begin no failover until a time. A suspension that ends later stands as it is.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="until">Until when, in UTC.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task SuspendAsync(IDatabaseSession primary, DateTimeOffset until, string reason, CancellationToken cancellationToken) =>
        WriteAsync(primary, Suspend, new() { ["until"] = Text(until), ["reason"] = reason }, cancellationToken);

    /// <summary>Ends a suspension, and says that the last operation has been looked after.</summary>
    public static async Task ResumeAsync(IDatabaseSession primary, CancellationToken cancellationToken)
    {
        OperationMark? last = await OperationMarkReader.ReadAsync(primary, cancellationToken);
        await WriteAsync(primary, Resume, new() { ["id"] = last?.Id ?? "" }, cancellationToken);
    }

    private static async Task WriteAsync(
        IDatabaseSession primary, string statement, Dictionary<string, object?> values, CancellationToken cancellationToken)
    {
        await primary.ExecuteAsync("CREATE DATABASE IF NOT EXISTS foobar_ops", null, cancellationToken);
        await primary.ExecuteAsync(Create, null, cancellationToken);
        await primary.ExecuteAsync(First, null, cancellationToken);
        values["holder"] = OperationMarker.Holder;
        await primary.ExecuteAsync(statement, values, cancellationToken);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static WatchStanding From(DatabaseRow row, string server)
    {
        string? until = row.Text("suspended_until");
        return new()
        {
            SuspendedUntil = until is null ? null
                : DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                    ? time
                : throw new ParseException(
                    server, "foobar_ops.watch", 1, $"expected the time until which the watch is suspended, got '{until}'."),
            Reason = row.Text("reason") ?? "",
            Holder = row.Text("holder") ?? "",
            Acknowledged = row.Text("acknowledged") ?? "",
        };
    }
}
