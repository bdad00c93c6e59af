using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// The row on a member that tells of the last operation (<c>foobar_ops.operation</c>), and the canary's table beside it. Writes
/// go to the member that takes writes, and reach the others by replication.
/// </summary>
/// <param name="session">The connection.</param>
internal sealed class MemberMarks(IDatabaseSession session)
{
    /// <summary>What makes the canary's table.</summary>
    public const string CreateCanary = """
        CREATE TABLE IF NOT EXISTS foobar_ops.canary (
            id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, run VARCHAR(64) NOT NULL, seq BIGINT NOT NULL, KEY run (run)) ENGINE = InnoDB
        """;

    private static readonly string[] Tables =
    [
        "CREATE DATABASE IF NOT EXISTS foobar_ops",
        """
        CREATE TABLE IF NOT EXISTS foobar_ops.operation (
            slot TINYINT NOT NULL PRIMARY KEY, id VARCHAR(64) NOT NULL, holder VARCHAR(255) NOT NULL, since DATETIME(3) NOT NULL,
            state VARCHAR(32) NOT NULL, old_primary VARCHAR(255) NOT NULL, new_primary VARCHAR(255) NOT NULL, parameters TEXT NOT NULL) ENGINE = InnoDB
        """,
        CreateCanary,
    ];

    private const string Unfinished = $"'{OperationState.Running}', '{OperationState.Switched}'";

    /// <summary>Makes the tables, where they are not there.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> there = await session.QueryAsync(
            "SELECT COUNT(*) AS value FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'foobar_ops' AND TABLE_NAME IN ('operation', "
                + "'canary')",
            null,
            cancellationToken);
        foreach (string table in there[0].Number("value") == 2 ? [] : Tables)
        {
            await session.ExecuteAsync(table, null, cancellationToken);
        }
    }

    /// <summary>Writes a row and removes it again, to see whether writes work at all.</summary>
    public async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        await CreateAsync(cancellationToken);
        Dictionary<string, object?> run = new() { ["run"] = $"try-{Guid.NewGuid()}" };
        await session.ExecuteAsync("INSERT INTO foobar_ops.canary (run, seq) VALUES (@run, 0)", run, cancellationToken);
        await session.ExecuteAsync("DELETE FROM foobar_ops.canary WHERE run = @run", run, cancellationToken);
    }

    /// <summary>What the row says; <see langword="null"/> if there never was one.</summary>
    public Task<OperationMark?> ReadAsync(CancellationToken cancellationToken) => OperationMarkReader.ReadAsync(session, cancellationToken);

    /// <summary>Writes the row, unless an unfinished operation of another id stands there.</summary>
    /// <param name="values">The columns' values: <c>id</c>, <c>holder</c>, <c>since</c>, <c>state</c>, <c>old</c>, <c>new</c>,
    /// <c>parameters</c>; and <c>before</c>.</param>
    /// <param name="checksBefore">Whether the id that stands there must be <c>before</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task WriteAsync(Dictionary<string, object?> values, bool checksBefore, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "INSERT IGNORE INTO foobar_ops.operation VALUES (1, '', '', '2000-01-01', 'none', '', '', '{}')", null, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE foobar_ops.operation SET id = @id, holder = @holder, since = @since, state = @state, old_primary = @old, new_primary "
                + "= @new, parameters = @parameters WHERE slot = 1 AND ((state NOT IN "
                + $"({Unfinished}){(checksBefore ? " AND id = @before" : "")}) OR id = @id)",
            values, cancellationToken);
    }

    /// <summary>Writes that an unfinished operation of another id was abandoned.</summary>
    public Task AbandonAsync(string id, CancellationToken cancellationToken) => session.ExecuteAsync(
        $"UPDATE foobar_ops.operation SET state = '{OperationState.Abandoned}' WHERE slot = 1 AND state IN ({Unfinished}) AND id <> @id", new Dictionary<string, object?>
        {
            ["id"] = id,
        }, cancellationToken);

    /// <summary>Writes how far an operation came, if it is that of one of two ids.</summary>
    /// <param name="id">Its id from now on.</param>
    /// <param name="takenOverFrom">The id under which another operator began it; <see langword="null"/> for none.</param>
    /// <param name="holder">Who works on it.</param>
    /// <param name="state">How far it came.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task SetAsync(string id, string? takenOverFrom, string holder, string state, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "UPDATE foobar_ops.operation SET id = @id, holder = @holder, state = @state WHERE slot = 1 AND id IN (@id, @former)",
            new Dictionary<string, object?>
            {
                ["state"] = state,
                ["id"] = id,
                ["former"] = takenOverFrom ?? id,
                ["holder"] = holder,
            }, cancellationToken);
}
