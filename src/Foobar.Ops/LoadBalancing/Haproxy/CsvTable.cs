using Microsoft.VisualBasic.FileIO;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>
/// HAProxy's statistics as comma-separated values (HAProxy Management Guide, 9.1 "CSV format"): a header that begins with
/// <c># </c>, then a row a proxy and server. Columns are found by name, since each version adds some.
/// </summary>
internal sealed class CsvTable
{
    private readonly Dictionary<string, int> _columns;

    private CsvTable(Dictionary<string, int> columns, IReadOnlyList<string[]> rows)
    {
        _columns = columns;
        Rows = rows;
    }

    public IReadOnlyList<string[]> Rows { get; }

    /// <summary>The value of a column in a row; empty where the version has no such column.</summary>
    public string Value(string[] row, string column) => _columns.TryGetValue(column, out int index) && index < row.Length ? row[index] : "";

    /// <exception cref="Errors.ParseException">There is no header with the columns required, or a quote is not closed.</exception>
    public static CsvTable Parse(string text, string source, params ReadOnlySpan<string> required)
    {
        List<string[]> rows = Read(text, source);
        string[] header = rows.Count > 0 ? rows[0] : [];
        Dictionary<string, int> columns = [];
        for (int i = 0; i < header.Length; i++)
        {
            columns.TryAdd(header[i].TrimStart('#', ' '), i);
        }

        foreach (string column in required)
        {
            if (!columns.ContainsKey(column))
            {
                throw new Errors.ParseException(
                    null, source, 1, $"expected a header with the column '{column}', found '{string.Join(',', header.Take(4))}'.");
            }
        }

        return new CsvTable(columns, rows[1..]);
    }

    private static List<string[]> Read(string text, string source)
    {
        using TextFieldParser reader = new(
            new StringReader(text))
            {
                TextFieldType = FieldType.Delimited,
                Delimiters = [","],
                HasFieldsEnclosedInQuotes = true,
                TrimWhiteSpace = false,
            };
        List<string[]> rows = [];
        try
        {
            while (reader.ReadFields() is { } fields)
            {
                rows.Add(fields);
            }
        }
        catch (MalformedLineException error)
        {
            throw new Errors.ParseException(
                null, source, (int)Math.Max(0, reader.ErrorLineNumber), "expected comma-separated values; a quote is not closed.", error);
        }

        return rows;
    }
}
