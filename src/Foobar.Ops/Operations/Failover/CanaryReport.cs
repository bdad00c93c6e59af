using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>Holds a canary's acknowledged writes against what is in the database.</summary>
internal static class CanaryReport
{
    /// <summary>Stops the canary, looks for its rows, and removes them.</summary>
    public static async Task<(WriteGap? Gap, CanaryAccount? Account)> ReadAsync(SwitchoverSteps steps, IDatabaseSession primary, string id, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (steps.Canary is not { } canary)
        {
            return (null, null);
        }

        IReadOnlyList<(long Sequence, long Sent, long Acknowledged)> writes = await canary.StopAsync();
        Dictionary<string, object?> run = new() { ["run"] = id };
        IReadOnlyList<DatabaseRow> rows = await primary.QueryAsync("SELECT seq, COUNT(*) AS times FROM foobar_ops.canary WHERE run = @run GROUP BY seq", run, cancellationToken);
        Dictionary<long, long> times = rows.ToDictionary(row => row.Number("seq") ?? 0, row => row.Number("times") ?? 0);
        CanaryAccount account = new(writes.Count, writes.Count(write => !times.ContainsKey(write.Sequence)), times.Values.Count(count => count > 1));
        await primary.ExecuteAsync("DELETE FROM foobar_ops.canary WHERE run = @run", run, cancellationToken);
        return (WriteCanary.Longest(writes, interval), account);
    }
}
