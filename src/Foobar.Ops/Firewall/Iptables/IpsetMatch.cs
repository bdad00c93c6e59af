using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads <c>-m set --match-set NAME src,dst</c>: which fields stand for the parts of an ipset's elements.</summary>
internal static class IpsetMatch
{
    /// <summary>The test on a set.</summary>
    public static Statement Read(int family, IReadOnlyDictionary<string, NamedSet> sets, string name, string directions, bool negated)
    {
        return new Statement.Test(Membership(family, sets, name, directions.Split(','), negated));
    }

    private static Condition Membership(
        int family, IReadOnlyDictionary<string, NamedSet> sets, string name, string[] directions, bool negated)
    {
        if (!sets.TryGetValue(name, out NamedSet? set))
        {
            return new Condition.Undecided($"set {name} is not among the ipsets");
        }

        if (set.Kinds is null)
        {
            return new Condition.Undecided(set.Undecided ?? $"set {name} is not understood");
        }

        if (set.Members.Count > 0)
        {
            return set.Members.Any(member => sets.TryGetValue(member, out NamedSet? inner) && inner.Members.Count > 0)
                ? new Condition.Undecided($"set {name} holds a list of sets")
                : new Condition.Any(
                    [.. set.Members.Select(member => Membership(family, sets, member, directions, negated: false))], negated);
        }

        // A set of the other family, or of more parts than the rule names directions, holds no packet (ip_set_test).
        bool foreign = set.Family6 is { } six && six != (family == PacketValues.Ipv6);
        if (foreign || set.Kinds.Count == 0 || set.Kinds.Count(static kind => kind != ValueKind.Protocol) > directions.Length)
        {
            return new Condition.In([new KeyPart(PacketField.Protocol, ValueKind.Number)], [], null, negated);
        }

        List<KeyPart> key = Key(family, set.Kinds, directions);
        return set.Kinds is [ValueKind.Number] ? OfTransports(key, name, negated) : new Condition.In(key, null, name, negated);
    }

    // A set of ports alone holds those of TCP and UDP only (ip_set_get_ip_port of ip_set_bitmap_port.c).
    private static Condition.Any OfTransports(List<KeyPart> key, string name, bool negated)
    {
        SetElement[] transports = [new([ValueRange.Of(PacketValues.Tcp)]), new([ValueRange.Of(PacketValues.Udp)])];
        Condition other = new Condition.In([new KeyPart(PacketField.Protocol, ValueKind.Number)], transports, null, Negated: true);
        return new Condition.Any([other, new Condition.In(key, null, name, Negated: true)], !negated);
    }

    /// <summary>
    /// The fields that stand for the parts of a set's elements: a protocol belongs to the port that follows it; parts without a
    /// direction have the last one.
    /// </summary>
    public static List<KeyPart> Key(int family, IReadOnlyList<ValueKind> kinds, string[] directions)
    {
        List<KeyPart> key = [];
        int part = 0;
        foreach (ValueKind kind in kinds)
        {
            bool source = directions[Math.Min(part, directions.Length - 1)] == "src";
            key.Add(kind switch
            {
                ValueKind.Protocol => new KeyPart(PacketField.Protocol, kind),
                ValueKind.Number => new KeyPart(source ? PacketField.SourcePort : PacketField.DestinationPort, kind),
                ValueKind.InterfaceName => new KeyPart(source ? PacketField.InInterface : PacketField.OutInterface, kind),
                _ when family == PacketValues.Ipv4 => new KeyPart(source ? PacketField.Source4 : PacketField.Destination4, kind),
                _ => new KeyPart(source ? PacketField.Source6 : PacketField.Destination6, kind),
            });
            part += kind == ValueKind.Protocol ? 0 : 1;
        }

        return key;
    }
}
