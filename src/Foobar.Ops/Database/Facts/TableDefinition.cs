using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>
/// What a table consists of, by aspect, so that it can be told in which one members differ. Digests say whether two members have
/// the same; they are <see langword="null"/> where a table has nothing of the kind.
/// </summary>
/// <param name="Name">The table: <c>shop.orders</c>.</param>
/// <param name="Engine">Its storage engine, and its type where that is not BASE TABLE: <c>InnoDB SYSTEM VERSIONED</c>.</param>
public sealed record TableDefinition(string Name, string Engine)
{
    /// <summary>A digest of its columns, with the expressions of generated ones.</summary>
    public string? Columns { get; init; }

    /// <summary>Its indexes, the primary key among them.</summary>
    public IReadOnlyList<TableKey> Keys { get; init; } = [];

    /// <summary>A digest of its foreign keys.</summary>
    public string? ForeignKeys { get; init; }

    /// <summary>A digest of its CHECK constraints.</summary>
    public string? CheckConstraints { get; init; }

    /// <summary>A digest of its partitions.</summary>
    public string? Partitions { get; init; }

    /// <summary>
    /// Joins what <see cref="TableDefinitionQueries"/> gave, in the order of the names. Views have columns alone, and are left out.
    /// </summary>
    internal static IReadOnlyList<TableDefinition> From(IReadOnlyList<DatabaseRow> rows) =>
        [
            .. rows.GroupBy(static row => $"{row.Text("s")}.{row.Text("t")}", StringComparer.Ordinal)
                .Select(static table => From(table.Key, [.. table]))
                .OfType<TableDefinition>()
                .OrderBy(static table => table.Name, StringComparer.Ordinal),
        ];

    private static TableDefinition? From(string name, DatabaseRow[] rows)
    {
        return rows.Any(static row => row.Text("aspect") == "engine")
            ? new(name, Of("engine") ?? "")
            {
                Columns = Of("columns"),
                Keys =
                [
                    .. rows.Where(static row => row.Text("aspect") == "key")
                        .Select(static row => new TableKey(row.Text("item") ?? "", row.Text("digest") ?? "", row.Text("columns")))
                        .OrderBy(static key => key.Name, StringComparer.Ordinal),
                ],
                ForeignKeys = Of("foreign keys"),
                CheckConstraints = Of("check constraints"),
                Partitions = Of("partitions"),
            }
            : null;

        string? Of(string aspect) => Array.Find(rows, row => row.Text("aspect") == aspect)?.Text("digest");
    }
}

/// <summary>An index of a table.</summary>
/// <param name="Name">Its name: <c>PRIMARY</c>.</param>
/// <param name="Digest">Of all that it consists of.</param>
/// <param name="UniqueBy">
/// Of a unique one: a digest of what rows are told apart by, its columns in any order; <see langword="null"/> for all others.
/// </param>
public sealed record TableKey(string Name, string Digest, string? UniqueBy);
