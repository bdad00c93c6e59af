using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads named sets and maps.</summary>
internal static class NftSets
{
    private static readonly Dictionary<string, ValueKind> Types = new()
    {
        ["ipv4_addr"] = ValueKind.Ipv4,
        ["ipv6_addr"] = ValueKind.Ipv6,
        ["inet_service"] = ValueKind.Number,
        ["inet_proto"] = ValueKind.Protocol,
        ["mark"] = ValueKind.Number,
        ["ifname"] = ValueKind.InterfaceName,
        ["iface_index"] = ValueKind.InterfaceName,
        ["ct_state"] = ValueKind.ConnectionState,
        ["icmp_type"] = ValueKind.IcmpType,
        ["icmpv6_type"] = ValueKind.IcmpV6Type,
        ["icmp_code"] = ValueKind.IcmpCode,
        ["icmpv6_code"] = ValueKind.IcmpV6Code,
        ["pkt_type"] = ValueKind.PacketType,
        ["nf_proto"] = ValueKind.NetworkFamily,
        ["dscp"] = ValueKind.Dscp,
        ["tcp_flag"] = ValueKind.TcpFlags,
        ["integer"] = ValueKind.Number,
    };

    /// <summary>Reads a set or map object. One that is not understood makes the matches on it undecided, not the ruleset unreadable.</summary>
    public static NamedSet Read(JsonElement json)
    {
        NamedSet set = new()
        {
            Family = NftValue.Text(NftValue.Member(json, "family")),
            Table = NftValue.Text(NftValue.Member(json, "table")),
            Name = NftValue.Text(NftValue.Member(json, "name")),
            IsDynamic = json.TryGetProperty("flags", out JsonElement flags) && flags.GetRawText().Contains("dynamic", StringComparison.Ordinal),
        };
        try
        {
            ValueKind[] kinds = KindsOf(NftValue.Member(json, "type"));
            JsonElement elements = json.TryGetProperty("elem", out JsonElement list) ? list : default;
            return set with { Kinds = kinds, Elements = elements.ValueKind == JsonValueKind.Array ? Elements(json, elements, kinds) : [] };
        }
        catch (Exception exception) when (exception is NotUnderstoodException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return set with { Undecided = $"set {set.Name}: {exception.Message}" };
        }
    }

    private static List<SetElement> Elements(JsonElement json, JsonElement elements, ValueKind[] kinds)
    {
        if (!json.TryGetProperty("map", out JsonElement map))
        {
            List<SetElement> read = new(elements.GetArrayLength());
            foreach (JsonElement element in elements.EnumerateArray())
            {
                read.Add(new SetElement(NftValue.Parts(element, kinds)));
            }

            return read;
        }

        if (map.ValueKind == JsonValueKind.String && map.ValueEquals("verdict"))
        {
            return [.. NftLookup.Pairs(elements, kinds, element => NftStatement.Verdict(element) ?? throw NotUnderstoodException.At("a verdict", element))];
        }

        ValueKind[] dataKinds = KindsOf(map);
        return [.. NftLookup.Pairs(elements, kinds, element => new Statement.Data(NftValue.Parts(element, dataKinds)))];
    }

    private static ValueKind[] KindsOf(JsonElement type)
    {
        string[] names = type.ValueKind switch
        {
            JsonValueKind.Array => [.. type.EnumerateArray().Select(NftValue.Text)],
            JsonValueKind.String => type.GetString()!.Split(" . "),
            _ => throw NotUnderstoodException.At("a set's type", type),
        };
        return [.. names.Select(name => Types.TryGetValue(name, out ValueKind kind) ? kind : throw new NotUnderstoodException($"set type {name}"))];
    }
}
