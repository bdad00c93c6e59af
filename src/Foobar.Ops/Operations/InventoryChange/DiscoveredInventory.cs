using Foobar.Ops.Discovery;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.InventoryChange;

/// <summary>An inventory that was made of what servers show.</summary>
public sealed record DiscoveredInventory
{
    /// <summary>The inventory's file; nothing was written where <see cref="IsWritten"/> says so.</summary>
    public required string Path { get; init; }

    /// <summary>The file with what shows each part of it.</summary>
    public required string EvidencePath { get; init; }

    /// <summary>Whether the files were written.</summary>
    public bool IsWritten { get; init; }

    /// <summary>The site as found.</summary>
    public required Site Site { get; init; }

    /// <summary>What is for you to say.</summary>
    public required IReadOnlyList<InventoryQuestion> Questions { get; init; }

    /// <summary>What shows each part.</summary>
    public required IReadOnlyList<InventoryEvidence> Evidence { get; init; }

    /// <summary>The servers that could not be read, which the inventory lacks.</summary>
    public IReadOnlyList<string> NotRead { get; init; } = [];
}
