using System.Text.Json.Serialization;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery;

/// <summary>How an inventory and what servers show differ.</summary>
public enum InventoryDifferenceKind : long
{
    /// <summary>It was found and is not declared.</summary>
    Added,

    /// <summary>It is declared otherwise than it was found.</summary>
    Changed,

    /// <summary>It is declared and was not found, which proves nothing: it is never taken out.</summary>
    NotFound,

    /// <summary>
    /// It is there, it is not declared, and nothing known needs it: a port that is open to others, a network, a server behind the load
    /// balancer. It is for the operator to close or to declare, and never taken over.
    /// </summary>
    Unexplained,

    /// <summary>It is not declared, and nothing shows it, or it could not be read: for the operator to say, and never taken over.</summary>
    Missing,
}

/// <summary>One difference between an inventory and what servers show.</summary>
public sealed record InventoryDifference
{
    /// <summary>The kind of difference.</summary>
    public required InventoryDifferenceKind Kind { get; init; }

    /// <summary>The server it is about; <see langword="null"/> for the site.</summary>
    public string? Server { get; init; }

    /// <summary>The key of the inventory.</summary>
    public required string Key { get; init; }

    /// <summary>What is declared; <see langword="null"/> for nothing.</summary>
    public string? Declared { get; init; }

    /// <summary>What was found, or is asked; <see langword="null"/> for nothing.</summary>
    public string? Found { get; init; }

    /// <summary>What shows it.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>Whether the inventory can be brought to what was found.</summary>
    public bool CanApply => Apply is not null;

    /// <summary>Whether that was done.</summary>
    public bool IsApplied { get; init; }

    /// <summary>Brings a site to what was found.</summary>
    [JsonIgnore]
    internal Func<Site, Site>? Apply { get; init; }
}
