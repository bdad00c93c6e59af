using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>Whether a replica's receiving thread still gets something from its source: transactions or heartbeats.</summary>
internal static class ReceiverVantage
{
    private const string MySql = """
        SELECT CONCAT(COALESCE(RECEIVED_TRANSACTION_SET, ''), ' ', COUNT_RECEIVED_HEARTBEATS) AS value
        FROM performance_schema.replication_connection_status WHERE SERVICE_STATE = 'ON'
        """;

    /// <summary>For how long it is left alone first: what arrives until then may only have been on its way.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>What it got while it was looked at; <see langword="null"/> for nothing.</summary>
    public static async Task<string?> ProgressAsync(ISiteSession site, string replica, Task enough, CancellationToken cancellationToken)
    {
        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(replica, cancellationToken);
            await Task.WhenAny(enough, Task.Delay(Settling, cancellationToken));
            string before = await ReadAsync(database, cancellationToken);
            await enough.WaitAsync(cancellationToken);
            string after = await ReadAsync(database, cancellationToken);
            return before.Length > 0 && after.Length > 0 && before != after ? $"its receiver went from {before} to {after}" : null;
        }
        catch (FoobarException)
        {
            return null;
        }
    }

    private static async Task<string> ReadAsync(IDatabaseSession database, CancellationToken cancellationToken)
    {
        if (!database.IsMariaDb)
        {
            IReadOnlyList<DatabaseRow> rows = await database.QueryAsync(MySql, null, cancellationToken);
            return rows.Count > 0 ? rows[0].Text("value") ?? "" : "";
        }

        IReadOnlyList<DatabaseRow> channels = await database.QueryAsync("SHOW ALL SLAVES STATUS", null, cancellationToken);
        return channels.FirstOrDefault(row => row.Text("Slave_IO_Running") == "Yes") is { } channel
            ? $"{channel.Text("Master_Log_File")}:{channel.Text("Read_Master_Log_Pos")} {channel.Text("Slave_received_heartbeats")}"
            : "";
    }
}
