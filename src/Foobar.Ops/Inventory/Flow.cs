namespace Foobar.Ops.Inventory;

/// <summary>
/// One flow that must be possible. Ends are a role name, <c>*</c> (every server), <c>internet</c>, the name of a network
/// of the inventory, a server's name, an address or a CIDR.
/// </summary>
public sealed record Flow
{
    /// <summary>The name, unique in the policy, by which findings and comments in rulesets refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Where connections come from; any of these.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>Where connections go to; each of these.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>The ports at the destination, any of these.</summary>
    public required IReadOnlyList<PortRange> Ports { get; init; }

    /// <summary>What the flow is for, in the words of whoever declared it; shown beside findings.</summary>
    public string? Description { get; init; }
}
