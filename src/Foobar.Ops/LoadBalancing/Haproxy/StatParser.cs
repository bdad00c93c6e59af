using System.Globalization;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <c>show stat</c> of HAProxy's runtime API (HAProxy Management Guide, 9.1 and 9.3).</summary>
internal static class StatParser
{
    public const string Source = "show stat";

    private const string FrontendType = "0", BackendType = "1", ServerType = "2";

    /// <exception cref="Errors.ParseException">The table has no such columns, or a counter is no number.</exception>
    public static ProxyStatistics Parse(string text)
    {
        CsvTable table = CsvTable.Parse(text, Source, "pxname", "svname", "status", "type");
        IEnumerable<Row> rows = table.Rows.Select((cells, index) => new Row(table, cells, index + 2));
        ILookup<string, Row> byType = rows.ToLookup(row => row.Text("type"));
        ILookup<string, BackendServer> servers = byType[ServerType].Select(ToServer).ToLookup(server => server.Backend);
        return new ProxyStatistics
        {
            Frontends = [.. byType[FrontendType].Select(ToFrontend)],
            Backends = [.. byType[BackendType].Select(row => ToBackend(row, servers))],
        };
    }

    private static Frontend ToFrontend(Row row) => new()
    {
        Name = row.Text("pxname"),
        Mode = row.Text("mode"),
        Status = row.Text("status"),
        CurrentSessions = row.Number("scur") ?? 0,
        MaximumSessions = row.Number("slim"),
        SessionsTotal = row.Number("stot") ?? 0,
        RequestsTotal = row.Text("mode") == "tcp" ? null : row.Number("req_tot"),
    };

    private static Backend ToBackend(Row row, ILookup<string, BackendServer> servers) => new()
    {
        Name = row.Text("pxname"),
        Mode = row.Text("mode"),
        Status = row.Text("status"),
        QueueLength = row.Number("qcur") ?? 0,
        CurrentSessions = row.Number("scur") ?? 0,
        SessionsTotal = row.Number("stot") ?? 0,
        Servers = [.. servers[row.Text("pxname")]],
    };

    private static BackendServer ToServer(Row row) => new()
    {
        Backend = row.Text("pxname"),
        Name = row.Text("svname"),
        Address = row.Text("addr"),
        Status = row.Text("status"),
        Weight = row.Number("weight") ?? 1,
        IsBackup = row.Number("bck") == 1,
        CheckStatus = row.Text("check_status") is { Length: > 0 } check ? check.TrimStart('*', ' ') : null,
        CheckDescription = row.Text("check_desc") is { Length: > 0 } description ? description : null,
        Tracks = row.Text("tracked") is { Length: > 0 } tracked ? tracked : null,
        SinceSeconds = row.Number("lastchg") ?? 0,
        DowntimeSeconds = row.Number("downtime") ?? 0,
        QueueLength = row.Number("qcur") ?? 0,
        CurrentSessions = row.Number("scur") ?? 0,
        SessionsTotal = row.Number("stot") ?? 0,
    };

    private readonly record struct Row(CsvTable Table, string[] Cells, int Line)
    {
        public string Text(string column) => Table.Value(Cells, column);

        public long? Number(string column) => Text(column) is not { Length: > 0 } text
            ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new Errors.ParseException(null, Source, Line, $"expected a number in column '{column}', found '{text}'.");
    }
}
