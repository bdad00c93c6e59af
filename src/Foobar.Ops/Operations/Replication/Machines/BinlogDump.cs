using System.Globalization;
using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>
/// What <c>mysqlbinlog</c> wrote of binary logs: transactions as SQL. The log of a server that was killed may end in the
/// middle of one, which was never committed; it is cut off.
/// </summary>
internal sealed class BinlogDump
{
    private BinlogDump(IReadOnlyList<BinlogPart> parts, ReadOnlyMemory<byte> sql, string? incomplete)
    {
        Parts = parts;
        Transactions = [.. parts.Select(part => part.Gtid)];
        Sql = sql;
        Incomplete = incomplete;
    }

    /// <summary>The complete transactions, in order, by GTID (<c>uuid:7</c>, <c>uuid:tag:7</c>, <c>0-1-7</c>).</summary>
    public IReadOnlyList<string> Transactions { get; }

    /// <summary>Where each of them stands in <see cref="Sql"/>.</summary>
    public IReadOnlyList<BinlogPart> Parts { get; }

    /// <summary>The SQL of the complete transactions, for the <c>mysql</c> client.</summary>
    public ReadOnlyMemory<byte> Sql { get; }

    /// <summary>The transaction in whose middle the log ends; <see langword="null"/> for none.</summary>
    public string? Incomplete { get; }

    /// <summary>
    /// The complete transactions in their shortest written form: a MySQL GTID set; on MariaDB runs of one server (<c>0-1-7..9</c>).
    /// </summary>
    public string Gtids(DatabaseFlavor flavor) => Shortest(flavor, Transactions);

    /// <summary>Transactions in their shortest written form.</summary>
    public static string Shortest(DatabaseFlavor flavor, IReadOnlyList<string> transactions) => flavor == DatabaseFlavor.MySql
        ? MySqlGtidSet.Parse(string.Join(',', transactions)).ToString()
        : string.Join(',', Runs(transactions.Select(text => MariaDbGtid.TryParse(text, out MariaDbGtid gtid) ? gtid : default)));

    /// <summary>The complete transactions that a server does not hold.</summary>
    /// <param name="flavor">The flavour.</param>
    /// <param name="executed">What the server holds (MySQL set, MariaDB binlog state).</param>
    public IReadOnlyList<string> Missing(DatabaseFlavor flavor, string executed)
    {
        if (flavor == DatabaseFlavor.MySql)
        {
            MySqlGtidSet set = MySqlGtidSet.Parse(executed);
            return [.. Transactions.Where(text => !set.Contains(MySqlGtidSet.Parse(text)))];
        }

        MariaDbGtidState state = MariaDbGtidState.Parse(executed);
        return [.. Transactions.Where(text => !state.Contains(MariaDbGtidState.Parse(text)))];
    }

    /// <summary>Reads a dump.</summary>
    /// <param name="flavor">Whose <c>mysqlbinlog</c> wrote it.</param>
    /// <param name="text">What it wrote.</param>
    /// <exception cref="ParseException">A GTID in it is none.</exception>
    public static BinlogDump Parse(DatabaseFlavor flavor, ReadOnlyMemory<byte> text)
    {
        Reader reader = new(flavor);
        ReadOnlySpan<byte> rest = text.Span;
        int at = 0;
        while (at < rest.Length)
        {
            int end = rest[at..].IndexOf((byte)'\n');
            int next = end < 0 ? rest.Length : at + end + 1;
            reader.Take(rest[at..next].TrimEnd("\r\n"u8), at, next);
            at = next;
        }

        return reader.End(text);
    }

    private static IEnumerable<string> Runs(IEnumerable<MariaDbGtid> gtids)
    {
        MariaDbGtid? first = null;
        MariaDbGtid last = default;
        foreach (MariaDbGtid gtid in gtids.OrderBy(gtid => (gtid.Domain, gtid.Server, gtid.Sequence)))
        {
            if (first is { } begin && (gtid.Domain, gtid.Server, gtid.Sequence) != (last.Domain, last.Server, last.Sequence + 1))
            {
                yield return Run(begin, last);
                first = null;
            }

            first ??= gtid;
            last = gtid;
        }

        if (first is { } only)
        {
            yield return Run(only, last);
        }
    }

