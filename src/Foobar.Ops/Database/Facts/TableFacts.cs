using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Tables that replication handles badly.</summary>
public sealed record TableFacts
{
    /// <summary>Tables whose engine knows no transactions, as <c>schema.table (engine)</c>: a crash or a switch leaves them different.</summary>
    public IReadOnlyList<string> NonTransactional { get; init; } = [];

    /// <summary>Tables without a primary key, as <c>schema.table</c>: a replica reads the whole table for each changed row.</summary>
    public IReadOnlyList<string> WithoutPrimaryKey { get; init; } = [];

    internal static TableFacts From(IReadOnlyList<DatabaseRow> rows) => new()
    {
        NonTransactional = [.. rows.Where(row => row.Number("transactional") != 1).Select(row => $"{Name(row)} ({row.Text("engine")})")],
        WithoutPrimaryKey = [.. rows.Where(row => row.Number("has_key") != 1).Select(Name)],
    };

    private static string Name(DatabaseRow row) => $"{row.Text("table_schema")}.{row.Text("table_name")}";
}
