using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>
/// The digests of rows as SQL: of each row one, and of many rows one that does not depend on their order. Rows' digests are
/// XORed; so a CRC alone will not do: it is linear, and two rows whose values are swapped, such as rows that got each other's
/// number from AUTO_INCREMENT, give the same. Equal rows cancel each other in an XOR: where no key keeps rows apart, the digests
/// are added up too.
/// </summary>
/// <param name="Row">The digest of a row, as text.</param>
/// <param name="Number">The same, or a shorter one, as what is XORed over rows.</param>
/// <param name="Sum">The digest of many rows, as text.</param>
internal sealed record RowDigest(string Row, string Number, string Sum)
{
    /// <summary>The digests of a table's rows; all its columns must be of types that are known.</summary>
    /// <param name="table">The table.</param>
    /// <param name="functions">What the servers can compute.</param>
    public static RowDigest Of(ComparedTable table, DigestFunctions functions)
    {
        string text = Text(table, functions == DigestFunctions.Sha256 ? DatabaseFlavor.MySql : DatabaseFlavor.MariaDb);
        RowDigest digest = functions switch
        {
            // MySQL has no MD5 from 9.6 on, and XORs binary strings.
            DigestFunctions.Sha256 => new($"SHA2({text}, 256)", $"UNHEX(SHA2({text}, 256))", $"HEX(BIT_XOR(UNHEX(SHA2({text}, 256))))"),

            // The product of two CRCs is as cheap as reading, and not linear.
            DigestFunctions.Crcs => new($"MD5({text})", $"CRC32({text}) * CRC32C({text})", $"BIT_XOR(CRC32({text}) * CRC32C({text}))"),
            _ => new(
                $"MD5({text})",
                $"CAST(CONV(RIGHT(MD5({text}), 16), 16, 10) AS UNSIGNED)",
                $"BIT_XOR(CAST(CONV(RIGHT(MD5({text}), 16), 16, 10) AS UNSIGNED))"),
        };

        // SUM of whole numbers is a DECIMAL and exact. A binary string is no number: its first 60 bits are taken.
        string addend = functions == DigestFunctions.Sha256
            ? $"CAST(CONV(LEFT({digest.Row}, 15), 16, 10) AS UNSIGNED)"
            : digest.Number;
        return table.Index is null ? digest with { Sum = $"CONCAT_WS(' ', {digest.Sum}, SUM({addend}))" } : digest;
    }

    // Values that follow each other, then which of them are NULL and how long those are that have no fixed form: so that no
    // two rows give the same text. A long value is taken by its own digest, for all must fit into max_allowed_packet.
    private static string Text(ComparedTable table, DatabaseFlavor flavor)
    {
        IEnumerable<string> values = table.Columns.Select(
            column => column.IsLong ? $"SHA2({column.Text(flavor)}, 256)" : column.Text(flavor)!);
        string[] nulls = [.. table.Columns.Where(static column => column.IsNullable).Select(static column => $"ISNULL({column.Sql})")];
        IEnumerable<string> lengths = table.Columns.Where(static column => column is { IsVariable: true, IsLong: false })
            .Select(static column => $"LENGTH({column.Sql})");
        return "CONCAT_WS('#', "
            + $"{string.Join(", ", [.. values, .. nulls.Length == 0 ? [] : (string[])[$"CONCAT({string.Join(", ", nulls)})"], .. lengths])})";
    }
}

/// <summary>What all members of a site can digest rows with.</summary>
internal enum DigestFunctions
{
    /// <summary>SHA2, and XOR of binary strings: MySQL 8.0 and later.</summary>
    Sha256,

    /// <summary>CRC32 and CRC32C: MariaDB 10.8 and later.</summary>
    Crcs,

    /// <summary>MD5, and XOR of numbers: older versions of MariaDB.</summary>
    Md5,
}
