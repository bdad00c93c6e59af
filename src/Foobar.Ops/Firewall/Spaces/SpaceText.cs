using System.Globalization;
using System.Net;
using System.Numerics;
using Foobar.Ops.Firewall.Nftables;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>Writes spaces and packets for people, in the words of nft(8).</summary>
/// <param name="diagram">The store of the spaces.</param>
/// <param name="atoms">The names of interfaces.</param>
/// <param name="arriving">Whether only packets that open connections from outside are spoken of, so that what they have in common needs no
/// word.</param>
internal sealed class SpaceText(Diagram diagram, InterfaceAtoms atoms, bool arriving = false)
{
    private const int MaxRanges = 4;

    private static readonly IntervalSet Everything = IntervalSet.Range(0, UInt128.MaxValue);

    private static readonly (PacketField Field, string Name, bool IsBits)[] UnusualWords =
    [
        (PacketField.TcpFlags, "flags", true),
        (PacketField.IcmpCode, "code", false),
        (PacketField.HopLimit, "ttl", false),
        (PacketField.TrafficClass, "tos", true),
        (PacketField.RoutingHeader, "rt type + 1", false),
        (PacketField.ExtensionHeader, "first exthdr + 1", false),
        (PacketField.Length, "length", false),
        (PacketField.Mark, "mark", true),
        (PacketField.ConnectionMark, "ct mark", true),
        (PacketField.Status, "ct status", true),
    ];

    private static readonly string[] States = ["new", "established", "related", "invalid", "untracked"];

    /// <summary>The first boxes of a space, one line each, and how it goes on.</summary>
    public IReadOnlyList<string> Lines(int space, int limit = 4)
    {
        IReadOnlyList<SpaceBox> boxes = diagram.Boxes(space, limit + 1);
        IEnumerable<string> lines = boxes.Take(limit).Select(Text);
        return [.. boxes.Count > limit ? lines.Append("and more") : lines];
    }

    /// <summary>A space in one line.</summary>
    public string Text(int space, int limit = 3) => space == Diagram.False ? "nothing" : string.Join("; ", Lines(space, limit));

    /// <summary>
    /// A packet in one line: <c>tcp 203.0.113.7:40000 -> 192.0.2.11:3306 (new in eth0)</c>. What is not as in the usual packet
    /// of its state is told too (<c>flags 0x29, ttl 1</c>), so that whoever sends what the line says sends that packet.
    /// </summary>
    public string Text(Packet packet)
    {
        bool four = packet[PacketField.Family] == PacketValues.Ipv4;
        IPAddress source = AddressText.ToAddress(packet[four ? PacketField.Source4 : PacketField.Source6], four ? 4 : 6);
        IPAddress destination = AddressText.ToAddress(packet[four ? PacketField.Destination4 : PacketField.Destination6], four ? 4 : 6);
        int protocol = (int)packet[PacketField.Protocol];
        bool ports = Array.IndexOf(PacketValues.WithPorts, protocol) >= 0;
        string from = ports ? new IPEndPoint(source, (int)packet[PacketField.SourcePort]).ToString() : source.ToString();
        string to = ports ? new IPEndPoint(destination, (int)packet[PacketField.DestinationPort]).ToString() : destination.ToString();
        string icmp = protocol is PacketValues.Icmp or PacketValues.IcmpV6 ? $" type {packet[PacketField.IcmpType]}" : string.Empty;
        return $"{ProtocolName(protocol)}{icmp} {from} -> {to} ({string.Join(", ", Circumstances(packet).Concat(Unusual(packet)))})";
    }

    private IEnumerable<string> Circumstances(Packet packet)
    {
        string entry = packet[PacketField.InInterface] == 0 ? string.Empty : $" in {atoms.Label((int)packet[PacketField.InInterface])}";
        string exit = packet[PacketField.OutInterface] == 0 ? string.Empty : $" out {atoms.Label((int)packet[PacketField.OutInterface])}";
        return [$"{States[(int)UInt128.Min(packet[PacketField.State], 4)]}{entry}{exit}"];
    }

