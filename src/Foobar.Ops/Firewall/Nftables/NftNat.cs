using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads network address translation statements.</summary>
internal static class NftNat
{
    /// <summary>The steps of a dnat, snat, masquerade or redirect statement.</summary>
    public static IEnumerable<Statement> Read(NatKind kind, JsonElement nat)
    {
        if (nat.ValueKind != JsonValueKind.Object)
        {
            return [new Statement.Nat(kind, null, null, null)];
        }

        NftWords.Check("nat", nat);
        JsonElement? address = nat.TryGetProperty("addr", out JsonElement member) ? member : null;
        int? family = Family(nat, address);
        if (address is { ValueKind: JsonValueKind.Object } mapped && mapped.TryGetProperty("map", out JsonElement map))
        {
            return Mapped(kind, family ?? PacketValues.Ipv4, nat, map);
        }

        if (nat.TryGetProperty("port", out JsonElement port)
            && port.ValueKind == JsonValueKind.Object
            && port.TryGetProperty("map", out JsonElement ports))
        {
            ValueRange? to = address is null ? null : NftValue.Range(address.Value, Kind(family));
            return NftLookup.Data(ports, [ValueKind.Number], data => new Statement.Nat(kind, family, to, data[0]));
        }

        return
        [
            .. family is null ? [] : (Statement[])[Guards.Family(family.Value)],
            new Statement.Nat(kind, family, address is null ? null : NftValue.Range(address.Value, Kind(family)), Port(nat)),
        ];
    }

    private static IEnumerable<Statement> Mapped(NatKind kind, int family, JsonElement nat, JsonElement map)
    {
        ValueRange? fixedPort = Port(nat);
        ValueKind[] kinds = HasPorts(map) ? [Kind(family), ValueKind.Number] : [Kind(family)];
        return NftLookup
            .Data(map, kinds, data => new Statement.Nat(kind, family, data[0], data.Length > 1 ? data[1] : fixedPort))
            .Prepend(Guards.Family(family));
    }

    // Whether a map's data are address and port; a named map says so by its own data.
    private static bool HasPorts(JsonElement map) =>
        NftValue.Member(map, "data") is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("set", out JsonElement set)
        && set.EnumerateArray().Any(pair => pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            && pair[1].ValueKind == JsonValueKind.Object && pair[1].TryGetProperty("concat", out _));

    private static ValueRange? Port(JsonElement nat) =>
        nat.TryGetProperty("port", out JsonElement port) ? NftValue.Range(port, ValueKind.Number) : null;

    private static int? Family(JsonElement nat, JsonElement? address)
    {
        if (nat.TryGetProperty("family", out JsonElement family))
        {
            return family.ValueEquals("ip") ? PacketValues.Ipv4 : PacketValues.Ipv6;
        }

        return address is { } given && Strings(given).FirstOrDefault() is { } text
            ? text.Contains(':', StringComparison.Ordinal) ? PacketValues.Ipv6 : PacketValues.Ipv4
            : null;
    }

    private static IEnumerable<string> Strings(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()!],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(static member => Strings(member.Value)),
        _ => [],
    };

    private static ValueKind Kind(int? family) => family == PacketValues.Ipv6 ? ValueKind.Ipv6 : ValueKind.Ipv4;
}
