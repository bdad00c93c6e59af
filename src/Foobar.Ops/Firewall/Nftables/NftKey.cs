using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>What the left side of a match, or the key of a map, looks at.</summary>
/// <param name="Parts">The fields.</param>
/// <param name="Implied">What looking at them implies: a TCP port is only there in a TCP packet.</param>
internal sealed record NftKey(IReadOnlyList<KeyPart> Parts, IReadOnlyList<Statement> Implied)
{
    private static readonly Dictionary<string, KeyPart> MetaKeys = new()
    {
        ["iif"] = new(PacketField.InInterface, ValueKind.InterfaceName),
        ["iifname"] = new(PacketField.InInterface, ValueKind.InterfaceName),
        ["oif"] = new(PacketField.OutInterface, ValueKind.InterfaceName),
        ["oifname"] = new(PacketField.OutInterface, ValueKind.InterfaceName),
        ["l4proto"] = new(PacketField.Protocol, ValueKind.Protocol),
        ["nfproto"] = new(PacketField.Family, ValueKind.NetworkFamily),
        ["protocol"] = new(PacketField.Family, ValueKind.EtherType),
        ["mark"] = new(PacketField.Mark, ValueKind.Number),
        ["pkttype"] = new(PacketField.PacketType, ValueKind.PacketType),
        ["length"] = new(PacketField.Length, ValueKind.Number),
    };

    private static readonly Dictionary<string, KeyPart> ConnectionKeys = new()
    {
        ["state"] = new(PacketField.State, ValueKind.ConnectionState),
        ["status"] = new(PacketField.Status, ValueKind.ConnectionStatus),
        ["direction"] = new(PacketField.Direction, ValueKind.ConnectionDirection),
        ["mark"] = new(PacketField.ConnectionMark, ValueKind.Number),
        ["l3proto"] = new(PacketField.Family, ValueKind.NetworkFamily),
        ["protocol"] = new(PacketField.Protocol, ValueKind.Protocol, Original: true),
    };

    // Of the connection's first packet, as it came before any translation.
    private static readonly Dictionary<string, NftKey> OriginalKeys = new()
    {
        ["ip saddr"] = Original(PacketField.Source4, ValueKind.Ipv4, Guards.Ipv4),
        ["ip daddr"] = Original(PacketField.Destination4, ValueKind.Ipv4, Guards.Ipv4),
        ["ip6 saddr"] = Original(PacketField.Source6, ValueKind.Ipv6, Guards.Ipv6),
        ["ip6 daddr"] = Original(PacketField.Destination6, ValueKind.Ipv6, Guards.Ipv6),
        ["proto-src"] = Original(PacketField.SourcePort, ValueKind.Number, Guards.WithPorts),
        ["proto-dst"] = Original(PacketField.DestinationPort, ValueKind.Number, Guards.WithPorts),
        ["protocol"] = Original(PacketField.Protocol, ValueKind.Protocol),
        ["l3proto"] = new([new(PacketField.Family, ValueKind.NetworkFamily)], [Guards.Tracked]),
    };

    private static readonly Dictionary<string, KeyPart> PayloadKeys = new()
    {
        ["ip saddr"] = new(PacketField.Source4, ValueKind.Ipv4),
        ["ip daddr"] = new(PacketField.Destination4, ValueKind.Ipv4),
        ["ip protocol"] = new(PacketField.Protocol, ValueKind.Protocol),
        ["ip ttl"] = new(PacketField.HopLimit, ValueKind.Number),
        ["ip dscp"] = new(PacketField.TrafficClass, ValueKind.Dscp, 2),
        ["ip length"] = new(PacketField.Length, ValueKind.Number),
        ["ip6 saddr"] = new(PacketField.Source6, ValueKind.Ipv6),
        ["ip6 daddr"] = new(PacketField.Destination6, ValueKind.Ipv6),
        ["ip6 nexthdr"] = new(PacketField.Protocol, ValueKind.NextHeader),
        ["ip6 hoplimit"] = new(PacketField.HopLimit, ValueKind.Number),
        ["ip6 dscp"] = new(PacketField.TrafficClass, ValueKind.Dscp, 2),
        ["tcp flags"] = new(PacketField.TcpFlags, ValueKind.TcpFlags),
        ["icmp type"] = new(PacketField.IcmpType, ValueKind.IcmpType),
        ["icmp code"] = new(PacketField.IcmpCode, ValueKind.IcmpCode),
        ["icmpv6 type"] = new(PacketField.IcmpType, ValueKind.IcmpV6Type),
        ["icmpv6 code"] = new(PacketField.IcmpCode, ValueKind.IcmpV6Code),
    };

    // Made once: thousands of rules look at the same few.
    private static readonly Dictionary<(string Protocol, string Field), NftKey> Payloads = AllPayloads();