    // A connection begins with SYN and goes on with ACK.
    private static IEnumerable<string> Unusual(Packet packet)
    {
        Packet usual = Packet.TcpSyn();
        bool isTcp = packet[PacketField.Protocol] == PacketValues.Tcp;
        bool isTracked = packet[PacketField.State] == PacketValues.Established || packet[PacketField.State] == PacketValues.Related;
        usual[PacketField.TcpFlags] = !isTcp
            ? packet[PacketField.TcpFlags]
            : (UInt128)(packet[PacketField.State] == PacketValues.New ? Packet.Syn : Packet.Ack);
        usual[PacketField.IcmpCode] = (int)packet[PacketField.Protocol] is PacketValues.Icmp or PacketValues.IcmpV6
            ? 0
            : packet[PacketField.IcmpCode];
        usual[PacketField.Status] = (UInt128)(!isTracked
            ? 0
            : isTcp ? PacketValues.SeenReply | PacketValues.Assured : PacketValues.SeenReply);
        usual[PacketField.Length] = packet[PacketField.State] == PacketValues.Related && !isTcp
            ? (UInt128)Packet.ErrorLength((int)packet[PacketField.Family])
            : usual[PacketField.Length];
        return UnusualWords.Where(word => packet[word.Field] != usual[word.Field])
            .Select(
                word => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{word.Name} {(word.IsBits ? "0x" : string.Empty)}{packet[word.Field].ToString(word.IsBits ? "x" : "d", CultureInfo.InvariantCulture)}"));
    }

    private string Text(SpaceBox box)
    {
        List<string> words = [.. box.Sides.Select(side => (side.Field, Values: Known(side.Field, side.Values)))
            .Where(side => !side.Values.Ranges.SequenceEqual(Known(side.Field, Everything).Ranges))
            .Where(side => !arriving || !IsCommon(side.Field, side.Values))
            .Where(side => side.Field is not PacketField.Family || !box.Sides.Any(other => IsAddress(other.Field)))
            .Select(side => $"{Name(side.Field)} {Values(side.Field, side.Values)}")];
        return words.Count == 0 ? "everything" : string.Join(' ', words);
    }

    // Without the values that no packet has: a field has room for more of them than there are.
    private IntervalSet Known(PacketField field, IntervalSet values)
    {
        UInt128? last = field switch
        {
            PacketField.State => (UInt128)(States.Length - 1),
            PacketField.InInterface or PacketField.OutInterface => (UInt128)atoms.Other,
            _ => null,
        };
        return last is not { } most
            ? values
            : IntervalSet.From(values.Ranges.Where(range => range.Low <= most).Select(range => (range.Low, UInt128.Min(range.High, most))));
    }

    // New, unmarked, unicast, by any interface but loopback.
    private bool IsCommon(PacketField field, IntervalSet values) => field switch
    {
        PacketField.ExtensionHeader => values.Contains(0),
        PacketField.State
            or PacketField.Status
            or PacketField.Direction
            or PacketField.PacketType
            or PacketField.RoutingHeader
            or PacketField.Mark
            or PacketField.ConnectionMark or PacketField.OutInterface => values.Ranges is [(var low, var high)] && low == 0 && high == 0,
        PacketField.InInterface =>
            values.Ranges is [(var first, var last)] && first == InterfaceAtoms.None && last == InterfaceAtoms.None
                || atoms.All.Ranges.All(range => Enumerable.Range((int)range.Low, (int)(range.High - range.Low) + 1)
                .All(atom => atom == atoms.Of("lo") || values.Contains((UInt128)atom))),
        _ => false,
    };

    private static bool IsAddress(PacketField field) =>
        field is PacketField.Source4 or PacketField.Source6 or PacketField.Destination4 or PacketField.Destination6;

    private static string Name(PacketField field) => field switch
    {
        PacketField.Family => "meta nfproto",
        PacketField.InInterface => "iifname",
        PacketField.OutInterface => "oifname",
        PacketField.State => "ct state",
        PacketField.Status => "ct status",
        PacketField.Direction => "ct direction",
        PacketField.PacketType => "meta pkttype",
        PacketField.Protocol => "meta l4proto",
        PacketField.TcpFlags => "tcp flags",
        PacketField.IcmpType => "icmp type",
        PacketField.IcmpCode => "icmp code",
        PacketField.HopLimit => "ip ttl",
        PacketField.TrafficClass => "ip tos",
        PacketField.RoutingHeader => "rt type + 1",
        PacketField.ExtensionHeader => "first exthdr",
        PacketField.Origin => "ct original",
        PacketField.Length => "meta length",
        PacketField.Mark => "meta mark",
        PacketField.ConnectionMark => "ct mark",
        PacketField.DestinationPort => "dport",
        PacketField.SourcePort => "sport",
        PacketField.Destination4 => "ip daddr",
        PacketField.Source4 => "ip saddr",
        PacketField.Destination6 => "ip6 daddr",
        _ => "ip6 saddr",
    };

    private string Values(PacketField field, IntervalSet values)
    {
        string[] texts = [.. values.Ranges.Take(MaxRanges).SelectMany(range => Range(field, range.Low, range.High))];
        string more = values.Ranges.Length <= MaxRanges ? string.Empty
            : values.Ranges.Length < SpaceBoxes.MaxIntervals ? $", and {values.Ranges.Length - MaxRanges} more" : ", and many more";
        return texts.Length == 1 && more.Length == 0 ? texts[0] : $"{{ {string.Join(", ", texts)}{more} }}";
    }

    private IEnumerable<string> Range(PacketField field, UInt128 low, UInt128 high)
    {
        if (IsAddress(field))
        {
            int family = field is PacketField.Source4 or PacketField.Destination4 ? PacketValues.Ipv4 : PacketValues.Ipv6;
            return [Addresses(low, high, family)];
        }

        if (field is PacketField.InInterface or PacketField.OutInterface or PacketField.State or PacketField.Family
            or PacketField.ExtensionHeader or PacketField.Protocol && high - low < 8)
        {
            return Enumerable.Range((int)low, (int)(high - low) + 1).Select(value => Word(field, value));
        }

        return [low == high ? low.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{low}-{high}")];
    }

    private string Word(PacketField field, int value) => field switch
    {
        PacketField.State when value < States.Length => States[value],
        PacketField.Family when value is 4 or 6 => $"ipv{value}",
        PacketField.Protocol => ProtocolName(value),
        PacketField.ExtensionHeader => HeaderName(value),
        PacketField.InInterface or PacketField.OutInterface => atoms.Label(value),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string HeaderName(int value) => value switch
    {
        0 => "none",
        PacketValues.HopByHop + 1 => "hbh",
        PacketValues.DestinationOptions + 1 => "dst",
        _ => (value - 1).ToString(CultureInfo.InvariantCulture),
    };

    private static string Addresses(UInt128 low, UInt128 high, int family)
    {
        int bits = family == PacketValues.Ipv4 ? 32 : 128;
        if (low == high)
        {
            return AddressText.ToAddress(low, family).ToString();
        }

        UInt128 size = high - low;
        bool prefix = (size & (size + 1)) == 0 && (low & size) == 0;
        int length = bits - (int)(size == UInt128.MaxValue ? 128 : BigInteger.Log2((BigInteger)size + 1));
        return prefix ? string.Create(CultureInfo.InvariantCulture, $"{AddressText.ToAddress(low, family)}/{length}")
            : $"{AddressText.ToAddress(low, family)}-{AddressText.ToAddress(high, family)}";
    }

    private static string ProtocolName(int number) => number switch
    {
        PacketValues.Tcp => "tcp",
        PacketValues.Udp => "udp",
        PacketValues.Icmp => "icmp",
        PacketValues.IcmpV6 => "icmpv6",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
