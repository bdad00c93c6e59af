using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Model;

/// <summary>One step of a rule, whichever tool wrote it. A rule runs its steps in order until a test fails or a verdict is given.</summary>
internal abstract record Statement
{
    private Statement()
    {
    }

    /// <summary>Goes on only for packets that meet a condition.</summary>
    public sealed record Test(Condition Condition) : Statement;

    /// <summary>Ends the rule.</summary>
    public sealed record Verdict(VerdictKind Kind, string? Chain = null) : Statement;

    /// <summary>Looks a key up: does what the element says, or leaves the rule if there is none.</summary>
    /// <param name="Key">What is looked up.</param>
    /// <param name="Elements">The elements, where the map is written in the rule.</param>
    /// <param name="Map">The named map otherwise.</param>
    /// <param name="Shape">How a named map's data becomes a step; its own elements hold verdicts if <see langword="null"/>.</param>
    public sealed record Lookup(
        IReadOnlyList<KeyPart> Key, IReadOnlyList<SetElement>? Elements, string? Map, Func<Statement, Statement>? Shape = null) : Statement;

    /// <summary>Rewrites a field of the packet or its connection: <c>new = (old AND Keep) XOR Flip</c>.</summary>
    public sealed record Assign(PacketField Field, UInt128 Keep, UInt128 Flip) : Statement;

    /// <summary>Rewrites a field to a value that is not known before.</summary>
    public sealed record AssignUnknown(PacketField Field, string Why) : Statement;

    /// <summary>Chooses the translation of a connection and ends the chain.</summary>
    public sealed record Nat(NatKind Kind, int? Family, ValueRange? Address, ValueRange? Port) : Statement;

    /// <summary>A map's plain data (an address, a port, a mark) before it has become a step.</summary>
    public sealed record Data(ValueRange[] Parts) : Statement;

    /// <summary>Rewrites a mark by what another mark is: <c>to = (to AND Left) XOR (from AND Keep) XOR Flip</c>.</summary>
    public sealed record Copy(PacketField From, PacketField To, UInt128 Keep, UInt128 Flip, UInt128 Left) : Statement
    {
        /// <summary>The bits of <see cref="To"/> that come from the mark itself, for one value of the other.</summary>
        public UInt128 Added(UInt128 from) => (from & Keep) ^ Flip;
    }

    /// <summary>Adds what the packet's fields are to a named set or map, so that later packets find it there.</summary>
    /// <param name="Set">The set.</param>
    /// <param name="Key">The fields, where they are understood.</param>
    public sealed record Fill(string Set, IReadOnlyList<KeyPart>? Key) : Statement;

    /// <summary>Keeps connection tracking away from the packet.</summary>
    public sealed record NoTrack : Statement;

    /// <summary>Counts, logs, or does what no verdict depends on.</summary>
    public sealed record NoEffect(string Text) : Statement;

    /// <summary>May end the packet's way in any manner: a step that is not understood.</summary>
    public sealed record UnknownEffect(string Why) : Statement;
}

/// <summary>What a verdict does.</summary>
internal enum VerdictKind
{
    Accept,
    Drop,
    Reject,
    Jump,
    Goto,
    Return,
    Continue,
    Queue,
}

/// <summary>What a translation changes.</summary>
internal enum NatKind
{
    Destination,
    Source,
    Masquerade,
    Redirect,
}

/// <summary>A test of a packet.</summary>
internal abstract record Condition
{
    private Condition()
    {
    }

    /// <summary>The fields have values in a list of boxes (one range a field) or in a named set.</summary>
    public sealed record In(IReadOnlyList<KeyPart> Key, IReadOnlyList<SetElement>? Elements, string? Set, bool Negated) : Condition;

    /// <summary><c>(field AND Mask) == Value</c>.</summary>
    public sealed record Masked(PacketField Field, UInt128 Mask, UInt128 Value, bool Negated) : Condition;

    /// <summary>
    /// The kernel's routing table gives an address one of some types (local, broadcast, multicast, unicast ...), or, by interface,
    /// does so on the interface the packet came in by.
    /// </summary>
    public sealed record AddressTypeIs(bool Destination, IReadOnlyList<string> Types, bool Negated, bool ByInterface = false) : Condition;

    /// <summary>The best route to an address leads through one of some interfaces.</summary>
    public sealed record RouteLeads(bool Destination, IReadOnlyList<string> Interfaces, bool Negated) : Condition;

    /// <summary>
    /// The way back to the source leads (or, negated, does not lead) through the interface the packet came by; the server's own addresses
    /// have none unless they are accepted.
    /// </summary>
    public sealed record ReversePath(bool Strict, bool Negated, bool AcceptsLocal = false) : Condition;

    /// <summary>Any of the conditions.</summary>
    public sealed record Any(IReadOnlyList<Condition> Conditions, bool Negated) : Condition;

    /// <summary>
    /// Holds for some packets of a kind and not for others, by what passed before: a rate limit, a quota, a count of
    /// connections or of recent packets. Both happen, whatever the packet.
    /// </summary>
    public sealed record Sometimes(string What) : Condition;

    /// <summary>Can't be decided from the packet alone, or is not understood.</summary>
    public sealed record Undecided(string Why) : Condition;
}
