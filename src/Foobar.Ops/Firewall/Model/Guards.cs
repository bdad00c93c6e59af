using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Model;

/// <summary>Conditions that other conditions imply: an IPv4 address is only looked at in an IPv4 packet.</summary>
internal static class Guards
{
    public static readonly Statement Ipv4 = FieldIs(PacketField.Family, PacketValues.Ipv4);
    public static readonly Statement Ipv6 = FieldIs(PacketField.Family, PacketValues.Ipv6);

    /// <summary>The transport protocols that have ports.</summary>
    public static readonly Statement WithPorts = FieldIn(
        PacketField.Protocol, PacketValues.WithPorts.Select(number => ValueRange.Of((UInt128)number)));

    /// <summary>
    /// The packet belongs to a connection; others have no direction, status or connection mark, not even for a negated test.
    /// </summary>
    public static readonly Statement Tracked = FieldIn(PacketField.State, [new ValueRange(PacketValues.New, PacketValues.Related)]);

    private static readonly Statement?[] Protocols = new Statement?[256];

    /// <summary>The packet is of a transport protocol; always the same statement, since most rules have one.</summary>
    public static Statement Protocol(int number) => Protocols[number] ??= FieldIs(PacketField.Protocol, number);

    /// <summary>A field has a value.</summary>
    public static Statement FieldIs(PacketField field, int value) => FieldIn(field, [ValueRange.Of((UInt128)value)]);

    /// <summary>A field has a value in some ranges.</summary>
    public static Statement FieldIn(PacketField field, IEnumerable<ValueRange> ranges, bool negated = false) => new Statement.Test(
        new Condition.In([new KeyPart(field, ValueKind.Number)], [.. ranges.Select(range => new SetElement([range]))], null, negated));

    /// <summary>An interface has one of some names.</summary>
    public static Statement InterfaceIs(PacketField field, string name, bool negated = false) => new Statement.Test(
        new Condition.In([new KeyPart(field, ValueKind.InterfaceName)], [new SetElement([new ValueRange(0, 0, name)])], null, negated));

    /// <summary>The packet is IPv4 or IPv6.</summary>
    public static Statement Family(int family) => family == PacketValues.Ipv4 ? Ipv4 : Ipv6;
}
