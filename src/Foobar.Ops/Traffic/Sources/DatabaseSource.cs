using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Counters of MySQL and MariaDB (Reference Manual, "Server Status Variables"): Questions, which are statements sent by
/// clients, and those by kind. What a replica applies is not in Questions. Each reading is one statement itself. A
/// connection that is lost, as by a restart, is opened anew.
/// </summary>
internal sealed class DatabaseSource(string server, Func<CancellationToken, Task<IDatabaseSession>> open) : TrafficSource(server)
{
    private const string Query = """
        SHOW GLOBAL STATUS WHERE Variable_name IN (
            'Questions', 'Com_select', 'Com_insert', 'Com_insert_select', 'Com_update', 'Com_update_multi', 'Com_delete', 'Com_delete_multi',
            'Com_replace', 'Com_replace_select', 'Com_load', 'Com_call_procedure', 'Com_begin', 'Com_commit', 'Com_rollback',
            'Com_stmt_prepare', 'Com_stmt_execute', 'Com_set_option', 'Slow_queries', 'Connections', 'Threads_connected', 'Uptime',
            'Uptime_since_flush_status')
        """;

    /// <summary>No driver sends more statements than that when it opens a connection.</summary>
    private const int MostToOpen = 10;

    /// <summary>Both clocks tell whole seconds.</summary>
    private static readonly TimeSpan Inexact = TimeSpan.FromSeconds(2);

    private IDatabaseSession? _session;
    private TimeSpan _uptime;
    private long _asked;
    private long? _flushed;
    private int _starts, _resets;
    private int _opened;

    /// <inheritdoc/>
    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        long asked = Environment.TickCount64;
        try
        {
            if (_session is null)
            {
                _session = await open(cancellationToken);
                _opened++;
            }

            IReadOnlyList<DatabaseRow> rows = await _session.QueryAsync(Query, cancellationToken: cancellationToken);
            Dictionary<string, long> values = rows.ToDictionary(row => row.Text("Variable_name") ?? "", row => row.Number("Value") ?? 0);
            return Follow(Parse(values), values.GetValueOrDefault("Uptime_since_flush_status", values["Uptime"]), asked);
        }
        catch (FoobarException)
        {
            await CloseAsync();
            throw;
        }
    }

    /// <exception cref="ParseException">There is no Uptime or no Questions.</exception>
    internal static CounterReading Parse(IReadOnlyDictionary<string, long> values)
    {
        if (!values.TryGetValue("Uptime", out long uptime) || !values.ContainsKey("Questions"))
        {
            throw new ParseException(null, "SHOW GLOBAL STATUS", 0, "expected Uptime and Questions.");
        }

        return new CounterReading(
            [.. values.Where(pair => pair.Key == "Questions" || (pair.Key.StartsWith("Com_", StringComparison.Ordinal) && pair.Value > 0))
                .OrderByDescending(pair => pair.Key == "Questions").ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => ToCounter(pair.Key, pair.Value, values))],
            "") { Uptime = TimeSpan.FromSeconds(Math.Clamp(uptime, 0, int.MaxValue)) };
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    /// <summary>A reading with its epoch: after a restart the uptime is less than it was, and than the time that has passed.</summary>
    internal CounterReading Follow(CounterReading reading, long sinceFlush, long asked)
    {
        TimeSpan uptime = reading.Uptime ?? TimeSpan.Zero;
        TimeSpan passed = TimeSpan.FromMilliseconds(asked - _asked);
        if (_asked == 0 || uptime < _uptime || uptime + Inexact < _uptime + passed)
        {
            _starts++;
            _flushed = null;
        }

        // FLUSH STATUS sets counters back without a restart; the uptime less the time since then stands still otherwise.
        long flushed = (long)uptime.TotalSeconds - sinceFlush;
        if (_flushed is { } before && before != flushed)
        {
            _resets++;
        }

        (_flushed, _uptime, _asked) = (flushed, uptime, asked);
        int opened = _opened;
        _opened = 0;
        return reading with
        {
            Epoch = FormattableString.Invariant($"start {_starts} of the database"),
            Resets = _resets,
            Doubtful = opened * MostToOpen,
        };
    }

    private static Counter ToCounter(string name, long value, IReadOnlyDictionary<string, long> values)
    {
        Counter counter = new(TrafficOrigin.Database, name, TrafficUnit.Statements, value);
        if (name != "Questions")
        {
            return counter;
        }

        Dictionary<TrafficPart, long> parts = [];
        if (values.TryGetValue("Slow_queries", out long slow))
        {
            parts[TrafficPart.SlowStatements] = slow;
        }

        if (values.TryGetValue("Connections", out long connections))
        {
            parts[TrafficPart.Connections] = connections;
        }

        return counter with
        {
            OwnPerReading = 1,
            Parts = parts,
            Now = new TrafficBreakdown { OpenConnections = values.TryGetValue("Threads_connected", out long connected) ? connected : null },
        };
    }

    private async Task CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }
}
