namespace Foobar.Ops.Operations.Comparison;

/// <summary>How members' data is compared.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Which tables, told by schema and name (<c>shop.orders</c>); all if not given.</summary>
    public Func<string, bool> Tables { get; init; } = static _ => true;

    /// <summary>The replicas to compare with the primary, by name; all if empty.</summary>
    public IReadOnlyList<string> Replicas { get; init; } = [];

    /// <summary>How much of each table is compared, in percent of its chunks; which ones is drawn anew each time.</summary>
    public double SamplePercent { get; init; } = 100;

    /// <summary>How long a chunk may take the primary to read; its number of rows follows from that.</summary>
    public TimeSpan ChunkTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>While more threads than these run statements on the primary, the comparison waits.</summary>
    public int MostThreadsRunning { get; init; } = 25;

    /// <summary>How long it waits at one place for a replica to catch up, or for the load to go down, before it gives up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many differing rows are named, of each table and replica.</summary>
    public int MostKeys { get; init; } = 100;

    /// <summary>Whether tables that an earlier comparison, which did not end, had finished are taken from there.</summary>
    public bool Resume { get; init; }
}
