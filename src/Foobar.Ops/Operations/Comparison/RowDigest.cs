using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// The digests of rows as SQL: of each row one, and of many rows one that does not depend on their order. MySQL has no MD5
/// from 9.6 on, and XORs binary strings; MariaDB XORs 64 bits.
/// </summary>
/// <param name="Row">The digest of a row, as text.</param>
/// <param name="Number">The same, as what is XORed over rows.</param>
/// <param name="Sum">The digest of many rows, as text.</param>
internal sealed record RowDigest(string Row, string Number, string Sum)
{
    /// <summary>The digests of a table's rows; all its columns must be of types that are known.</summary>
    public static RowDigest Of(ComparedTable table, DatabaseFlavor flavor)
    {
        string text = Text(table, flavor);
        (string row, string number) = flavor == DatabaseFlavor.MySql
            ? ($"SHA2({text}, 256)", $"UNHEX(SHA2({text}, 256))")
            : ($"MD5({text})", $"CAST(CONV(RIGHT(MD5({text}), 16), 16, 10) AS UNSIGNED)");
        return new RowDigest(row, number, flavor == DatabaseFlavor.MySql ? $"HEX(BIT_XOR({number}))" : $"BIT_XOR({number})");
    }

    // Values that follow each other, then which of them are NULL and how long those are that have no fixed form: so that no
    // two rows give the same text. A long value is taken by its own digest, for all must fit into max_allowed_packet.
    private static string Text(ComparedTable table, DatabaseFlavor flavor)
    {
        IEnumerable<string> values = table.Columns.Select(column => column.IsLong ? $"SHA2({column.Text(flavor)}, 256)" : column.Text(flavor)!);
        string[] nulls = [.. table.Columns.Where(static column => column.IsNullable).Select(static column => $"ISNULL({column.Sql})")];
        IEnumerable<string> lengths = table.Columns.Where(static column => column is { IsVariable: true, IsLong: false }).Select(static column => $"LENGTH({column.Sql})");
        return $"CONCAT_WS('#', {string.Join(", ", [.. values, .. nulls.Length == 0 ? [] : (string[])[$"CONCAT({string.Join(", ", nulls)})"], .. lengths])})";
    }
}
