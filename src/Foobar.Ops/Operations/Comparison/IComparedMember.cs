using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>A member whose rows are read.</summary>
internal interface IComparedMember
{
    /// <summary>The member's name.</summary>
    string Name { get; }

    /// <summary>The flavour.</summary>
    DatabaseFlavor Flavor { get; }

    /// <summary>What it can digest rows with.</summary>
    DigestFunctions Functions { get; }

    /// <summary>How far it has come, as another member waits for it.</summary>
    Task<string> PositionAsync(CancellationToken cancellationToken);

    /// <summary>Waits until it has applied everything up to a position; <see langword="false"/> if the limit ran out.</summary>
    Task<bool> WaitForAsync(string position, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>How many threads of clients run a statement now, this one among them.</summary>
    Task<long> ThreadsRunningAsync(CancellationToken cancellationToken);

    /// <summary>The key of the row that ends a chunk; <see langword="null"/> if fewer rows are left.</summary>
    Task<IReadOnlyList<string>?> BoundaryAsync(ComparedTable table, KeyRange range, int rows, CancellationToken cancellationToken);

    /// <summary>The number and the digest of a range's rows, by functions that all members have.</summary>
    Task<ChunkSum> SumAsync(ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken);

    /// <summary>The rows of a range: their keys, and the digest of each.</summary>
    Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, KeyRange range, CancellationToken cancellationToken);

    /// <summary>The rows of some keys.</summary>
    Task<IReadOnlyDictionary<RowKey, string?>> RowsAsync(
        ComparedTable table, DigestFunctions functions, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken);
}
