using System.Globalization;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Reads the counters of one HAProxy process out of <c>show info</c> and <c>show stat</c> (HAProxy Management Guide, 9.1).
/// <c>req_tot</c> counts HTTP requests, an HTTP/2 stream each; <c>stot</c> counts sessions of TCP. Not <c>CumReq</c> of
/// <c>show info</c>, which counts requests for statistics too.
/// </summary>
internal static class HaproxyCounters
{
    /// <summary>Where the second part of an answer begins.</summary>
    public const string TableStart = "# pxname";

    private static readonly (TrafficPart Part, string[] Columns)[] Parts =
    [
        (TrafficPart.Informational, ["hrsp_1xx"]),
        (TrafficPart.Successful, ["hrsp_2xx"]),
        (TrafficPart.Redirections, ["hrsp_3xx"]),
        (TrafficPart.ClientErrors, ["hrsp_4xx"]),
        (TrafficPart.ServerErrors, ["hrsp_5xx"]),
        (TrafficPart.OtherAnswers, ["hrsp_other"]),
        (TrafficPart.Denied, ["dreq", "dcon", "dses"]),
        (TrafficPart.AnsweredItself, ["intercepted"]),
        (TrafficPart.RequestErrors, ["ereq"]),
        (TrafficPart.ConnectionErrors, ["econ"]),
        (TrafficPart.ResponseErrors, ["eresp"]),
        (TrafficPart.Retries, ["wretr"]),
        (TrafficPart.Redispatches, ["wredis"]),
        (TrafficPart.Connections, ["conn_tot", "connect"]),
    ];

    /// <summary>Reads both parts, one after the other in the answer.</summary>
    /// <exception cref="Errors.ParseException">The answer does not hold both parts.</exception>
    public static CounterReading Parse(string text)
    {
        int table = text.IndexOf(TableStart, StringComparison.Ordinal);
        if (table < 0)
        {
            throw new Errors.ParseException(null, HaproxySource.Command, 0, $"expected a table that begins with '{TableStart}'.");
        }

        HaproxyProcess process = InfoParser.Parse(text[..table]);
        CsvTable rows = CsvTable.Parse(text[table..], StatParser.Source, "pxname", "svname", "type");
        return new CounterReading(
            [.. rows.Rows.Select((row, index) => ToCounter(rows, row, index + 2)).OfType<Counter>()], Epoch(process.ProcessId))
        {
            Uptime = TimeSpan.FromSeconds(process.UptimeSeconds),
            Overlaps = true,
        };
    }

    /// <summary>The epoch of a process.</summary>
    public static string Epoch(int process) => string.Create(CultureInfo.InvariantCulture, $"process {process}");

    private static Counter? ToCounter(CsvTable table, string[] row, int line)
    {
        long? Number(string column) => table.Value(row, column) is not { Length: > 0 } text
            ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new Errors.ParseException(
                    null, StatParser.Source, line, $"expected a number in column '{column}', found '{text}'.");
        (TrafficOrigin Origin, string Name)? counter = table.Value(row, "type") switch
        {
            "0" => (TrafficOrigin.HaproxyFrontend, table.Value(row, "pxname")),
            "1" => (TrafficOrigin.HaproxyBackend, table.Value(row, "pxname")),
            "2" => (TrafficOrigin.HaproxyServer, $"{table.Value(row, "pxname")}/{table.Value(row, "svname")}"),
            _ => null,
        };
        if (counter is not { } found)
        {
            return null;
        }

        long? requests = table.Value(row, "mode") == "tcp" ? null : Number("req_tot");
        Dictionary<TrafficPart, long> parts = [];
        foreach ((TrafficPart part, string[] columns) in Parts)
        {
            long[] values = [.. columns.Select(Number).OfType<long>()];
            if (values.Length > 0)
            {
                parts[part] = values.Sum();
            }
        }

        return new Counter(
            found.Origin, found.Name, requests is null ? TrafficUnit.Sessions : TrafficUnit.Requests, requests ?? Number("stot") ?? 0)
        {
            Parts = parts,
            PeakPerSecond = (requests is null ? null : Number("req_rate_max")) ?? Number("rate_max") ?? 0,
            Now = new TrafficBreakdown
            {
                OpenConnections = Number("scur"),
                Queue = Number("qcur"),
                MeanMilliseconds = requests is null ? null : Number("rtime"),
            },
        };
    }
}
