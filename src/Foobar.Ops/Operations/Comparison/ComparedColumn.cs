using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>A column of a table that is compared, as <c>information_schema.COLUMNS</c> describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Its type without length or attributes, in lower case: <c>varchar</c>, <c>bigint</c>.</param>
/// <param name="IsNullable">Whether it may be NULL.</param>
/// <param name="Precision">The digits of a <c>decimal</c>; <see langword="null"/> for other types.</param>
internal sealed record ComparedColumn(string Name, string DataType, bool IsNullable = false, int? Precision = null)
{
    // The driver's numbers have no more digits.
    private const int MostDigits = 28;

    private static readonly string[] Whole = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    private static readonly string[] Strings = ["char", "varchar"];
    private static readonly string[] LongStrings = ["tinytext", "text", "mediumtext", "longtext"];
    private static readonly string[] Binaries = ["binary", "varbinary"];
    private static readonly string[] LongBinaries = ["tinyblob", "blob", "mediumblob", "longblob"];
    private static readonly string[] Times = ["date", "datetime", "timestamp", "time", "year"];
    private static readonly string[] Identifiers = ["uuid", "inet4", "inet6"];
    private static readonly string[] Shapes =
        [
            "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
            "geometrycollection",
        ];

    /// <summary>Its name as SQL.</summary>
    public string Sql => Quoted(Name);

    /// <summary>Whether rows can be put in order by it, with bounds that are sent as parameters.</summary>
    public bool IsOrdering => Whole.Contains(DataType) || Strings.Contains(DataType) || Binaries.Contains(DataType)
        || Times.Contains(DataType) || Identifiers.Contains(DataType) || (DataType == "decimal" && Precision <= MostDigits);

    /// <summary>Whether its values may be so long that several of them do not fit into one string (<c>max_allowed_packet</c>).</summary>
    public bool IsLong =>
        LongStrings.Contains(DataType) || LongBinaries.Contains(DataType) || DataType == "json" || Shapes.Contains(DataType);

    /// <summary>A name as SQL.</summary>
    public static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <summary>
    /// The SQL of its value as text that is the same where the value is the same, and another where it is not;
    /// <see langword="null"/> for a type that is not known.
    /// </summary>
    /// <remarks>
    /// Of strings the bytes count: a collation calls 'a' and 'A' the same, and data that differ so differ. A FLOAT as text has
    /// six digits; as a DOUBLE it has all.
    /// </remarks>
    public string? Text(DatabaseFlavor flavor) => DataType switch
    {
        _
            when Whole.Contains(DataType)
                || Times.Contains(DataType)
                || Binaries.Contains(DataType)
                || LongBinaries.Contains(DataType)
                || DataType == "decimal" => Sql,
        "float" or "double" => $"({Sql} + 0e0)",
        "bit" => $"({Sql} + 0)",
        "vector" => $"HEX({Sql})",
        "json" when flavor == DatabaseFlavor.MySql => $"CONVERT(CAST({Sql} AS CHAR) USING binary)",
        _ when Strings.Contains(DataType) || LongStrings.Contains(DataType) || DataType is "enum" or "set" =>
            $"CONVERT({Sql} USING binary)",
        _ when Identifiers.Contains(DataType) => $"CAST({Sql} AS CHAR)",
        _ when Shapes.Contains(DataType) => $"CONCAT(ST_SRID({Sql}), ST_AsBinary({Sql}))",
        _ => null,
    };

    /// <summary>Whether its text has no fixed length, so that two neighbours could be cut apart in two ways.</summary>
    public bool IsVariable =>
        Strings.Contains(DataType) || Binaries.Contains(DataType) || IsLong || DataType is "enum" or "set" or "vector";

    /// <summary>The SQL that reads it as a bound; <see cref="Bound"/> makes a parameter of what comes.</summary>
    public string Read => DataType switch
    {
        _ when Binaries.Contains(DataType) => $"HEX({Sql})",
        _ when Strings.Contains(DataType) => $"CONVERT({Sql} USING utf8mb4)",
        _ => $"CAST({Sql} AS CHAR)",
    };

    /// <summary>The SQL of a bound that stands in a parameter.</summary>
    public string Parameter(string name) => Binaries.Contains(DataType) ? $"UNHEX(@{name})" : $"@{name}";

    /// <summary>
    /// The value of the parameter: a number stays one, for as text the server would compare it as a floating-point number.
    /// </summary>
    public object Bound(string text) => Whole.Contains(DataType) || DataType == "decimal"
        ? decimal.Parse(text, System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture)
        : text;
}
