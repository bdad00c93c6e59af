using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>A table that is compared.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Engine">Its storage engine.</param>
/// <param name="Rows">How many rows the server guesses that it has.</param>
/// <param name="Columns">Its columns but those that are computed when they are read.</param>
/// <param name="Index">The name of the unique index by which its rows are found; <see langword="null"/> for none.</param>
/// <param name="Key">The columns of that index, in its order; empty for none.</param>
internal sealed record ComparedTable(
    string Schema,
    string Name,
    string Engine,
    long Rows,
    IReadOnlyList<ComparedColumn> Columns,
    string? Index,
    IReadOnlyList<ComparedColumn> Key)
{
    // What these hold is no data of their own, or is not the same on every member by design.
    private static readonly string[] Foreign = ["BLACKHOLE", "FEDERATED", "CONNECT", "SPIDER", "PERFORMANCE_SCHEMA", "ndbcluster"];
    private static readonly string[] Transactional = ["InnoDB", "RocksDB", "ROCKSDB"];

    // A table without a key is read in one statement, whatever its size.
    private const long MostRowsWithoutKey = 100_000;

    /// <summary>What it consists of; <see langword="null"/> if that was not read.</summary>
    public TableDefinition? Definition { get; init; }

    /// <summary>Its name as people write it.</summary>
    public string FullName => $"{Schema}.{Name}";

    /// <summary>Its name as SQL.</summary>
    public string Sql => $"{ComparedColumn.Quoted(Schema)}.{ComparedColumn.Quoted(Name)}";

    /// <summary>Whether reading it blocks no writer.</summary>
    public bool ReadsFreely => Transactional.Contains(Engine);

    /// <summary>Whether a row may come out as NULL, since it does not fit into one string.</summary>
    public bool MayNotFit => Columns.Any(static column => column.IsLong);

    /// <summary>Why it is not compared; <see langword="null"/> if it is.</summary>
    public string? Trouble(DatabaseFlavor flavor) =>
        Foreign.Contains(Engine) ? $"its engine {Engine} holds no rows of its own"
        : Columns.FirstOrDefault(column => column.Text(flavor) is null) is { } unknown
            ? $"its column {unknown.Name} is of type {unknown.DataType}, which this program does not know"
        : Key.Count == 0 && Rows > MostRowsWithoutKey
            ? FormattableString.Invariant($"it has no key to read it by in parts, and about {Rows:N0} rows")
        : null;

    /// <summary>Why another member's table is not the same, whatever its rows; <see langword="null"/> if it is.</summary>
    public string? Differs(ComparedTable other)
    {
        string[] own = [.. Columns.Select(Shape)];
        string[] theirs = [.. other.Columns.Select(Shape)];
        return own.SequenceEqual(theirs)
            ? Key.Select(static column => column.Name).SequenceEqual(other.Key.Select(static column => column.Name))
                ? null
                : "its key differs"
            : own.Order(StringComparer.Ordinal).SequenceEqual(theirs.Order(StringComparer.Ordinal)) ? "the order of its columns differs"
            : $"its columns differ: {Named(own.Except(theirs))} on the primary, {Named(theirs.Except(own))} on the replica";
    }

    /// <summary>
    /// In what another member's table differs besides its rows, which may be compared all the same; <see langword="null"/> for nothing.
    /// </summary>
    public string? DiffersByDefinition(ComparedTable other) =>
        Definition is { } own && other.Definition is { } theirs ? TableDifference.Of(own, theirs)?.How : null;

    private static string Named(IEnumerable<string> columns) => string.Join(", ", columns) is { Length: > 0 } names ? names : "none";

    private static string Shape(ComparedColumn column) => $"{column.Name} {column.DataType}{(column.IsNullable ? " null" : "")}";
}
