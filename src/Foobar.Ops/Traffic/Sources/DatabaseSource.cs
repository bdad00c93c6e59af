using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Counters of MySQL and MariaDB (Reference Manual, "Server Status Variables"): Questions, which are statements sent by
/// clients, and some kinds of them. What a replica applies is not in Questions. Each reading is one statement itself.
/// </summary>
internal sealed class DatabaseSource(IDatabaseSession session) : TrafficSource(session.Server)
{
    private const string Query = """
        SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_select', 'Com_insert', 'Com_update', 'Com_delete', 'Com_replace', 'Com_commit', 'Com_rollback', 'Uptime', 'Uptime_since_flush_status')
        """;

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken) =>
        Parse((await session.QueryAsync(Query, cancellationToken: cancellationToken)).ToDictionary(row => row.Text("Variable_name") ?? "", row => row.Number("Value") ?? 0));

    /// <exception cref="Errors.ParseException">There is no Uptime or no Questions.</exception>
    internal static CounterReading Parse(IReadOnlyDictionary<string, long> values)
    {
        if (!values.TryGetValue("Uptime", out long uptime) || !values.ContainsKey("Questions"))
        {
            throw new Errors.ParseException(null, "SHOW GLOBAL STATUS", 0, "expected Uptime and Questions.");
        }

        // FLUSH STATUS sets counters back without a restart; the age of the last one minus the uptime stands still otherwise.
        long flushed = uptime - values.GetValueOrDefault("Uptime_since_flush_status", uptime);
        return new CounterReading(
            [.. values.Where(pair => pair.Key == "Questions" || pair.Key.StartsWith("Com_", StringComparison.Ordinal))
                .OrderByDescending(pair => pair.Key == "Questions").ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => new Counter(TrafficOrigin.Database, pair.Key, TrafficUnit.Statements, pair.Value) { OwnPerReading = pair.Key == "Questions" ? 1 : 0 })],
            FormattableString.Invariant($"flushed at {flushed}")) { Uptime = TimeSpan.FromSeconds(Math.Min(uptime, int.MaxValue)) };
    }

    public override async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await base.DisposeAsync();
    }
}
