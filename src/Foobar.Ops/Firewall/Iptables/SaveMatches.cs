using System.Collections.Frozen;
using System.Globalization;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads the tests of one rule: iptables(8)'s own parameters and the extensions of iptables-extensions(8).</summary>
internal sealed class SaveMatches(int family, IReadOnlyDictionary<string, NamedSet> sets)
{
    // Which packets they match depends on those that came before (iptables-extensions(8)).
    private static readonly HashSet<string> Passing = ["limit", "hashlimit", "recent", "connlimit", "connbytes", "quota", "statistic"];

    private readonly List<Statement> _steps = [];
    private string _module = string.Empty;

    /// <summary>The tests so far, in order.</summary>
    public IReadOnlyList<Statement> Steps => _steps;

    /// <summary>The rule's comment.</summary>
    public string? Comment { get; private set; }

    private PacketField Source => family == PacketValues.Ipv4 ? PacketField.Source4 : PacketField.Source6;

    private PacketField Destination => family == PacketValues.Ipv4 ? PacketField.Destination4 : PacketField.Destination6;

    /// <summary>Reads one option with its values.</summary>
    /// <param name="option">The option.</param>
    /// <param name="negated">Whether <c>!</c> stood before it.</param>
    /// <param name="words">What follows it.</param>
    public void Read(string option, bool negated, SaveTokens words)
    {
        if (option == "-m")
        {
            _module = words.Take();
            if (_module == "rpfilter")
            {
                ReadReversePath(words);
            }
            else if (Passing.Contains(_module))
            {
                ReadPassing(words);
            }
            else if (SaveWords.Matches.Trouble(_module) is { } why)
            {
                Skip(words, why);
            }

            return;
        }

        _steps.Add(Base(option, negated, words) ?? Ports(option, negated, words) ?? Extension(option, negated, words)
            ?? throw new FormatException(
                $"{SaveWords.Options.Trouble(option) ?? option}{(_module.Length > 0 ? $" of match {_module}" : string.Empty)}"));
    }

    // Options of a module that is not understood follow it up to the next module or the target.
    private void Skip(SaveTokens words, string why)
    {
        while (words.More && words.Peek is not ("-m" or "-j" or "-g"))
        {
            words.Take();
        }

        _steps.Add(new Statement.Test(new Condition.Undecided(why)));
    }

    // "recent --set" notes the address and matches every packet; all else asks what was noted or counted.
    private void ReadPassing(SaveTokens words)
    {
        List<string> options = [];
        while (words.More && words.Peek is not ("-m" or "-j" or "-g"))
        {
            options.Add(words.Take());
        }

        bool notes = _module == "recent" && options.Contains("--set") && !options.Contains("!");
        _steps.Add(
            notes
                ? new Statement.NoEffect("recent --set")
                : new Statement.Test(new Condition.Sometimes($"{_module} {string.Join(' ', options)}: depends on earlier traffic")));
    }

    private void ReadReversePath(SaveTokens words)
    {
        bool loose = false;
        bool inverted = false;
        bool acceptsLocal = false;
        while (words.Peek is "--loose" or "--validmark" or "--accept-local" or "--invert")
        {
            string option = words.Take();
            loose |= option == "--loose";
            inverted |= option == "--invert";
            acceptsLocal |= option == "--accept-local";
        }

        _steps.Add(new Statement.Test(new Condition.ReversePath(!loose, inverted, acceptsLocal)));
    }

    private Statement? Base(string option, bool negated, SaveTokens words) => option switch
    {
        "-s" => new Statement.Test(SaveValue.Network(Source, family, words.Take(), negated)),
        "-d" => new Statement.Test(SaveValue.Network(Destination, family, words.Take(), negated)),
        "-i" => Guards.InterfaceIs(PacketField.InInterface, Pattern(words.Take()), negated),
        "-o" => Guards.InterfaceIs(PacketField.OutInterface, Pattern(words.Take()), negated),
        "-p" => Protocol(words.Take(), negated),
        "-f" => new Statement.Test(new Condition.Undecided("-f: fragments are not told apart")),
        _ => null,
    };

    private static Statement? Ports(string option, bool negated, SaveTokens words) => option switch
    {
        "--sport" or "--source-port" => Field(PacketField.SourcePort, [Port(words.Take())], negated),
        "--dport" or "--destination-port" => Field(PacketField.DestinationPort, [Port(words.Take())], negated),
        "--sports" or "--source-ports" => Field(PacketField.SourcePort, words.Take().Split(',').Select(Port), negated),
        "--dports" or "--destination-ports" => Field(PacketField.DestinationPort, words.Take().Split(',').Select(Port), negated),
        "--ports" => EitherPort([.. words.Take().Split(',').Select(Port)], negated),
        "--tcp-flags" => TcpFlags(words.Take(), words.Take(), negated),
        "--syn" => TcpFlags("FIN,SYN,RST,ACK", "SYN", negated),
        "--icmp-type" => Icmp(words.Take(), NftNames.IcmpTypes, NftNames.IcmpCodes, 3, negated),
        "--icmpv6-type" => Icmp(words.Take(), NftNames.IcmpV6Types, NftNames.IcmpV6Codes, 1, negated),
        _ => null,
    };

