using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads <c>ipset save</c> (ipset(8)). A set type that is not understood makes the matches on it undecided.</summary>
internal static class IpsetParser
{
    /// <summary>Reads the sets, by name.</summary>
    /// <exception cref="ParseException">A line is none of <c>create</c> and <c>add</c>, or one before its set was created.</exception>
    public static IReadOnlyDictionary<string, NamedSet> Parse(string text, string? server = null)
    {
        Dictionary<string, (NamedSet Set, List<SetElement> Elements)> sets = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            try
            {
                switch (words)
                {
                    case []:
                        break;
                    case ["create", var name, var type, .. var options]:
                        sets[name] = (Create(name, type, options), []);
                        break;
                    case ["add", var name, var element, .. var options] when sets.TryGetValue(name, out (NamedSet Set, List<SetElement> Elements) set):
                        sets[name] = (Added(set.Set, set.Elements, element, options.Contains("nomatch")), set.Elements);
                        break;
                    default:
                        throw new FormatException($"create or add expected, found '{line}'");
                }
            }
            catch (FormatException exception)
            {
                throw new ParseException(server, "ipset save", number, exception.Message, exception);
            }
        }

        return sets.ToDictionary(pair => pair.Key, pair => pair.Value.Set with { Elements = pair.Value.Elements });
    }

    private static NamedSet Create(string name, string type, string[] options)
    {
        bool six = Array.IndexOf(options, "inet6") >= 0;
        string[] parts = type.Split(':');
        List<ValueKind> kinds = [];
        foreach (string part in parts.Length == 2 && parts[0] is "hash" or "bitmap" ? parts[1].Split(',') : ["?"])
        {
            switch (part)
            {
                case "ip" or "net":
                    kinds.Add(ValueKind.Address);
                    break;
                case "port":
                    kinds.AddRange(parts[0] == "bitmap" ? [ValueKind.Number] : [ValueKind.Protocol, ValueKind.Number]);
                    break;
                case "iface":
                    kinds.Add(ValueKind.InterfaceName);
                    break;
                default:
                    return new NamedSet { Family = NamedSet.AnyFamily, Table = NamedSet.IpsetTable, Name = name, Undecided = $"ipset {name} of type {type}" };
            }
        }

        return new NamedSet { Family = NamedSet.AnyFamily, Table = NamedSet.IpsetTable, Name = name, Kinds = kinds, Family6 = kinds.Contains(ValueKind.Address) ? six : null };
    }

    private static NamedSet Added(NamedSet set, List<SetElement> elements, string element, bool excluded)
    {
        try
        {
            Add(set, elements, element, excluded);
            return set;
        }
        catch (FormatException exception)
        {
            return set with { Kinds = null, Undecided = $"ipset {set.Name}: {exception.Message}" };
        }
    }

    private static void Add(NamedSet set, List<SetElement> elements, string element, bool excluded)
    {
        if (set.Kinds is null)
        {
            return;
        }

        string[] words = element.Split(',');
        List<ValueRange> parts = [];
        int word = 0;
        foreach (ValueKind kind in set.Kinds)
        {
            string text = word < words.Length ? words[word] : throw new FormatException($"an element of {set.Kinds.Count} parts expected, found '{element}'");
            parts.Add(Part(kind, text, set.Family6 == true ? PacketValues.Ipv6 : PacketValues.Ipv4));
            word += kind == ValueKind.Protocol ? 0 : 1;
        }

        elements.Add(new SetElement([.. parts], null, excluded));
    }

    private static ValueRange Part(ValueKind kind, string text, int family)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return kind switch
        {
            ValueKind.Protocol => ValueRange.Of(colon < 0 ? (UInt128)PacketValues.Tcp : SaveValue.Named(text[..colon], NftNames.Protocols)),
            ValueKind.Number => Port(text[(colon + 1)..]),
            ValueKind.InterfaceName => new ValueRange(0, 0, text.Replace("physdev:", string.Empty, StringComparison.Ordinal)),
            _ when AddressText.TryParseNetwork(text, family, out ValueRange network) => network,
            _ => SaveValue.Addresses(text, family),
        };
    }

    private static ValueRange Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
        ? ValueRange.Of(port)
        : SaveValue.Range(text, ushort.MaxValue, '-');
}
