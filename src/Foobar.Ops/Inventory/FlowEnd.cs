using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>What kind of thing an end of a flow names.</summary>
public enum FlowEndKind
{
    /// <summary><c>*</c>: every server.</summary>
    AllServers,

    /// <summary>Every server of a role.</summary>
    Role,

    /// <summary>One server.</summary>
    Server,

    /// <summary>A named network of the inventory.</summary>
    Network,

    /// <summary>An address or a CIDR.</summary>
    Address,

    /// <summary><c>internet</c>: every address in no declared network.</summary>
    Internet,
}

/// <summary>One end of a flow, as addresses.</summary>
public sealed record FlowEnd
{
    /// <summary>The end as the policy names it.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of thing it names.</summary>
    public required FlowEndKind Kind { get; init; }

    /// <summary>The servers it names, in the order of the inventory; empty for networks, addresses and the internet.</summary>
    public IReadOnlyList<Server> Servers { get; init; } = [];

    /// <summary>All its addresses, both families: disjoint for the internet, else as declared; single addresses as /32 and /128.</summary>
    public required IReadOnlyList<IPNetwork> Networks { get; init; }

    /// <summary>Tells whether an address belongs to the end.</summary>
    public bool Contains(IPAddress address) => Networks.Any(network => network.Contains(address));
}

/// <summary>A flow with both its ends as addresses.</summary>
/// <param name="Flow">The flow as declared.</param>
/// <param name="From">Where connections come from; any of these.</param>
/// <param name="To">Where connections go to; each of these.</param>
public sealed record ResolvedFlow(Flow Flow, IReadOnlyList<FlowEnd> From, IReadOnlyList<FlowEnd> To);
