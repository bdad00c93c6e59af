namespace Foobar.Ops.Database;

/// <summary>Something that is not the same on a replica as on its source.</summary>
/// <param name="Object">What it is.</param>
/// <param name="How">How it differs: <c>is missing</c>, <c>is there alone</c>, <c>differs in its keys (lacks UNIQUE id)</c>.</param>
internal sealed record ObjectDifference(ServerObject Object, string How)
{
    /// <summary>Whether only the replica has it.</summary>
    public bool IsAlone => How == ServerObject.Alone;

    /// <summary>In what a table that both have differs; <see langword="null"/> for all else, and where that was not read.</summary>
    public TableDifference? Table { get; init; }

    /// <summary>What differs; what could not be read of either is left out.</summary>
    public static IReadOnlyList<ObjectDifference> Between(ReplicationFacts source, ReplicationFacts replica)
    {
        IReadOnlyList<TableDifference> tables = source.Definitions.Value is { } theirs && replica.Definitions.Value is { } own
            ? TableDifference.Between(theirs, own)
            : [];
        HashSet<string> told = [.. tables.Select(static table => table.Table)];
        return
        [
            .. from one in ServerObject.Differences(source.Objects.Value ?? [], replica.Objects.Value ?? [])
               where one.Object.Kind != ServerObject.OfTable || !told.Contains(one.Object.Name)
               select new ObjectDifference(one.Object, one.How),
            .. tables.Select(static table =>
                new ObjectDifference(new ServerObject(ServerObject.OfTable, table.Table, ""), table.How) { Table = table }),
        ];
    }

    /// <summary>Why it can't be told whether all tables consist of the same; <see langword="null"/> if it can.</summary>
    public static string? Unread(ReplicationFacts source, ReplicationFacts replica) =>
        source.Definitions.Value is not null && replica.Definitions.Value is not null
            ? null
            : "the keys, constraints and partitions of tables could not be compared: "
                + (replica.Definitions.Failure ?? source.Definitions.Failure);
}
