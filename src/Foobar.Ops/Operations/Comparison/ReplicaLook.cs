namespace Foobar.Ops.Operations.Comparison;

/// <summary>What was seen so far of a table on one replica.</summary>
internal sealed record ReplicaLook
{
    /// <summary>How many rows of a table are looked at one by one before it is enough.</summary>
    public const long MostDifferences = 10_000;

    /// <summary>The replica.</summary>
    public required string Server { get; init; }

    /// <summary>How many of the primary's rows were compared.</summary>
    public long Rows { get; set; }

    /// <summary>How many chunks were.</summary>
    public int Compared { get; set; }

    /// <summary>How many rows differ.</summary>
    public long DifferenceCount { get; set; }

    /// <summary>The first of them.</summary>
    public List<RowDifference> Differences { get; init; } = [];

    /// <summary>Where they are.</summary>
    public List<string> DifferingChunks { get; init; } = [];

    /// <summary>How many rows changed each time they were read.</summary>
    public long UndecidedCount { get; set; }

    /// <summary>Why it is compared no further; <see langword="null"/> while it is.</summary>
    public string? Reason { get; set; }

    /// <summary>Whether the table differs as a whole: by its columns, or by rows that have no key to name them.</summary>
    public bool DiffersAsWhole { get; set; }

    /// <summary>
    /// In what the table's definition differs, though its rows may be compared: <c>differs in its keys (lacks UNIQUE id)</c>;
    /// <see langword="null"/> for nothing.
    /// </summary>
    public string? Definition { get; init; }

    /// <summary>Whether it is still compared.</summary>
    public bool IsOpen => Reason is null;

    /// <summary>Takes note of rows that differ.</summary>
    public void Found(KeyRange range, IReadOnlyCollection<RowDifference> rows, int named)
    {
        if (rows.Count > 0)
        {
            DifferenceCount += rows.Count;
            Differences.AddRange(rows.Take(named - Differences.Count));
            Name(range, named);
        }
    }

    /// <summary>Takes note of a range that differs, in which so many rows do that they are not looked at one by one.</summary>
    public void Found(KeyRange range, long rows, int named)
    {
        DifferenceCount += rows;
        Name(range, named);
    }

    /// <summary>The result.</summary>
    /// <param name="source">The primary.</param>
    /// <param name="table">The table.</param>
    /// <param name="chunks">How many chunks it has.</param>
    /// <param name="position">How far the primary had come.</param>
    /// <param name="time">When it was finished.</param>
    /// <param name="duration">How long it took.</param>
    public TableComparison Result(
        string source, ComparedTable table, int chunks, string position, DateTimeOffset time, TimeSpan duration) => new()
    {
        Server = Server,
        Source = source,
        Table = table.FullName,
        Status = DifferenceCount > 0 || DiffersAsWhole || Definition is not null ? ComparisonStatus.Differs
            : Reason is not null ? ComparisonStatus.NotCompared
            : UndecidedCount > 0 ? ComparisonStatus.Undecided
            : ComparisonStatus.Equal,
        Rows = Rows,
        Chunks = Compared,
        CoveragePercent = chunks == 0 ? 0 : 100.0 * Compared / chunks,
        DifferenceCount = DifferenceCount,
        Differences = [.. Differences],
        DifferingChunks = [.. DifferingChunks],
        UndecidedCount = UndecidedCount,
        Position = position,
        Reason = Definition is null ? Reason : Reason is null ? $"it {Definition}" : $"it {Definition}; {Reason}",
        Time = time,
        Duration = duration,
    };

    private void Name(KeyRange range, int named)
    {
        if (DifferingChunks.Count < named)
        {
            DifferingChunks.Add(range.ToString());
        }
    }
}