    private static string Run(MariaDbGtid first, MariaDbGtid last) =>
        first == last ? $"{first}" : string.Create(CultureInfo.InvariantCulture, $"{first}..{last.Sequence}");

    private sealed class Reader(DatabaseFlavor flavor)
    {
        private readonly List<BinlogPart> _complete = [];
        private string? _current;
        private int _currentAt;
        private int _endedAt;
        private bool _begun;
        private bool _ended;
        private bool _marking;
        private string _domain = "";
        private string _server = "";

        public void Take(ReadOnlySpan<byte> line, int at, int next)
        {
            if (flavor == DatabaseFlavor.MySql
                ? line.StartsWith("SET @@SESSION.GTID_NEXT="u8)
                : line.StartsWith("/*"u8) && line.IndexOf("@@session."u8) > 0)
            {
                TakeMark(Encoding.ASCII.GetString(line), at);
            }
            else if (line.SequenceEqual("BEGIN"u8) || line.SequenceEqual("START TRANSACTION"u8) || line.StartsWith("BEGIN/*!*/;"u8))
            {
                _begun = true;
            }
            else if (line.StartsWith("COMMIT/*!*/;"u8)
                || line.SequenceEqual("COMMIT"u8)
                || line.SequenceEqual("ROLLBACK"u8)
                || line.StartsWith("XA "u8))
            {
                (_ended, _endedAt) = (true, next);
            }
            else if (!_begun && line.SequenceEqual("/*!*/;"u8))
            {
                // The end of a statement that is a transaction by itself (DDL).
                (_ended, _endedAt) = (true, next);
            }
        }

        public BinlogDump End(ReadOnlyMemory<byte> text)
        {
            string? incomplete = Close() ? null : _current;
            string tail = flavor == DatabaseFlavor.MySql ? "SET @@SESSION.GTID_NEXT= 'AUTOMATIC'/*!*/;\nDELIMITER ;\n" : "DELIMITER ;\n";
            return new(
                _complete, incomplete is null ? text : (byte[])[.. text[.._currentAt].Span, .. Encoding.ASCII.GetBytes(tail)], incomplete);
        }

        private void TakeMark(string line, int at)
        {
            if (flavor == DatabaseFlavor.MySql)
            {
                string gtid = line.Split('\'') is [_, { } quoted, ..] ? quoted : "";
                Close();
                _current = gtid == "AUTOMATIC"
                    ? null
                    : MySqlGtidSet.TryParse(gtid, out _)
                        ? gtid
                        : throw new ParseException(null, "mysqlbinlog", 0, $"expected a GTID, found '{line}'.");
                _currentAt = at;
                return;
            }

            // Domain and server are written only where they change; the number ends the mark.
            (string? domain, string? server, string? sequence) = (Value(
                line, "gtid_domain_id="), Value(line, "server_id="), Value(line, "gtid_seq_no="));
            if (domain is null && server is null && sequence is null)
            {
                return;
            }

            if (!_marking)
            {
                Close();
                (_current, _currentAt) = (null, at);
            }

            (_domain, _server, _marking) = (domain ?? _domain, server ?? _server, sequence is null);
            if (sequence is not null)
            {
                string gtid = $"{_domain}-{_server}-{sequence}";
                _current = MariaDbGtid.TryParse(gtid, out _)
                    ? gtid
                    : throw new ParseException(null, "mariadb-binlog", 0, $"expected a GTID, found '{gtid}'.");
            }
        }

        // Ends the transaction that is being read; false if it has no end.
        private bool Close()
        {
            bool complete = _current is null || _ended;
            if (_current is { } gtid && complete)
            {
                _complete.Add(new(gtid, _currentAt, _endedAt));
            }

            (_begun, _ended) = (false, false);
            return complete;
        }

        private static string? Value(string line, string name)
        {
            int start = line.IndexOf("@@session." + name, StringComparison.Ordinal);
            return start < 0 ? null : new string([.. line[(start + "@@session.".Length + name.Length)..].TakeWhile(char.IsAsciiDigit)]);
        }
    }
}

/// <summary>One transaction in a dump.</summary>
/// <param name="Gtid">Its GTID.</param>
/// <param name="Begin">Where the line that names its GTID begins, in bytes.</param>
/// <param name="End">Where the line after its end begins.</param>
internal sealed record BinlogPart(string Gtid, int Begin, int End);
