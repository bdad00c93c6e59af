using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>One ipset while its lines are read: what it is made of, and its elements.</summary>
internal sealed class IpsetListing
{
    private readonly string _name;
    private readonly string _type;
    private readonly bool _version6;
    private readonly bool _fades;
    private readonly List<ValueKind> _kinds = [];
    private readonly List<SetElement> _elements = [];
    private readonly List<string> _members = [];

    // How many leading bits of an address the set compares (options netmask and bitmask).
    private readonly int _bits;
    private string? _trouble;

    /// <summary>Reads what follows the type on a <c>create</c> line.</summary>
    public IpsetListing(string name, string type, SaveTokens words)
    {
        (_name, _type) = (name, type);
        Dictionary<string, string> options = Options(words, IpsetWords.CreateFlags);
        _version6 = options.GetValueOrDefault("family") == "inet6";
        _fades = options.ContainsKey("timeout");
        _bits = Width;
        _trouble = IpsetWords.Types.Trouble(type) ?? IpsetWords.CreateOptions.Trouble(options.Keys);
        if (_trouble is not null || type == "list:set")
        {
            return;
        }

        foreach (string part in type[(type.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(','))
        {
            _kinds.AddRange(part switch
            {
                "port" => type == "bitmap:port" ? [ValueKind.Number] : [ValueKind.Protocol, ValueKind.Number],
                "iface" => [ValueKind.InterfaceName],
                _ => [ValueKind.Address],
            });
        }

        try
        {
            _bits = Compared(options);
        }
        catch (FormatException exception)
        {
            _trouble = exception.Message;
        }
    }

    /// <summary>Reads an <c>add</c> line's element and options.</summary>
    public void Add(string element, SaveTokens words)
    {
        Dictionary<string, string> options = Options(words, IpsetWords.AddFlags);
        _trouble ??= IpsetWords.AddOptions.Trouble(options.Keys);
        if (_type == "list:set")
        {
            _members.Add(element);
        }
        else if (_trouble is null)
        {
            try
            {
                _elements.Add(new SetElement(Parts(element, options.ContainsKey("wildcard")), null, options.ContainsKey("nomatch")));
            }
            catch (FormatException exception)
            {
                _trouble = exception.Message;
            }
        }
    }

    /// <summary>The set.</summary>
    public NamedSet Finish() => new()
    {
        Family = NamedSet.AnyFamily,
        Table = NamedSet.IpsetTable,
        Name = _name,
        Kinds = _trouble is null ? _kinds : null,
        Family6 = _trouble is null && _kinds.Contains(ValueKind.Address) ? _version6 : null,
        Undecided = _trouble is null ? null : $"ipset {_name}: {_trouble}",
        Elements = _trouble is null ? _elements : [],
        Members = _members,
        IsDynamic = _fades,
    };

    private static Dictionary<string, string> Options(SaveTokens words, IReadOnlySet<string> flags)
    {
        Dictionary<string, string> options = [];
        while (words.More)
        {
            string option = words.Take();
            options[option] = flags.Contains(option) || !words.More ? string.Empty : words.Take();
        }

        return options;
    }

    // The kernel masks a packet's address before it looks it up (hash_ip4_kadt, bitmap_ip_kadt), so an element stands for
    // all addresses that are the same under the mask.
    private int Compared(Dictionary<string, string> options)
    {
        if (options.TryGetValue("netmask", out string? length))
        {
            return int.TryParse(length, out int bits) && bits >= 1 && bits <= Width
                ? bits
                : throw new FormatException($"a netmask expected, found '{length}'");
        }

        if (!options.TryGetValue("bitmask", out string? text))
        {
            return Width;
        }

        UInt128 mask = AddressText.TryParse(text, Family, out UInt128 value)
            ? value
            : throw new FormatException($"a bitmask expected, found '{text}'");
        int ones = (int)UInt128.PopCount(mask);
        return mask == AddressText.Network(UInt128.MaxValue >> (128 - Width), ones, Width).Low
            ? ones
            : throw new FormatException($"bitmask {text} has holes, which ranges of addresses can't follow");
    }

    private int Family => _version6 ? PacketValues.Ipv6 : PacketValues.Ipv4;

    private int Width => _version6 ? 128 : 32;

    private ValueRange[] Parts(string element, bool wildcard)
    {
        string[] words = element.Split(',');
        List<ValueRange> parts = [];
        int word = 0;
        foreach (ValueKind kind in _kinds)
        {
            string text = word < words.Length
                ? words[word]
                : throw new FormatException($"an element like {_type} expected, found '{element}'");
            parts.Add(kind switch
            {
                ValueKind.Protocol => ValueRange.Of(Protocol(text)),
                ValueKind.Number => Port(text),
                ValueKind.InterfaceName => Interface(text, wildcard),
                _ => Addresses(text),
            });
            word += kind == ValueKind.Protocol ? 0 : 1;
        }

        return [.. parts];
    }

    private ValueRange Addresses(string text)
    {
        ValueRange range = AddressText.TryParseNetwork(text, Family, out ValueRange network) ? network : SaveValue.Addresses(text, Family);
        return new ValueRange(AddressText.Network(range.Low, _bits, Width).Low, AddressText.Network(range.High, _bits, Width).High);
    }

    private static ValueRange Interface(string text, bool wildcard) => text.StartsWith("physdev:", StringComparison.Ordinal)
        ? throw new FormatException($"'{text}': the port of a bridge is not modelled")
        : new ValueRange(0, 0, wildcard ? text + "*" : text);

    private static UInt128 Protocol(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (UInt128)PacketValues.Tcp : SaveValue.Named(text[..colon], NftNames.Protocols);
    }

    // Of a protocol whose ports the kernel does not read here the port is 0 for every packet (ip_set_get_ip4_port).
    private ValueRange Port(string text)
    {
        string port = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        bool read = _type == "bitmap:port"
            || Protocol(text) is var protocol
                && (protocol == PacketValues.Tcp || protocol == PacketValues.Udp || protocol == 132 || protocol == 136);
        return read ? SaveValue.Range(port, ushort.MaxValue, '-')
            : port == "0" ? new ValueRange(0, ushort.MaxValue)
            : throw new FormatException($"'{text}': a protocol with ports expected");
    }
}
