using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// Reads <c>SHOW REPLICA STATUS</c> (MySQL 8.4 and later) and <c>SHOW ALL SLAVES STATUS</c> (MariaDB), whose columns differ
/// in name only where not said.
/// </summary>
internal static class ChannelParser
{
    private static readonly string[] FilterColumns =
    [
        "Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table", "Replicate_Ignore_Table",
        "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Replicate_Rewrite_DB", "Replicate_Ignore_Server_Ids",
        "Replicate_Do_Domain_Ids", "Replicate_Ignore_Domain_Ids",
    ];

    /// <summary>Reads the rows, one a channel.</summary>
    /// <param name="rows">The status.</param>
    /// <param name="ages">MySQL's ages of what is being applied, by channel.</param>
    /// <param name="source">The statement, for errors.</param>
    /// <exception cref="ParseException">A column that is needed is missing.</exception>
    public static IReadOnlyList<ReplicationChannel> Parse(IEnumerable<DatabaseRow> rows, IReadOnlyList<DatabaseRow> ages, string source) =>
        [.. rows.Select((row, index) => Channel(row, ages, source, index + 1))];

    private static ReplicationChannel Channel(DatabaseRow row, IReadOnlyList<DatabaseRow> ages, string source, int line)
    {
        string name = row.Text("Channel_Name") ?? row.Text("Connection_name") ?? "";
        return new()
        {
            Name = name,
            SourceHost = Either(row, "Source_Host", "Master_Host") ?? throw Missing("Source_Host"),
            SourcePort = (int)(Number(row, "Source_Port", "Master_Port") ?? 3306),
            SourceServerId = Number(row, "Source_Server_Id", "Master_Server_Id") ?? 0,
            SourceUuid = Guid.TryParse(row.Text("Source_UUID"), out Guid uuid) ? uuid : null,
            User = Either(row, "Source_User", "Master_User") ?? "",
            Receiver = State(Either(row, "Replica_IO_Running", "Slave_IO_Running") ?? throw Missing("Replica_IO_Running"), source, line),
            Applier = State(Either(row, "Replica_SQL_Running", "Slave_SQL_Running") ?? throw Missing("Replica_SQL_Running"), source, line),
            ReceiverError = Error(row, "Last_IO_Errno", "Last_IO_Error"),
            ReceiverErrorNumber = row.Number("Last_IO_Errno") ?? 0,
            ApplierError = Error(row, "Last_SQL_Errno", "Last_SQL_Error"),
            AutoPosition = row.Has("Using_Gtid") ? row.Text("Using_Gtid") != "No" : row.Number("Auto_Position") == 1,
            Received = (Either(row, "Retrieved_Gtid_Set", "Gtid_IO_Pos") ?? "").Replace("\n", "", StringComparison.Ordinal),
            SecondsBehind = Number(row, "Seconds_Behind_Source", "Seconds_Behind_Master"),
            ApplyingAgeSeconds = Age(ages, name),
            DelaySeconds = row.Number("SQL_Delay") ?? 0,
            Tls = Yes(row, "Source_SSL_Allowed", "Master_SSL_Allowed"),
            TlsVerified = Yes(row, "Source_SSL_Verify_Server_Cert", "Master_SSL_Verify_Server_Cert"),
            NotUnderstood = [.. row.Columns.Select(ReplicationWords.ChannelColumns.Trouble).OfType<string>().Order(StringComparer.Ordinal)],
            Filters =
            [
                .. Ends(row),
                .. FilterColumns.Where(column => !string.IsNullOrEmpty(row.Text(column))).Select(column => $"{column}={row.Text(column)}"),
            ],
        };

        ParseException Missing(string column) => new(null, source, line, $"expected a column '{column}', found none.");
    }

    // What stops the applier at some point, or makes it leave out what comes next.
    private static IEnumerable<string> Ends(DatabaseRow row)
    {
        if (row.Text("Until_Condition") is { Length: > 0 } until && until != "None")
        {
            yield return $"Until_Condition={until}";
        }

        if (row.Number("Skip_Counter") is > 0 and var skip)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Skip_Counter={skip}");
        }
    }

    private static double? Age(IReadOnlyList<DatabaseRow> ages, string channel)
    {
        string? age = ages.FirstOrDefault(row => row.Text("channel_name") == channel)?.Text("applying_age");
        return double.TryParse(age, NumberStyles.Float, CultureInfo.InvariantCulture, out double microseconds) ? microseconds / 1e6 : null;
    }

    private static string? Either(DatabaseRow row, string name, string older) => row.Text(name) ?? row.Text(older);

    private static long? Number(DatabaseRow row, string name, string older) => row.Number(name) ?? row.Number(older);

    private static bool Yes(DatabaseRow row, string name, string older) => Either(row, name, older) == "Yes";

    private static string? Error(DatabaseRow row, string number, string text) => row.Number(number) is null or 0
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{row.Number(number)}: {row.Text(text)}");

    private static ReplicationThread State(string text, string source, int line) => text switch
    {
        "Yes" => ReplicationThread.Running,
        "Connecting" or "Preparing" => ReplicationThread.Connecting,
        "No" => ReplicationThread.Stopped,
        _ => throw new ParseException(null, source, line, $"{ReplicationWords.ThreadStates.Trouble(text)}."),
    };
}
