using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Tables that replication handles badly.</summary>
public sealed record TableFacts
{
    /// <summary>
    /// Tables whose engine knows no transactions, as <c>schema.table (engine)</c>: a crash or a switch leaves them different.
    /// </summary>
    public IReadOnlyList<string> NonTransactional { get; init; } = [];

    /// <summary>Tables without a primary key, as <c>schema.table</c>: a replica reads the whole table for each changed row.</summary>
    public IReadOnlyList<string> WithoutPrimaryKey { get; init; } = [];

    /// <summary>Whether the login saw every table: the information schema hides those that it may not read.</summary>
    public bool Complete { get; init; }

    internal static TableFacts From(IReadOnlyList<DatabaseRow> rows, IReadOnlyList<DatabaseRow> access) => new()
    {
        Complete = access.Count > 0 && access[0].Number("reads_all") == 1,
        NonTransactional = [.. rows.Where(row => row.Number("transactional") != 1).Select(row => $"{Name(row)} ({row.Text("engine")})")],
        WithoutPrimaryKey = [.. rows.Where(row => row.Number("has_key") != 1).Select(Name)],
    };

    private static string Name(DatabaseRow row) => $"{row.Text("table_schema")}.{row.Text("table_name")}";
}
