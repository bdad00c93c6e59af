namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>What chains of a table are for, which decides what may stand in them.</summary>
internal enum Room
{
    /// <summary>Input, forward and output filters.</summary>
    Filter,

    /// <summary>Prerouting before connection tracking.</summary>
    Raw,

    /// <summary>Prerouting and postrouting filters that mark.</summary>
    Mangle,

    /// <summary>Destination translation.</summary>
    DestinationNat,

    /// <summary>Source translation.</summary>
    SourceNat,
}

/// <summary>A named set or map that a table declares.</summary>
internal sealed record NftNamedSet(string Name, string Type, IReadOnlyList<Span> Elements, Room? Verdicts);

/// <summary>A chain that is being made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Room">What it is for.</param>
/// <param name="Hook">Its hook, or empty.</param>
/// <param name="Header">The line with type, hook, priority and policy, or empty.</param>
/// <param name="Order">Jumps lead only to chains of a higher order.</param>
internal sealed record NftChain(string Name, Room Room, string Hook, string Header, int Order);
