namespace Foobar.Ops.Database;

/// <summary>How a table that both members have is not the same on one as on the other.</summary>
internal sealed record TableDifference
{
    /// <summary>The table: <c>shop.orders</c>.</summary>
    public required string Table { get; init; }

    /// <summary>In what it differs, for people: <c>its columns</c>, <c>its keys (lacks UNIQUE id)</c>; never empty.</summary>
    public required IReadOnlyList<string> Aspects { get; init; }

    /// <summary>Whether its columns differ.</summary>
    public bool InColumns { get; init; }

    /// <summary>The unique keys that the replica lacks, or has by other columns: it takes rows that its source refuses.</summary>
    public IReadOnlyList<string> LackingUnique { get; init; } = [];

    /// <summary>In one line: <c>differs in its keys (lacks UNIQUE id)</c>.</summary>
    public string How => $"differs in {string.Join(", ", Aspects)}";

    /// <summary>The tables that both have and that differ, in the order of the source's.</summary>
    public static IReadOnlyList<TableDifference> Between(IReadOnlyList<TableDefinition> source, IReadOnlyList<TableDefinition> replica)
    {
        Dictionary<string, TableDefinition> own = [];
        foreach (TableDefinition table in replica)
        {
            own[table.Name] = table;
        }

        return
        [
            .. source.Select(table => own.TryGetValue(table.Name, out TableDefinition? there) ? Of(table, there) : null)
                .OfType<TableDifference>(),
        ];
    }

    /// <summary>How a replica's table differs; <see langword="null"/> if it does not.</summary>
    public static TableDifference? Of(TableDefinition source, TableDefinition replica)
    {
        bool columns = source.Columns != replica.Columns;
        List<string> aspects = [];
        if (columns)
        {
            aspects.Add("its columns");
        }

        if (Keys(source, replica) is { Length: > 0 } keys)
        {
            aspects.Add($"its keys ({keys})");
        }

        Note(source.ForeignKeys != replica.ForeignKeys, "its foreign keys");
        Note(source.CheckConstraints != replica.CheckConstraints, "its CHECK constraints");
        Note(source.Partitions != replica.Partitions, "its partitions");
        Note(source.Engine != replica.Engine, $"its engine ({replica.Engine}, not {source.Engine})");
        return aspects.Count == 0 ? null : new()
        {
            Table = source.Name,
            Aspects = aspects,
            InColumns = columns,
            LackingUnique =
            [
                .. source.Keys.Where(key => key.UniqueBy is not null && replica.Keys.All(other => other.UniqueBy != key.UniqueBy))
                    .Select(static key => key.Name),
            ],
        };

        void Note(bool differs, string aspect)
        {
            if (differs)
            {
                aspects.Add(aspect);
            }
        }
    }

    private static string Keys(TableDefinition source, TableDefinition replica)
    {
        Dictionary<string, TableKey> theirs = ByName(source);
        Dictionary<string, TableKey> own = ByName(replica);
        (string Word, IEnumerable<TableKey> Keys)[] parts =
        [
            ("lacks", theirs.Values.Where(key => !own.ContainsKey(key.Name))),
            ("has another", theirs.Values.Where(key => own.TryGetValue(key.Name, out TableKey? other) && other != key)),
            ("alone has", own.Values.Where(key => !theirs.ContainsKey(key.Name))),
        ];
        return string.Join("; ", parts.Where(static part => part.Keys.Any())
            .Select(static part => $"{part.Word} {string.Join(", ", part.Keys.Select(static key => Shown(key)))}"));
    }

    private static Dictionary<string, TableKey> ByName(TableDefinition table)
    {
        Dictionary<string, TableKey> keys = [];
        foreach (TableKey key in table.Keys)
        {
            keys[key.Name] = key;
        }

        return keys;
    }

    private static string Shown(TableKey key) => key.UniqueBy is null || key.Name == "PRIMARY" ? key.Name : $"UNIQUE {key.Name}";
}
