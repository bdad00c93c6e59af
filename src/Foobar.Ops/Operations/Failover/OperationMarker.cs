using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>
/// A row on the databases themselves that tells of the operation under way: written on the primary, it reaches every
/// replica, and a second operator on any machine sees it.
/// </summary>
internal static class OperationMarker
{
    private static readonly string[] Tables =
    [
        "CREATE DATABASE IF NOT EXISTS foobar_ops",
        """
        CREATE TABLE IF NOT EXISTS foobar_ops.operation (
            slot TINYINT NOT NULL PRIMARY KEY, id VARCHAR(64) NOT NULL, kind VARCHAR(32) NOT NULL, holder VARCHAR(255) NOT NULL,
            since DATETIME(3) NOT NULL, state VARCHAR(32) NOT NULL, old_primary VARCHAR(255) NOT NULL, new_primary VARCHAR(255) NOT NULL) ENGINE = InnoDB
        """,
        CanaryTable.Create,
    ];

    private const string Select = "SELECT id, holder, since, state, old_primary, new_primary FROM foobar_ops.operation WHERE slot = 1";

    // ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE
    private const int NoDatabase = 1049;
    private const int NoTable = 1146;

    /// <summary>Who we are, to other operators.</summary>
    public static string Holder => string.Create(CultureInfo.InvariantCulture, $"{Environment.UserName} on {Environment.MachineName} (process {Environment.ProcessId})");

    /// <summary>What to do about another operation's marker.</summary>
    public const string Recommendation = "Wait until it ends. If its process is gone, end what it began with Invoke-FoobarFailover -Resume on that machine, as that user. Only if that machine is lost for good: "
        + "see with Get-FoobarReplication that there is one primary, and on it UPDATE foobar_ops.operation SET state = 'abandoned'.";

    /// <summary>Writes the marker, unless another operation holds it.</summary>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: another does; the message says who and since when.</exception>
    public static async Task BeginAsync(IDatabaseSession primary, string id, string oldPrimary, string newPrimary, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await CreateAsync(primary, cancellationToken);
        Dictionary<string, object?> values = new()
        {
            ["id"] = id,
            ["holder"] = Holder,
            ["since"] = since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
            ["old"] = oldPrimary,
            ["new"] = newPrimary,
        };
        await primary.ExecuteAsync("INSERT IGNORE INTO foobar_ops.operation VALUES (1, '', '', '', '2000-01-01', 'none', '', '')", null, cancellationToken);
        await primary.ExecuteAsync(
            "UPDATE foobar_ops.operation SET id = @id, kind = 'failover', holder = @holder, since = @since, state = 'running', old_primary = @old, new_primary = @new WHERE slot = 1 AND (state NOT IN ('running', 'switched') OR id = @id)",
            values, cancellationToken);
        DatabaseRow row = (await primary.QueryAsync(Select, null, cancellationToken))[0];
        if (row.Text("id") != id)
        {
            throw new FoobarException("OperationRunning", ErrorKind.Refused, $"{primary.Server}: {Words(row)}") { Server = primary.Server, Recommendation = Recommendation };
        }
    }

    /// <summary>What another operation's marker says, or nothing; a member without the table has none.</summary>
    /// <exception cref="FoobarException">The member could not be asked.</exception>
    public static async Task<string?> FindUnfinishedAsync(IDatabaseSession member, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<DatabaseRow> rows = await member.QueryAsync(Select, null, cancellationToken);
            return rows.Count > 0 && rows[0].Text("state") is "running" or "switched" ? Words(rows[0]) : null;
        }
        catch (DatabaseException error) when (error.Number is NoDatabase or NoTable)
        {
            return null;
        }
    }

    /// <summary>Writes the marker, whatever operation held it: the one that held it on a dead primary will not end it.</summary>
    public static async Task TakeOverAsync(IDatabaseSession primary, string id, string oldPrimary, string newPrimary, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await CreateAsync(primary, cancellationToken);
        await primary.ExecuteAsync("UPDATE foobar_ops.operation SET state = 'abandoned' WHERE slot = 1 AND state IN ('running', 'switched') AND id <> @id", new Dictionary<string, object?> { ["id"] = id }, cancellationToken);
        await BeginAsync(primary, id, oldPrimary, newPrimary, since, cancellationToken);
    }

    /// <summary>Writes how the operation ended.</summary>
    public static Task EndAsync(IDatabaseSession primary, string id, string state, CancellationToken cancellationToken) => primary.ExecuteAsync(
        "UPDATE foobar_ops.operation SET state = @state WHERE slot = 1 AND id = @id",
        new Dictionary<string, object?> { ["state"] = state, ["id"] = id }, cancellationToken);

    /// <summary>Writes a row and removes it again, to see whether writes work at all.</summary>
    public static async Task TryWriteAsync(IDatabaseSession primary, CancellationToken cancellationToken)
    {
        await CreateAsync(primary, cancellationToken);
        Dictionary<string, object?> run = new() { ["run"] = $"try-{Guid.NewGuid()}" };
        await primary.ExecuteAsync("INSERT INTO foobar_ops.canary (run, seq) VALUES (@run, 0)", run, cancellationToken);
        await primary.ExecuteAsync("DELETE FROM foobar_ops.canary WHERE run = @run", run, cancellationToken);
    }

    private static async Task CreateAsync(IDatabaseSession primary, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> there = await primary.QueryAsync(
            "SELECT COUNT(*) AS value FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'foobar_ops' AND TABLE_NAME IN ('operation', 'canary')", null, cancellationToken);
        foreach (string table in there[0].Number("value") == 2 ? [] : Tables)
        {
            await primary.ExecuteAsync(table, null, cancellationToken);
        }
    }

    private static string Words(DatabaseRow row) =>
        $"a failover from {row.Text("old_primary")} to {row.Text("new_primary")} by {row.Text("holder")} has been under way since {row.Text("since")} UTC ({row.Text("state")}).";
}
