using System.Text;
using System.Text.RegularExpressions;
using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Machines;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// Some transactions of a dump as SQL that the primary takes, and the rows among them as a trial that keeps nothing. Pure.
/// On MySQL they keep their GTIDs. On MariaDB they get new ones: a primary in strict mode refuses numbers that it has passed
/// (ER_GTID_STRICT_OUT_OF_ORDER), and a member skips what bears its own <c>server_id</c>.
/// </summary>
internal sealed partial class ErrantSql
{
    private const string BinlogDelimiter = "/*!*/;";

    private static readonly string[] Controls = ["BEGIN", "START TRANSACTION", "COMMIT"];

    private readonly DatabaseFlavor _flavor;
    private readonly HashSet<string> _wanted;
    private readonly List<ReadOnlyMemory<byte>> _sql = [];
    private readonly List<ReadOnlyMemory<byte>> _before = [];
    private readonly List<ReadOnlyMemory<byte>> _rows = [];
    private readonly List<string> _others = [];
    private readonly HashSet<string> _tables = new(StringComparer.Ordinal);

    private ErrantSql(DatabaseFlavor flavor, IEnumerable<string> wanted) => (_flavor, _wanted) = (flavor, [.. wanted]);

    /// <summary>The transactions, for the <c>mysql</c> client.</summary>
    public ReadOnlyMemory<byte> Sql => Join(_sql);

    /// <summary>Their rows in one transaction that is rolled back at the end.</summary>
    public ReadOnlyMemory<byte> Trial =>
        Join([
            .. _before,
            Bytes($"DELIMITER {BinlogDelimiter}\nSTART TRANSACTION{BinlogDelimiter}\n"),
            .. _rows,
            Bytes($"ROLLBACK{BinlogDelimiter}\nDELIMITER ;\n"),
        ]);

    // After a format's description MySQL would have what follows anonymous (ER_CANT_SET_GTID_NEXT_TO_ANONYMOUS_WHEN_GTID_MODE_IS_ON).
    private string Automatic => _flavor == DatabaseFlavor.MySql ? $"SET @@SESSION.GTID_NEXT= 'AUTOMATIC'{BinlogDelimiter}\n" : "";

    /// <summary>What they hold beside rows (definitions, statements), which can't be tried without being kept; empty for nothing.</summary>
    public IReadOnlyList<string> Others => _others;

    /// <summary>The tables whose rows they change, quoted as in the log: <c>`shop`.`orders`</c>.</summary>
    public IReadOnlyCollection<string> Tables => _tables;

    /// <summary>Takes transactions out of a dump.</summary>
    /// <param name="flavor">The flavour.</param>
    /// <param name="dump">The dump.</param>
    /// <param name="wanted">The transactions that are wanted.</param>
    public static ErrantSql Of(DatabaseFlavor flavor, BinlogDump dump, IEnumerable<string> wanted)
    {
        ErrantSql made = new(flavor, wanted);
        int part = 0;
        string delimiter = ";";
        for (int at = 0; at < dump.Sql.Length;)
        {
            (ReadOnlyMemory<byte> statement, bool oneLine) = Next(dump.Sql[at..], delimiter);
            string first = FirstLine(statement.Span);
            delimiter = first.StartsWith("DELIMITER ", StringComparison.Ordinal) ? first["DELIMITER ".Length..].Trim() : delimiter;
            while (part < dump.Parts.Count && dump.Parts[part].End <= at)
            {
                part++;
            }

            made.Take(
                statement, first, oneLine,
                part < dump.Parts.Count && dump.Parts[part].Begin <= at ? dump.Parts[part].Gtid : null,
                delimiter);
            at += statement.Length;
        }

        return made;
    }

    // The lines up to a delimiter, or one line that is a comment or an order to the client.
    private static (ReadOnlyMemory<byte> Statement, bool OneLine) Next(ReadOnlyMemory<byte> rest, string delimiter)
    {
        byte[] mark = Encoding.ASCII.GetBytes(delimiter);
        int end = 0;
        for (bool isFirst = true; end < rest.Length; isFirst = false)
        {
            int newline = rest.Span[end..].IndexOf((byte)'\n');
            int next = newline < 0 ? rest.Length : end + newline + 1;
            ReadOnlySpan<byte> line = rest.Span[end..next].TrimEnd("\r\n"u8);
            end = next;
            bool whole = isFirst && (line.IsEmpty || line[0] == (byte)'#' || line.StartsWith("DELIMITER "u8));
            if (whole || line.EndsWith(mark))
            {
                return (rest[..end], isFirst);
            }
        }

        return (rest, false);
    }

    private void Take(ReadOnlyMemory<byte> statement, string first, bool oneLine, string? gtid, string delimiter)
    {
        bool isSetting = oneLine && Setting().IsMatch(first);
        bool isMark = isSetting && Mark().IsMatch(first);
        bool isWanted = gtid is not null && _wanted.Contains(gtid);

        // What a transaction sets holds for those after it, and is written only where it changes.
        bool isKept = isMark ? gtid is null || (isWanted && _flavor == DatabaseFlavor.MySql) : gtid is null || isWanted || isSetting;
        if (isKept)
        {
            _sql.Add(statement);
        }

        if (first.StartsWith("BINLOG ", StringComparison.Ordinal))
        {
            TakeEvents(statement, isWanted, gtid);
        }
        else if (gtid is null && _rows.Count == 0 && (delimiter == ";" || first.StartsWith("DELIMITER ", StringComparison.Ordinal)))
        {
            _before.Add(statement);
        }
        else if (isWanted)
        {
            TakeOther(first, isSetting, gtid!);
        }
    }

    private void TakeEvents(ReadOnlyMemory<byte> statement, bool isWanted, string? gtid)
    {
        if (isWanted)
        {
            _rows.Add(statement);
        }
        else if (gtid is null && _rows.Count == 0)
        {
            // The description of a log's format comes before its rows.
            _before.Add(statement);
            _before.Add(Bytes(Automatic));
        }
    }

    private void TakeOther(string first, bool isSetting, string gtid)
    {
        if (TableMap().Match(first) is { Success: true } map)
        {
            _tables.Add(map.Groups["table"].Value);
        }
        else if (first.Length > 0 && first[0] != '#' && !isSetting && first != BinlogDelimiter
            && !Controls.Contains(first.Split("/*!*/;")[0].Trim(), StringComparer.Ordinal))
        {
            _others.Add($"{gtid}: {(first.Length > 60 ? $"{first[..60]}..." : first)}");
        }
    }

    private static string FirstLine(ReadOnlySpan<byte> statement)
    {
        int end = statement.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(statement[..(end < 0 ? statement.Length : end)]).TrimEnd('\r');
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static ReadOnlyMemory<byte> Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        byte[] all = new byte[parts.Sum(part => part.Length)];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.CopyTo(all.AsMemory(at));
            at += part.Length;
        }

        return all;
    }

    // SET @@session.sql_mode=0/*!*/;  use `shop`/*!*/;  /*!\C utf8mb4 *//*!*/;  /*M!100001 SET ...*//*!*/;
    [GeneratedRegex("^(SET (@@|TIMESTAMP=)|use |/\\*M?!)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Setting();

    [GeneratedRegex(
        "@@session\\.(gtid_next|gtid_domain_id|server_id|gtid_seq_no) *=",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Mark();

    [GeneratedRegex(
        "^#.*\\tTable_map: (?<table>`.+`\\.`.+`) mapped to number ", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex TableMap();
}
