using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>The tables of a member (MySQL and MariaDB manuals, "INFORMATION_SCHEMA Tables").</summary>
internal static class TableCatalog
{
    private const string Own = "TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo')";

    public const string Tables = $"""
        SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, ENGINE AS engine, TABLE_ROWS AS n FROM information_schema.TABLES
        WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND {Own} ORDER BY TABLE_SCHEMA, TABLE_NAME
        """;

    // What is generated and stored is compared; what is computed when it is read follows from the rest.
    public const string Columns = $"""
        SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, COLUMN_NAME AS c, LOWER(DATA_TYPE) AS type, IS_NULLABLE = 'YES' AS nullable,
               NUMERIC_PRECISION AS digits FROM information_schema.COLUMNS
        WHERE EXTRA NOT LIKE '%VIRTUAL GENERATED%' AND {Own} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
        """;

    // A part of a functional index has no column (MySQL).
    public const string Keys = $"""
        SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c, SUB_PART AS part FROM information_schema.STATISTICS
        WHERE NON_UNIQUE = 0 AND {Own} ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX
        """;

    /// <summary>Reads the tables.</summary>
    /// <exception cref="DatabaseException">A query failed.</exception>
    public static async Task<IReadOnlyList<ComparedTable>> ReadAsync(IDatabaseSession session, CancellationToken cancellationToken) =>
        Parse(
            await session.QueryAsync(Tables, null, cancellationToken),
            await session.QueryAsync(Columns, null, cancellationToken),
            await session.QueryAsync(Keys, null, cancellationToken),
            TableDefinition.From(await session.QueryAsync(TableDefinitionQueries.Of(session.IsMariaDb), null, cancellationToken)));

    /// <summary>Joins what the queries gave.</summary>
    public static IReadOnlyList<ComparedTable> Parse(
        IReadOnlyList<DatabaseRow> tables,
        IReadOnlyList<DatabaseRow> columns,
        IReadOnlyList<DatabaseRow> keys,
        IReadOnlyList<TableDefinition> definitions)
    {
        Dictionary<string, TableDefinition> defined = definitions.ToDictionary(static one => one.Name, StringComparer.Ordinal);
        ILookup<(string?, string?), ComparedColumn> byTable = columns.ToLookup(
            static row => (row.Text("s"), row.Text("t")),
            static row =>
                new ComparedColumn(row.Text("c") ?? "", row.Text("type") ?? "", row.Number("nullable") == 1, (int?)row.Number("digits")));
        ILookup<(string?, string?), DatabaseRow> indexes = keys.ToLookup(static row => (row.Text("s"), row.Text("t")));
        return [.. tables.Select(row =>
        {
            (string?, string?) name = (row.Text("s"), row.Text("t"));
            ComparedColumn[] own = [.. byTable[name]];
            (string Index, ComparedColumn[] Columns)? key = Key(own, indexes[name]);
            return new ComparedTable(
                row.Text("s") ?? "", row.Text("t") ?? "", row.Text("engine") ?? "", row.Number("n") ?? 0, own, key?.Index,
                key?.Columns ?? [])
            {
                Definition = defined.GetValueOrDefault($"{row.Text("s")}.{row.Text("t")}"),
            };
        })];
    }

    // The primary key, else the first unique index: whole columns that are never NULL and that can be ordered by.
    private static (string Index, ComparedColumn[] Columns)? Key(ComparedColumn[] columns, IEnumerable<DatabaseRow> indexes)
    {
        foreach (IGrouping<string?, DatabaseRow> index in indexes.GroupBy(static row => row.Text("i")))
        {
            ComparedColumn[] parts = [.. index.Select(part => part.Text("part") is null
                ? Array.Find(columns, column => string.Equals(column.Name, part.Text("c"), StringComparison.OrdinalIgnoreCase))
                : null).OfType<ComparedColumn>().Where(static column => column is { IsNullable: false, IsOrdering: true })];
            if (index.Key is { } name && parts.Length == index.Count())
            {
                return (name, parts);
            }
        }

        return null;
    }
}
