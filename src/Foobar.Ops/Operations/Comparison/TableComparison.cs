using Foobar.Ops.Findings;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>What came of comparing a table.</summary>
public enum ComparisonStatus : long
{
    /// <summary>Every row that was compared is the same on both members.</summary>
    Equal,

    /// <summary>Rows differ, or the table itself does.</summary>
    Differs,

    /// <summary>Some rows changed each time they were read, so that nothing can be said of those; the others are the same.</summary>
    Undecided,

    /// <summary>It was not compared, or not to its end; the reason says why.</summary>
    NotCompared,
}

/// <summary>How a row differs.</summary>
public enum RowDifferenceKind : long
{
    /// <summary>The replica has it with other values.</summary>
    Changed,

    /// <summary>The replica lacks it.</summary>
    Missing,

    /// <summary>Only the replica has it.</summary>
    Extra,
}

/// <summary>A row that is not the same on a replica as on the primary.</summary>
/// <param name="Key">The values of its key.</param>
/// <param name="Kind">How it differs.</param>
public sealed record RowDifference(string Key, RowDifferenceKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Key}";
}

/// <summary>A table of a replica beside the primary's.</summary>
public sealed record TableComparison
{
    /// <summary>The replica.</summary>
    public required string Server { get; init; }

    /// <summary>The primary.</summary>
    public required string Source { get; init; }

    /// <summary>The table: <c>shop.orders</c>.</summary>
    public required string Table { get; init; }

    /// <summary>What came of it.</summary>
    public required ComparisonStatus Status { get; init; }

    /// <summary>How many of the primary's rows were compared.</summary>
    [Measurement]
    public long Rows { get; init; }

    /// <summary>In how many chunks.</summary>
    [Measurement]
    public int Chunks { get; init; }

    /// <summary>How much of the table was compared, in percent of its chunks.</summary>
    public double CoveragePercent { get; init; }

    /// <summary>How many rows differ.</summary>
    public long DifferenceCount { get; init; }

    /// <summary>The rows that differ, the first of them if there are many.</summary>
    public IReadOnlyList<RowDifference> Differences { get; init; } = [];

    /// <summary>The chunks in which they are.</summary>
    public IReadOnlyList<string> DifferingChunks { get; init; } = [];

    /// <summary>How many rows changed each time they were read.</summary>
    public long UndecidedCount { get; init; }

    /// <summary>
    /// How far the primary had come (GTIDs) when the table was finished; the replica had come as far when its rows were read.
    /// </summary>
    public string Position { get; init; } = "";

    /// <summary>Why it was not compared, or what differs besides rows; <see langword="null"/> for nothing.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was finished, in UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>How long it took.</summary>
    [Measurement]
    public TimeSpan Duration { get; init; }
}
