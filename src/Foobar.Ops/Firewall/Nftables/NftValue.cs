using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Values on the right side of nftables' expressions (libnftables-json(5)): scalars, prefixes, ranges, concatenations.</summary>
internal static class NftValue
{
    /// <summary>Reads one value or range of a kind.</summary>
    /// <exception cref="NotUnderstoodException">It is not one.</exception>
    public static ValueRange Range(JsonElement json, ValueKind kind)
    {
        JsonElement value = Unwrapped(json);
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("prefix", out JsonElement prefix))
        {
            int bits = kind == ValueKind.Ipv4 ? 32 : kind == ValueKind.Ipv6 ? 128 : throw NotUnderstoodException.At("prefix", value);
            return AddressText.Network(Number(Member(prefix, "addr"), kind), Member(prefix, "len").GetInt32(), bits);
        }

        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("range", out JsonElement range) && range.GetArrayLength() == 2)
        {
            return new ValueRange(Number(range[0], kind), Number(range[1], kind));
        }

        return kind == ValueKind.InterfaceName ? new ValueRange(0, 0, Text(value)) : Single(value, kind);
    }

    /// <summary>Reads one element of a set whose keys have several parts.</summary>
    public static ValueRange[] Parts(JsonElement json, IReadOnlyList<ValueKind> kinds)
    {
        JsonElement value = Unwrapped(json);
        if (kinds.Count == 1)
        {
            return [Range(value, kinds[0])];
        }

        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("concat", out JsonElement parts)
            || parts.GetArrayLength() != kinds.Count)
        {
            throw NotUnderstoodException.At("element", value);
        }

        return [.. parts.EnumerateArray().Select((part, index) => Range(part, kinds[index]))];
    }

    /// <summary>Reads a number, a name that stands for one, or several joined by <c>|</c>.</summary>
    public static UInt128 Number(JsonElement value, ValueKind kind)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number))
        {
            return number;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            string text = value.GetString()!;
            if (kind is ValueKind.Ipv4 or ValueKind.Ipv6)
            {
                int family = kind == ValueKind.Ipv4 ? PacketValues.Ipv4 : PacketValues.Ipv6;
                return AddressText.TryParse(text, family, out UInt128 address)
                    ? address
                    : throw NotUnderstoodException.At("address", value);
            }

            if (NftNames.Of(kind)?.TryGetValue(text, out int known) == true)
            {
                return (UInt128)known;
            }

            if (TryInteger(text, out UInt128 integer))
            {
                return integer;
            }
        }

        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty("|", out JsonElement joined)
            ? Flags(joined, kind)
            : throw NotUnderstoodException.At(kind.ToString(), value);
    }

    /// <summary>Reads flags: one name, a list, or names joined by <c>|</c>.</summary>
    public static UInt128 Flags(JsonElement value, ValueKind kind) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().Aggregate(UInt128.Zero, (all, flag) => all | Flags(flag, kind)),
        JsonValueKind.Object when value.TryGetProperty("|", out JsonElement parts) => Flags(parts, kind),
        _ => Number(value, kind),
    };

    /// <summary>A member that must be there.</summary>
    public static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member)
            ? member
            : throw NotUnderstoodException.At(name, json);

    /// <summary>The name and value of an object's first member, by which nftables tells what the object is.</summary>
    public static bool TryFirst(JsonElement json, out string name, out JsonElement value)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in json.EnumerateObject())
            {
                (name, value) = (property.Name, property.Value);
                return true;
            }
        }

        (name, value) = (string.Empty, default);
        return false;
    }

    /// <summary>A string.</summary>
    public static string Text(JsonElement json) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw NotUnderstoodException.At("string", json);

    /// <summary>An element without its timeout, counter and comment.</summary>
    /// <exception cref="NotUnderstoodException">A statement limits the element.</exception>
    public static JsonElement Unwrapped(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("elem", out JsonElement element)
            || element.ValueKind != JsonValueKind.Object)
        {
            return json;
        }

        NftWords.Check("elem", element);
        return Member(element, "val");
    }

    private static ValueRange Single(JsonElement value, ValueKind kind)
    {
        if (kind == ValueKind.ConnectionState && value.ValueKind is JsonValueKind.Array)
        {
            throw NotUnderstoodException.At("one connection state", value);
        }

        // In a set of an interval map "*" stands for everything no other element names; it is resolved by the reader of sets.
        return value.ValueKind == JsonValueKind.String && value.ValueEquals("*")
            ? throw NotUnderstoodException.At("element", value)
            : ValueRange.Of(Number(value, kind));
    }

    private static bool TryInteger(string text, out UInt128 number)
    {
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return hex
            ? UInt128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
