using System.Globalization;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// The rows of a table whose key comes after one value and not after another, as SQL. Rows of several columns are not
/// compared as a whole, <c>(a, b) &gt; (x, y)</c>, for which neither server uses an index (MySQL Reference Manual, "Range
/// Optimization of Row Constructor Expressions"), but column by column.
/// </summary>
/// <param name="Key">The columns of the key.</param>
/// <param name="After">The values before the first row; <see langword="null"/> from the beginning.</param>
/// <param name="UpTo">The values of the last row; <see langword="null"/> to the end.</param>
internal sealed record KeyRange(IReadOnlyList<ComparedColumn> Key, IReadOnlyList<string>? After = null, IReadOnlyList<string>? UpTo = null)
{
    /// <summary>The condition, true where there are no bounds.</summary>
    public string Condition
    {
        get
        {
            string[] parts =
            [
                .. After is null ? [] : (string[])[Bounded(">", ">=", "a", orEqual: false)],
                .. UpTo is null ? [] : (string[])[Bounded("<", "<=", "u", orEqual: true)],
            ];
            return parts.Length == 0 ? "TRUE" : string.Join(" AND ", parts);
        }
    }

    /// <summary>The parameters of the condition.</summary>
    public Dictionary<string, object?> Parameters => new(Values(After, "a").Concat(Values(UpTo, "u")));

    /// <inheritdoc/>
    public override string ToString()
    {
        string names = string.Join(", ", Key.Select(static column => column.Name));
        return (After, UpTo) switch
        {
            (null, null) => "all rows",
            (null, { } last) => $"{names} up to {KeyText(last)}",
            ({ } first, null) => $"{names} after {KeyText(first)}",
            ({ } first, { } last) => $"{names} after {KeyText(first)} up to {KeyText(last)}",
        };
    }

    /// <summary>A key's values as people read them.</summary>
    public static string KeyText(IReadOnlyList<string> values) => values.Count == 1 ? values[0] : $"({string.Join(", ", values)})";

    // a >= x AND (a > x OR (a = x AND (b > y ...))): the first part alone is what an index is used for.
    private string Bounded(string beyond, string from, string prefix, bool orEqual)
    {
        string rest = "";
        for (int at = Key.Count - 1; at >= 0; at--)
        {
            string column = Key[at].Sql;
            string value = Key[at].Parameter(Name(prefix, at));
            rest = rest.Length == 0
                ? $"{column} {(orEqual ? from : beyond)} {value}"
                : $"({column} {beyond} {value} OR ({column} = {value} AND {rest}))";
        }

        return Key.Count == 1 ? rest : $"{Key[0].Sql} {from} {Key[0].Parameter(Name(prefix, 0))} AND {rest}";
    }

    private IEnumerable<KeyValuePair<string, object?>> Values(IReadOnlyList<string>? bound, string prefix) =>
        bound?.Select((text, at) => KeyValuePair.Create(Name(prefix, at), (object?)Key[at].Bound(text))) ?? [];

    private static string Name(string prefix, int at) => prefix + at.ToString(CultureInfo.InvariantCulture);
}
