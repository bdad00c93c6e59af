using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads <c>-m set --match-set NAME src,dst</c>: which fields stand for the parts of an ipset's elements.</summary>
internal static class IpsetMatch
{
    /// <summary>The test on a set.</summary>
    public static Statement Read(int family, IReadOnlyDictionary<string, NamedSet> sets, string name, string directions, bool negated)
    {
        if (!sets.TryGetValue(name, out NamedSet? set))
        {
            return new Statement.Test(new Condition.Undecided($"set {name} is not among the ipsets"));
        }

        if (set.Kinds is null)
        {
            return new Statement.Test(new Condition.Undecided(set.Undecided ?? $"set {name} is not understood"));
        }

        // A set of the other family holds no packet of this one.
        bool foreign = set.Elements.Count > 0 && set.Family6 is { } six && six != (family == PacketValues.Ipv6);
        if (foreign)
        {
            return new Statement.Test(new Condition.In([new KeyPart(PacketField.Protocol, ValueKind.Number)], [], null, negated));
        }

        return new Statement.Test(new Condition.In(Key(family, set.Kinds, directions.Split(',')), null, name, negated));
    }

    // The protocol belongs to the port that follows it: both are one part for iptables.
    private static List<KeyPart> Key(int family, IReadOnlyList<ValueKind> kinds, string[] directions)
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
