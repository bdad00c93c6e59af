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
        ["protocol"] = new(PacketField.Protocol, ValueKind.Protocol),
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
        ["ip6 nexthdr"] = new(PacketField.Protocol, ValueKind.Protocol),
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

        return One(json);
    }

    private static NftKey One(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            if (json.TryGetProperty("payload", out JsonElement payload) && payload.TryGetProperty("protocol", out JsonElement protocol))
            {
                return Payload(NftValue.Text(protocol), NftValue.Text(NftValue.Member(payload, "field")), json);
            }

            if (json.TryGetProperty("meta", out JsonElement meta) && MetaKeys.TryGetValue(NftValue.Text(NftValue.Member(meta, "key")), out KeyPart? part))
            {
                return new NftKey([part], []);
            }

            if (json.TryGetProperty("ct", out JsonElement ct) && !ct.TryGetProperty("dir", out _)
                && ConnectionKeys.TryGetValue(NftValue.Text(NftValue.Member(ct, "key")), out KeyPart? connection))
            {
                return new NftKey([connection], connection.Field == PacketField.State ? [] : [Guards.Tracked]);
            }

            if (json.TryGetProperty("exthdr", out JsonElement header) && header.TryGetProperty("name", out JsonElement name) && name.ValueEquals("rt")
                && header.TryGetProperty("field", out JsonElement field) && field.ValueEquals("type"))
            {
                return new NftKey([new KeyPart(PacketField.RoutingHeader, ValueKind.Number, RoutingTypeOffset)], [Guards.Ipv6]);
            }
        }

        throw NotUnderstoodException.At("a field of packets or connections", json);
    }

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