    private Statement? Extension(string option, bool negated, SaveTokens words) => option switch
    {
        "--comment" => Remember(words.Take()),
        "--state" or "--ctstate" => States(words.Take(), negated),
        "--ctstatus" => Status(words.Take(), negated),
        "--ctdir" => Tracked(Guards.FieldIs(PacketField.Direction, words.Take() == "REPLY" ? 1 : 0)),
        "--ctproto" => Original(PacketField.Protocol, ValueRange.Of(SaveValue.Named(words.Take(), NftNames.Protocols)), negated),
        "--ctorigsrc" => Original(Source, words.Take(), negated),
        "--ctorigdst" => Original(Destination, words.Take(), negated),
        "--ctorigsrcport" => Original(PacketField.SourcePort, Port(words.Take()), negated),
        "--ctorigdstport" => Original(PacketField.DestinationPort, Port(words.Take()), negated),
        "--mark" => Mark(words.Take(), negated),
        "--src-range" => Field(Source, [SaveValue.Addresses(words.Take(), family)], negated),
        "--dst-range" => Field(Destination, [SaveValue.Addresses(words.Take(), family)], negated),
        "--src-type" => AddressType(words.Take(), destination: false, negated),
        "--dst-type" => AddressType(words.Take(), destination: true, negated),
        "--match-set" => IpsetMatch.Read(family, sets, words.Take(), words.Take(), negated),
        "--update-counters" or "--update-subcounters" => new Statement.NoEffect($"{option}: counts"),
        "--packets-eq" or "--packets-lt" or "--packets-gt" or "--bytes-eq" or "--bytes-lt" or "--bytes-gt" => Counted(option, words),
        "--ttl-eq" or "--ttl" or "--hl-eq" => Field(PacketField.HopLimit, [ValueRange.Of(SaveValue.Number(words.Take()))], negated),
        "--ttl-lt" or "--hl-lt" => Field(PacketField.HopLimit, [Below(SaveValue.Number(words.Take()))], negated),
        "--ttl-gt" or "--hl-gt" =>
            Field(PacketField.HopLimit, [new ValueRange(SaveValue.Number(words.Take()) + 1, byte.MaxValue)], negated),
        "--rt-type" => Field(PacketField.RoutingHeader, [ValueRange.Of(SaveValue.Number(words.Take()) + 1)], negated),
        "--pkt-type" =>
            Field(PacketField.PacketType, [ValueRange.Of(SaveValue.Named(words.Take(), NftNames.Of(ValueKind.PacketType)!))], negated),
        "--length" => Field(PacketField.Length, [SaveValue.Range(words.Take(), ushort.MaxValue)], negated),
        "--tos" => TrafficClass(words.Take(), negated),
        "--dscp" => Masked(PacketField.TrafficClass, 0xFC, SaveValue.Number(words.Take()) << 2, negated),
        _ => null,
    };

    private static Statement.Test Masked(PacketField field, UInt128 mask, UInt128 value, bool negated) =>
        new(new Condition.Masked(field, mask, value, negated));

    private static Statement Field(PacketField field, IEnumerable<ValueRange> ranges, bool negated) =>
        Guards.FieldIn(field, ranges, negated);

    private static Statement Protocol(string name, bool negated) =>
        name is "all" or "0"
            ? new Statement.NoEffect("any protocol")
            : Field(PacketField.Protocol, [ValueRange.Of(SaveValue.Named(name, NftNames.Protocols))], negated);

    private static string Pattern(string name) => name.EndsWith('+') ? name[..^1] + "*" : name;

    private static ValueRange Port(string text) => SaveValue.Range(text, ushort.MaxValue);

    private static ValueRange Below(UInt128 bound) => bound == 0 ? new ValueRange(1, 0) : new ValueRange(0, bound - 1);

    private static Statement.Test EitherPort(ValueRange[] ranges, bool negated) => new(new Condition.Any(
        [
            .. ((PacketField[])[PacketField.SourcePort, PacketField.DestinationPort])
                .Select(field => ((Statement.Test)Guards.FieldIn(field, ranges)).Condition),
        ],
        negated));

    private static Statement.Test TcpFlags(string mask, string set, bool negated) =>
        Masked(PacketField.TcpFlags, Flags(mask), Flags(set), negated);

