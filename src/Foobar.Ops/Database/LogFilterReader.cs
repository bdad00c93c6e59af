using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads which databases a server keeps out of its binary log (<c>binlog_do_db</c>, <c>binlog_ignore_db</c>).</summary>
internal static class LogFilterReader
{
    private static readonly string[] Columns = ["Binlog_Do_DB", "Binlog_Ignore_DB"];

    /// <summary>The filters as the server states them; empty for none and for a server without a binary log.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(IDatabaseSession member, CancellationToken cancellationToken) =>
        Of(
            await member.QueryAsync(
                member.IsMariaDb ? ReplicationQueries.MariaDbLog : ReplicationQueries.MySqlLog, null, cancellationToken));

    /// <summary>From the rows of <c>SHOW BINARY LOG STATUS</c> (MySQL 8.4) or <c>SHOW MASTER STATUS</c> (MariaDB).</summary>
    /// <exception cref="ParseException">A column is not known, and may be a filter.</exception>
    internal static IReadOnlyList<string> Of(IReadOnlyList<DatabaseRow> rows) =>
        rows.SelectMany(row => row.Columns)
            .Select(ReplicationWords.LogColumns.Trouble)
            .FirstOrDefault(why => why is not null) is { } trouble
            ? throw new ParseException(null, ReplicationQueries.MySqlLog, 1, $"{trouble}.")
            : [
                .. rows.SelectMany(
                    row =>
                        Columns.Where(column => !string.IsNullOrEmpty(row.Text(column))).Select(column => $"{column}={row.Text(column)}")),
            ];
}
