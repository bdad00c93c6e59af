using Foobar.Ops.Traffic.Logs;

namespace Foobar.Ops.Traffic;

/// <summary>
/// Counts the requests in log files: nginx's and Apache's common and combined formats and what is made of them, HAProxy's
/// <c>httplog</c>, JSON, custom formats with an ISO 8601 time; plain, gzip or zstd. The format of each line is found from the
/// line itself.
/// </summary>
public static class LogMeter
{
    private const double Median = 0.5, P95 = 0.95, P99 = 0.99;

    /// <summary>Counts.</summary>
    /// <param name="paths">The files, counted together.</param>
    /// <param name="interval">
    /// The length of each window; <see langword="null"/> for one window from the first request to the last. Windows begin at
    /// whole multiples of it since 1970.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>
    /// A rate a window, those without a request too; the first one holds what was read (<see cref="TrafficRate.Log"/>). The
    /// upper bounds allow for each line that was not understood, in the window of the lines beside it.
    /// </returns>
    /// <exception cref="Errors.FoobarException"><c>LogUnreadable</c>.</exception>
    public static async Task<IEnumerable<TrafficRate>> MeasureAsync(
        IReadOnlyList<string> paths, TimeSpan? interval, CancellationToken cancellationToken)
    {
        LogTally tally = await LogReader.ReadAsync(paths, cancellationToken);
        string name = paths.Count == 1 ? paths[0] : FormattableString.Invariant($"{paths[0]} and {paths.Count - 1} more");
        return tally.Seconds.Count == 0 ? [Nothing(tally, name)] : Rates(tally, name, interval);
    }

    private static TrafficRate Nothing(LogTally tally, string name) => new()
    {
        Server = "",
        Origin = TrafficOrigin.LogFile,
        Name = name,
        Unit = TrafficUnit.Requests,
        Start = DateTimeOffset.UnixEpoch,
        End = DateTimeOffset.UnixEpoch,
        WindowSeconds = 0,
        CountUpper = tally.Unparsed,
        Log = tally.ToLog(),
        Note = tally.Lines == 0 ? "There is no line." : "No line was understood: see Log.UnparsedLines.",
    };

    private static IEnumerable<TrafficRate> Rates(LogTally tally, string name, TimeSpan? interval)
    {
        // A second is what a log's times tell.
        long first = tally.Seconds.Keys.Min(), last = tally.Seconds.Keys.Max() + 1;
        long length = interval is { } given ? Math.Max(1, (long)Math.Round(given.TotalSeconds)) : last - first;
        long start = interval is null ? first : first - (first % length);
        ILookup<long, SecondCounts> windows = tally.Seconds.ToLookup(second => (second.Key - start) / length, second => second.Value);
        TrafficLog log = tally.ToLog();
        for (long window = 0; start + (window * length) < last; window++)
        {
            SecondCounts counts = new();
            foreach (SecondCounts second in windows[window])
            {
                counts.Add(second);
            }

            yield return ToRate(name, start + (window * length), length, counts) with
            {
                Log = window == 0 ? log : null,
                Breakdown = Breakdown(counts, interval is null ? tally : null),
                Note = window == 0 ? Note(tally, log) : null,
            };
        }
    }

    private static TrafficRate ToRate(string name, long start, long length, SecondCounts counts) => new()
    {
        Server = "",
        Origin = TrafficOrigin.LogFile,
        Name = name,
        Unit = TrafficUnit.Requests,
        Start = DateTimeOffset.FromUnixTimeSeconds(start),
        End = DateTimeOffset.FromUnixTimeSeconds(start + length),
        WindowSeconds = length,
        Count = counts.Total,
        CountLower = counts.Total,
        CountUpper = counts.Total + counts.Unparsed,
    };

    private static TrafficBreakdown Breakdown(SecondCounts counts, LogTally? all) => new()
    {
        Informational = counts[1],
        Successful = counts[2],
        Redirections = counts[3],
        ClientErrors = counts[4],
        ServerErrors = counts[5],
        OtherAnswers = counts.Total - counts[1] - counts[2] - counts[3] - counts[4] - counts[5],
        MedianMilliseconds = all?.Quantile(Median),
        P95Milliseconds = all?.Quantile(P95),
        P99Milliseconds = all?.Quantile(P99),
    };

    private static string? Note(LogTally tally, TrafficLog log)
    {
        string note = log.Unparsed == 0
            ? ""
            : FormattableString.Invariant($"{log.Unparsed} of {log.Lines} lines were not understood: see Log.UnparsedLines.");
        note += tally.HasZoneless ? " HAProxy's times have no zone and are taken as UTC." : "";
        return note.Trim() is { Length: > 0 } text ? text : null;
    }
}