    private static UInt128 Flags(string names) => names switch
    {
        "NONE" => 0,
        "ALL" => 63,
        _ => names.Split(',').Aggregate(UInt128.Zero, (all, name) => all | SaveValue.Named(name.ToLowerInvariant(), NftNames.TcpFlags)),
    };

    private static Statement Icmp(
        string text, FrozenDictionary<string, int> types, FrozenDictionary<string, int> codes, int codedType, bool negated)
    {
        if (text is "any" or "255")
        {
            return new Statement.NoEffect("any ICMP type");
        }

        string[] parts = text.Split('/');
        KeyPart type = new(PacketField.IcmpType, ValueKind.Number);
        KeyPart code = new(PacketField.IcmpCode, ValueKind.Number);
        if (codes.TryGetValue(text, out int named))
        {
            return new Statement.Test(
                new Condition.In(
                    [type, code], [new SetElement([ValueRange.Of((UInt128)codedType), ValueRange.Of((UInt128)named)])], null, negated));
        }

        ValueRange wanted = ValueRange.Of(SaveValue.Named(parts[0], types));
        return parts.Length == 1
            ? Field(PacketField.IcmpType, [wanted], negated)
            : new Statement.Test(
                new Condition.In([type, code], [new SetElement([wanted, SaveValue.Range(parts[1], byte.MaxValue)])], null, negated));
    }

    // SNAT and DNAT may stand among the states; they are status bits.
    private static Statement.Test States(string text, bool negated)
    {
        List<Condition> any = [];
        foreach (string name in text.Split(',').Select(name => name.ToLowerInvariant()))
        {
            any.Add(name is "snat" or "dnat"
                ? new Condition.Masked(PacketField.Status, SaveValue.Named(name, NftNames.Statuses), 0, Negated: true)
                : ((Statement.Test)Guards.FieldIn(PacketField.State, [ValueRange.Of(SaveValue.Named(name, NftNames.States))])).Condition);
        }

        return new Statement.Test(new Condition.Any(any, negated));
    }

    private Statement.Test Status(string text, bool negated)
    {
        _steps.Add(Guards.Tracked);
        UInt128 bits = text == "NONE"
            ? 0
            : text.Split(',').Aggregate(UInt128.Zero, (all, name) => all | SaveValue.Named(name.ToLowerInvariant(), NftNames.Statuses));
        return bits == 0 ? Masked(PacketField.Status, 0xFF, 0, negated) : Masked(PacketField.Status, bits, 0, !negated);
    }

    private Statement Original(PacketField field, string network, bool negated) =>
        AddressText.TryParseNetwork(network, family, out ValueRange range)
        ? Original(field, range, negated)
        : throw new FormatException($"an IPv{family} network expected, found '{network}'");

    // What the connection's first packet had before any translation (xt_conntrack.c: of the tuple in its original direction).
    private Statement Original(PacketField field, ValueRange range, bool negated) =>
        Tracked(new Statement.Test(
            new Condition.In([new KeyPart(field, ValueKind.Number, Original: true)], [new SetElement([range])], null, negated)));

    private Statement Tracked(Statement step)
    {
        _steps.Add(Guards.Tracked);
        return step;
    }

    private Statement Mark(string text, bool negated)
    {
        bool connection = _module == "connmark";
        (UInt128 value, UInt128 mask) = SaveValue.Masked(text, uint.MaxValue);
        Statement test = Masked(connection ? PacketField.ConnectionMark : PacketField.Mark, mask, value, negated);
        return connection ? Tracked(test) : test;
    }

    private static Statement.Test TrafficClass(string text, bool negated)
    {
        (UInt128 value, UInt128 mask) = SaveValue.Masked(text, byte.MaxValue);
        return Masked(PacketField.TrafficClass, mask, value, negated);
    }

    // iptables asks the table of local addresses only: what is in none of the other types is unicast.
    private static Statement.Test AddressType(string text, bool destination, bool negated)
    {
        string[] types = [.. text.Split(',').Select(type => type.ToLower(CultureInfo.InvariantCulture))];
        if (types is ["unicast"])
        {
            return new(new Condition.AddressTypeIs(destination, ["local", "broadcast", "multicast"], !negated));
        }

        return new(new Condition.AddressTypeIs(destination, types, negated));
    }

    // Compares what the set has counted of the element.
    private static Statement.Test Counted(string option, SaveTokens words)
    {
        words.Take();
        return new(new Condition.Sometimes($"{option}: depends on earlier traffic"));
    }

    private Statement.NoEffect Remember(string comment)
    {
        Comment = comment;
        return new Statement.NoEffect("comment");
    }
}
