using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Model;

/// <summary>A named set or map of nftables, or an ipset.</summary>
internal sealed record NamedSet
{
    /// <summary>The family under which ipsets are kept, which belong to no nftables table.</summary>
    public const string AnyFamily = "*";

    /// <summary>The table under which ipsets are kept.</summary>
    public const string IpsetTable = "ipset";

    public required string Family { get; init; }

    public required string Table { get; init; }

    public required string Name { get; init; }

    /// <summary>The kinds of the key's parts; <see langword="null"/> if one is not understood.</summary>
    public IReadOnlyList<ValueKind>? Kinds { get; init; }

    /// <summary>Whether an ipset's addresses are IPv6; <see langword="null"/> where it has none, and for sets of nftables.</summary>
    public bool? Family6 { get; init; }

    /// <summary>Why matches on the set can't be decided; <see langword="null"/> if they can.</summary>
    public string? Undecided { get; init; }

    /// <summary>Whether it was made to be filled as packets pass: flag <c>dynamic</c>, or elements that time out.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>The sets that a set of sets (ipset's <c>list:set</c>) names.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>The elements now.</summary>
    public IReadOnlyList<SetElement> Elements { get; init; } = [];
}

/// <summary>One element: a range for each part of the key, and for a map what the key leads to.</summary>
/// <param name="Parts">One range a part.</param>
/// <param name="Result">What a map does with a packet that has this key; <see langword="null"/> in a set.</param>
/// <param name="Excluded">Whether it takes packets out of the set again (ipset's <c>nomatch</c>).</param>
internal readonly record struct SetElement(ValueRange[] Parts, Statement? Result = null, bool Excluded = false);

/// <summary>A closed range of values, or an interface name (a trailing <c>*</c> stands for any rest).</summary>
internal readonly record struct ValueRange(UInt128 Low, UInt128 High, string? Name = null)
{
    public static ValueRange Of(UInt128 value) => new(value, value);
}

/// <summary>How values of a key are written and what they mean.</summary>
internal enum ValueKind
{
    Number,
    Ipv4,
    Ipv6,
    Protocol,
    InterfaceName,
    ConnectionState,
    ConnectionStatus,
    ConnectionDirection,
    IcmpType,
    IcmpV6Type,
    IcmpCode,
    IcmpV6Code,
    PacketType,
    NetworkFamily,
    EtherType,
    AddressType,
    Dscp,
    TcpFlags,

    /// <summary>ipset's addresses, whose family the set knows.</summary>
    Address,

    /// <summary>The next header that the IPv6 header names: the transport protocol only where no extension header stands between.</summary>
    NextHeader,
}

/// <summary>One part of what a rule looks up.</summary>
/// <param name="Field">The field.</param>
/// <param name="Kind">How its values are written.</param>
/// <param name="Shift">How far they are shifted in it.</param>
/// <param name="Original">Whether the field of the connection's first packet is meant, as it was before any translation.</param>
internal sealed record KeyPart(PacketField Field, ValueKind Kind, int Shift = 0, bool Original = false);
