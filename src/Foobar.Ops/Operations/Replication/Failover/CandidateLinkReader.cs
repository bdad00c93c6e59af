using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>Reads how a replica stands to its source.</summary>
internal static class CandidateLinkReader
{
    private const string MySqlHeard = """
        SELECT UNIX_TIMESTAMP(GREATEST(COALESCE(c.LAST_HEARTBEAT_TIMESTAMP, 0), COALESCE(c.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP, 0))) AS heard
        FROM performance_schema.replication_connection_status c WHERE c.CHANNEL_NAME = ''
        """;

    private const string SemiSync = """
        SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_replica_status', 'Rpl_semi_sync_slave_status')
        """;

    /// <summary>Reads it.</summary>
    /// <param name="database">A connection to the replica.</param>
    /// <param name="facts">What was read of the replica.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<CandidateLink> ReadAsync(IDatabaseSession database, ReplicationFacts facts, CancellationToken cancellationToken)
    {
        ServerVariables status = new(await database.QueryAsync(SemiSync, null, cancellationToken), SemiSync);
        return new()
        {
            Received = GtidComparison.Normalise(database.IsMariaDb ? DatabaseFlavor.MariaDb : DatabaseFlavor.MySql, FailoverPreflight.Held(facts)),
            LastHeard = database.IsMariaDb ? null : await HeardAsync(database, cancellationToken),
            SemiSyncActive = status.Flag("Rpl_semi_sync_replica_status", "Rpl_semi_sync_slave_status") == true,
        };
    }

    /// <summary>The log of its source at whose contents a replica was applying last; <see langword="null"/> if it does not know.</summary>
    public static async Task<string?> SourceFileAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(database.IsMariaDb ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS", null, cancellationToken);
        string? file = rows.Count == 1 ? rows[0].Text("Relay_Source_Log_File") ?? rows[0].Text("Relay_Master_Log_File") : null;
        return string.IsNullOrEmpty(file) ? null : file;
    }

    private static async Task<DateTimeOffset?> HeardAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(MySqlHeard, null, cancellationToken);
        return rows.Count == 1 && Seconds(rows[0], "heard") is > 0 and double heard ? DateTimeOffset.FromUnixTimeMilliseconds((long)(heard * 1000)) : null;
    }

    private static double? Seconds(DatabaseRow row, string name) =>
        double.TryParse(row.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