    /// <summary>Reads a left side: one field or a concatenation.</summary>
    /// <exception cref="NotUnderstoodException">It looks at something that packet spaces don't have.</exception>
    public static NftKey Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("concat", out JsonElement parts))
        {
            NftKey[] keys = [.. parts.EnumerateArray().Select(One)];
            return new NftKey([.. keys.SelectMany(key => key.Parts)], [.. keys.SelectMany(key => key.Implied)]);
        }

        return One(NftValue.Unwrapped(json));
    }

    private static NftKey One(JsonElement json)
    {
        if (!NftValue.TryFirst(json, out string name, out JsonElement value))
        {
            throw NotUnderstoodException.At("a field of packets or connections", json);
        }

        if (NftWords.Expressions.Trouble(name) is { } why)
        {
            throw new NotUnderstoodException(why);
        }

        NftWords.Check(name, value);
        return name switch
        {
            "payload" => Payload(NftValue.Text(NftValue.Member(value, "protocol")), NftValue.Text(NftValue.Member(value, "field")), json),
            "meta" => Meta(NftValue.Text(NftValue.Member(value, "key"))),
            "ct" => Connection(
                NftValue.Text(NftValue.Member(value, "key")),
                value.TryGetProperty("dir", out JsonElement direction) ? NftValue.Text(direction) : null),
            "exthdr" when NftValue.Member(value, "name").ValueEquals("rt") && value.TryGetProperty("field", out JsonElement field)
                && field.ValueEquals("type") =>
                new NftKey([new KeyPart(PacketField.RoutingHeader, ValueKind.Number, RoutingTypeOffset)], [Guards.Ipv6]),
            _ => throw NotUnderstoodException.At("a field of packets or connections", json),
        };
    }

    private static NftKey Meta(string key) => MetaKeys.TryGetValue(key, out KeyPart? part)
        ? new NftKey([part], [])
        : throw new NotUnderstoodException(NftWords.MetaKeys.Trouble(key) ?? $"meta {key}");

    private static NftKey Connection(string key, string? direction) => direction switch
    {
        null when ConnectionKeys.TryGetValue(key, out KeyPart? part) =>
            new NftKey([part], part.Field == PacketField.State ? [] : [Guards.Tracked]),
        "original" when OriginalKeys.TryGetValue(key, out NftKey? original) => original,
        "reply" => throw new NotUnderstoodException($"ct reply {key}: what the answer will look like"),
        _ => throw new NotUnderstoodException(NftWords.ConnectionKeys.Trouble(key) ?? $"ct {direction} {key}"),
    };

    private static NftKey Original(PacketField field, ValueKind kind, params Statement[] implied) =>
        new([new KeyPart(field, kind, Original: true)], [.. implied, Guards.Tracked]);

    /// <summary>The mark in <see cref="KeyPart.Shift"/> for values that stand one higher in their field.</summary>
    public const int RoutingTypeOffset = -1;

    private static NftKey Payload(string protocol, string field, JsonElement json) =>
        Payloads.TryGetValue((protocol, field), out NftKey? key) ? key
            : throw NotUnderstoodException.At(field is "sport" or "dport" ? "a transport protocol with ports" : "a field of packets", json);

    private static Dictionary<(string, string), NftKey> AllPayloads()
    {
        Dictionary<(string, string), NftKey> keys = [];
        foreach ((string name, KeyPart part) in PayloadKeys)
        {
            string[] words = name.Split(' ');
            keys.Add((words[0], words[1]), new NftKey([part], ImpliedBy(words[0])));
        }

        IEnumerable<(string, Statement)> transports = NftNames.Protocols
            .Where(protocol => PacketValues.WithPorts.Contains(protocol.Value))
            .Select(protocol => (protocol.Key, Guards.Protocol(protocol.Value)));
        foreach ((string name, Statement transport) in transports.Append(("th", Guards.WithPorts)))
        {
            keys.Add((name, "sport"), new NftKey([new KeyPart(PacketField.SourcePort, ValueKind.Number)], [transport]));
            keys.Add((name, "dport"), new NftKey([new KeyPart(PacketField.DestinationPort, ValueKind.Number)], [transport]));
        }

        return keys;
    }

    private static Statement[] ImpliedBy(string protocol) => protocol switch
    {
        "ip" => [Guards.Ipv4],
        "ip6" => [Guards.Ipv6],
        "icmp" => [Guards.Ipv4, Guards.Protocol(PacketValues.Icmp)],
        "icmpv6" => [Guards.Ipv6, Guards.Protocol(PacketValues.IcmpV6)],
        _ => [Guards.Protocol(NftNames.Protocols[protocol])],
    };
}
