namespace Foobar.Ops.Firewall.Model;

/// <summary>A chain: rules in order, and for a base chain where the kernel enters it.</summary>
public sealed record FirewallChain
{
    /// <summary>The family of its table.</summary>
    public required string Family { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Its name, unique in the table.</summary>
    public required string Name { get; init; }

    /// <summary>Where the kernel keeps it.</summary>
    public RulesetOrigin Origin { get; init; }

    /// <summary>
    /// The type of a base chain: <c>filter</c>, <c>nat</c>, <c>route</c>; <see langword="null"/> for a chain that is only jumped to.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>
    /// The hook of a base chain: <c>prerouting</c>, <c>input</c>, <c>forward</c>, <c>output</c>, <c>postrouting</c>, <c>ingress</c>,
    /// <c>egress</c>.
    /// </summary>
    public string? Hook { get; init; }

    /// <summary>The priority of a base chain; lower runs earlier.</summary>
    public int Priority { get; init; }

    /// <summary>What becomes of packets that reach the end of a base chain: <c>accept</c> or <c>drop</c>.</summary>
    public string Policy { get; init; } = "accept";

    /// <summary>The devices of an ingress or egress chain, by name or by a prefix that ends in <c>*</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Its rules, in order.</summary>
    public IReadOnlyList<FirewallRule> Rules { get; init; } = [];

    /// <summary>Whether its table is dormant: the kernel enters none of its chains then (nft(8), TABLES).</summary>
    public bool IsDormant { get; init; }

    /// <summary>Why it can't be told what it does to packets; <see langword="null"/> if it can.</summary>
    public string? Undecided { get; init; }

    /// <summary>Whether the kernel enters it by itself.</summary>
    public bool IsBase => Hook is not null && !IsDormant;

    /// <summary>The chain's place in words: <c>inet filter input</c>.</summary>
    public override string ToString() => $"{Family} {Table} {Name}";
}
