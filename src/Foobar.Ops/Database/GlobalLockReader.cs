using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// Finds who holds a lock that every write, or the switch to read-only, would wait for: FLUSH TABLES WITH READ LOCK, LOCK TABLES, a
/// backup's stages.
/// </summary>
internal static class GlobalLockReader
{
    // GLOBAL SHARED is FLUSH TABLES WITH READ LOCK, BACKUP LOCK SHARED is LOCK INSTANCE FOR BACKUP. GLOBAL INTENTION_EXCLUSIVE is
    // LOCK TABLES ... WRITE outside a statement, and beside a table's SHARED_NO_READ_WRITE within one (MySQL source, mdl.h;
    // Reference Manual, "The metadata_locks Table").
    private const string MySql = """
        SELECT CONCAT(l.OBJECT_TYPE, ' ', l.LOCK_TYPE) AS type, t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host,
            t.PROCESSLIST_COMMAND AS command, t.PROCESSLIST_TIME AS seconds
        FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
        WHERE l.LOCK_STATUS = 'GRANTED' AND t.PROCESSLIST_ID <> CONNECTION_ID()
            AND (l.OBJECT_TYPE IN ('GLOBAL', 'BACKUP LOCK') AND l.LOCK_TYPE = 'SHARED'
                OR l.OBJECT_TYPE = 'GLOBAL' AND l.LOCK_TYPE = 'INTENTION_EXCLUSIVE' AND (t.PROCESSLIST_COMMAND = 'Sleep'
                    OR EXISTS (SELECT 1 FROM performance_schema.metadata_locks o WHERE o.OWNER_THREAD_ID = l.OWNER_THREAD_ID
                        AND o.OBJECT_TYPE = 'TABLE' AND o.LOCK_TYPE = 'SHARED_NO_READ_WRITE' AND o.LOCK_STATUS = 'GRANTED')))
        """;

    // Fails at once if a write would wait (MariaDB Knowledge Base, "WAIT and NOWAIT"). No row is looked for, and none is locked;
    // a table of ours may not be there yet.
    private const string MariaDbTry = "SELECT 1 FROM mysql.innodb_table_stats WHERE FALSE FOR UPDATE NOWAIT";

    // The server's own threads hold no such lock. Who holds one may be idle, or busy with what it locked for.
    private const string Sessions = """
        SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, TIME AS seconds FROM information_schema.PROCESSLIST
        WHERE COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_SQL', 'Slave_IO', 'Slave_worker')
            AND USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user') AND COALESCE(STATE, '') NOT LIKE 'Waiting for%lock'
            AND ID <> CONNECTION_ID() AND TIME >= 1
        ORDER BY TIME DESC LIMIT 5
        """;

    private const string Backup = "BACKUP LOCK SHARED";

    // ER_LOCK_WAIT_TIMEOUT
    private const int WouldWait = 1205;

    private const int Looks = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Each holder in one line; empty for none, and where the server does not tell.</summary>
    /// <param name="member">The member.</param>
    /// <param name="backups">Whether those count who only keep changes of tables away, as a running backup does.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<string>> ReadAsync(IDatabaseSession member, bool backups, CancellationToken cancellationToken)
    {
        try
        {
            return member.IsMariaDb
                ? await TryAsync(member, cancellationToken)
                : [
                    .. (await LastingAsync(member, cancellationToken))
                        .Where(row => backups || row.Text("type") != Backup)
                        .Select(static row => $"{Who(row)} holds {What(row)}")
                        .Distinct(),
                ];
        }
        catch (DatabaseException error) when (error.Kind != ErrorKind.Connection)
        {
            // Without the privilege or the table nothing is known; the first step then fails with its own words.
            return [];
        }
    }

    /// <summary>
    /// Why a step failed, with the holders of such a lock where it did not end: mostly it waited for somebody, who may still be there.
    /// </summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="member">The member on which it waited.</param>
    /// <param name="failure">What the step failed with; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> ExplainAsync(
        ISiteSession site, string member, Exception? failure, CancellationToken cancellationToken)
    {
        if (failure is not FoobarException { ErrorId: "StepTimeout" } timeout)
        {
            return failure?.Message;
        }

        try
        {
            await using IDatabaseSession fresh = await site.OpenDatabaseAsync(member, cancellationToken);
            return string.Join(" ", [timeout.Message, .. (await ReadAsync(fresh, backups: false, cancellationToken)).Select(held => $"{member}: {held}.")]);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return timeout.Message;
        }
    }

    // The server reads the locks and then the connections: a statement that ends in between looks like a lock of an idle connection,
    // and is gone at the next look.
    private static async Task<IReadOnlyList<DatabaseRow>> LastingAsync(IDatabaseSession member, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> held = await member.QueryAsync(MySql, null, cancellationToken);
        for (int look = 1; held.Count > 0 && look < Looks; look++)
        {
            await Task.Delay(Pause, member.Time, cancellationToken);
            HashSet<long?> before = [.. held.Select(static row => row.Number("id"))];
            held = [.. (await member.QueryAsync(MySql, null, cancellationToken)).Where(row => before.Contains(row.Number("id")))];
        }

        return held;
    }

    // MariaDB tells who holds a lock only with a plugin or with its performance schema on.
    private static async Task<IReadOnlyList<string>> TryAsync(IDatabaseSession member, CancellationToken cancellationToken)
    {
        try
        {
            await member.QueryAsync(MariaDbTry, null, cancellationToken);
            return [];
        }
        catch (DatabaseException error) when (error.Number == WouldWait)
        {
            IReadOnlyList<DatabaseRow> sessions = await member.QueryAsync(Sessions, null, cancellationToken);
            return
            [
                "a lock is held for which every write waits (FLUSH TABLES WITH READ LOCK or a backup's); MariaDB does not say by whom; "
                    + $"it may be {string.Join("; ", sessions.Select(Who).DefaultIfEmpty("none of the connections that can be seen"))}",
            ];
        }
    }

    private static string What(DatabaseRow row) => row.Text("type") switch
    {
        Backup => "LOCK INSTANCE FOR BACKUP: a backup runs, and every change of a table waits for it",
        "GLOBAL SHARED" => "FLUSH TABLES WITH READ LOCK, for which every write waits",
        _ => "LOCK TABLES, for which every write to these tables and the switch to read-only wait",
    };

    private static string Who(DatabaseRow row) =>
        $"connection {row.Text("id")} of {row.Text("user")} from {row.Text("host") ?? "localhost"} "
            + $"({(row.Text("command") == "Sleep" ? "idle" : "busy")} for {row.Text("seconds")} s)";
}
