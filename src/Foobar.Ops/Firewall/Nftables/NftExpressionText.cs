using System.Text.Json;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Writes nftables' JSON expressions (libnftables-json(5), EXPRESSIONS) in the syntax of nft(8).</summary>
internal static class NftExpressionText
{
    private static readonly bool[] Plain = [false];

    // Their values are names that anyone may choose, or times, which stand in quotes (nft(8), META EXPRESSION TYPES).
    private static readonly HashSet<string> QuotedMeta =
        ["iif", "iifname", "oif", "oifname", "ibrname", "obrname", "iifkind", "oifkind", "sdifname", "day", "hour", "time"];

    /// <summary>An expression.</summary>
    /// <param name="json">The expression.</param>
    /// <param name="quoted">For each part of the key that it is a value of, whether its words stand in quotes.</param>
    public static string Of(JsonElement json, IReadOnlyList<bool>? quoted = null) => json.ValueKind switch
    {
        JsonValueKind.Array => string.Join(',', json.EnumerateArray().Select(item => Of(item, quoted))),
        JsonValueKind.Object when NftValue.TryFirst(json, out string name, out JsonElement value) =>
            Object(name, value, json, quoted ?? Plain),
        JsonValueKind.Undefined or JsonValueKind.Null => string.Empty,
        JsonValueKind.True => "exists",
        JsonValueKind.False => "missing",
        JsonValueKind.String when quoted is [true, ..] && json.GetString() is not ['@', ..] => $"\"{json}\"",
        _ => json.ToString(),
    };

    /// <summary>For each part of a key, whether its values' words stand in quotes.</summary>
    public static IReadOnlyList<bool> Quoted(JsonElement key)
    {
        if (Member(key, "concat") is { ValueKind: JsonValueKind.Array } parts)
        {
            return [.. parts.EnumerateArray().Select(static part => Quoted(part)[0])];
        }

        return
        [
            Member(Member(key, "meta"), "key") is { ValueKind: JsonValueKind.String } meta ? QuotedMeta.Contains(meta.GetString()!)
                : Member(key, "osf").ValueKind != JsonValueKind.Undefined
                || Member(Member(key, "ct"), "key") is { ValueKind: JsonValueKind.String } connection && connection.ValueEquals("helper")
                || Member(Member(key, "fib"), "result") is { ValueKind: JsonValueKind.String } result && !result.ValueEquals("type"),
        ];
    }

    /// <summary>Whether a left side is of bits, or an operation, so that a test for equality says so.</summary>
    public static bool IsBits(JsonElement left) => NftValue.TryFirst(left, out string name, out JsonElement value) && name switch
    {
        "&" or "|" or "^" or "<<" or ">>" => true,
        "ct" =>
            Member(value, "key") is { ValueKind: JsonValueKind.String } key && key.GetString() is "state" or "status" or "label" or "event",
        "payload" => Member(value, "field") is { ValueKind: JsonValueKind.String } field && field.ValueEquals("flags"),
        _ => false,
    };

    /// <summary>The items of a list, or the one that is none.</summary>
    public static IEnumerable<string> Items(JsonElement json, IReadOnlyList<bool>? quoted = null) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().Select(item => Of(item, quoted)),
        JsonValueKind.Undefined or JsonValueKind.Null => [],
        _ => [Of(json, quoted)],
    };

    /// <summary>A member, or nothing.</summary>
    public static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member) ? member : default;

    private static string Object(string name, JsonElement value, JsonElement json, IReadOnlyList<bool> quoted) => name switch
    {
        "payload" => Payload(value),
        "meta" => Member(value, "key").ToString() is var key && key is "iif" or "iifname" or "oif" or "oifname" ? key : $"meta {key}",
        "ct" => $"ct {Words(value, "dir", "family", "key")}",
        "fib" => $"fib {string.Join(" . ", Items(Member(value, "flags")))} {Member(value, "result")}",
        "rt" => $"rt {Words(value, "family", "key")}",
        "socket" => $"socket {Words(value, "key")}{Option("level", value)}",
        "osf" => $"osf{Option("ttl", value)} {Words(value, "key")}",
        "ipsec" => $"ipsec {Words(value, "dir")}{Option("spnum", value)} {Words(value, "family", "key")}",
        "exthdr" =>
            Member(value, "field").ValueKind == JsonValueKind.Undefined ? $"exthdr {Member(value, "name")}" : Words(value, "name", "field"),
        "tcp option" when Member(value, "base").ValueKind != JsonValueKind.Undefined =>
            $"tcp option @{Member(value, "base")},{Member(value, "offset")},{Member(value, "len")}",
        "tcp option" or "ip option" or "sctp chunk" or "dccp option" => $"{name} {Words(value, "name", "type", "field")}",
        "numgen" => $"numgen {Member(value, "mode")} mod {Member(value, "mod")}{Offset(value)}",
        "jhash" => $"jhash {Of(Member(value, "expr"))} mod {Member(value, "mod")}{Option("seed", value)}{Offset(value)}",
        "symhash" => $"symhash mod {Member(value, "mod")}{Offset(value)}",
        "prefix" => $"{Of(Member(value, "addr"))}/{Member(value, "len")}",
        "range" => string.Join('-', Items(value, quoted)),
        "concat" => string.Join(" . ", value.EnumerateArray().Select((part, index) => Of(part, [index < quoted.Count && quoted[index]]))),
        "set" =>
            $"{{ {string.Join(", ", value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(element => Pair(element, quoted)) : [Of(value, quoted)])} }}",
        "elem" => Element(value, quoted),
        "map" => $"{Of(Member(value, "key"))} map {Of(Member(value, "data"), Quoted(Member(value, "key")))}",
        "&" or "|" or "^" or "<<" or ">>" => Operation(name, value),
        "accept" or "drop" or "return" or "continue" => name,
        "jump" or "goto" => $"{name} {Member(value, "target")}",
        _ => json.GetRawText(),
    };

    private static string Payload(JsonElement value) => Member(value, "base").ValueKind != JsonValueKind.Undefined
        ? $"@{Member(value, "base")},{Member(value, "offset")},{Member(value, "len")}"
        : Words(value, "tunnel", "protocol", "field");

    // What stands on the left needs no brackets, as nft writes it; several words on the right are one mask.
    private static string Operation(string name, JsonElement operands)
    {
        JsonElement[] parts = operands.ValueKind == JsonValueKind.Array ? [.. operands.EnumerateArray()] : [operands];
        bool ofWords = Array.TrueForAll(
            parts, static part => part.ValueKind != JsonValueKind.Object && part.ValueKind != JsonValueKind.Array);
        if (name == "|" && ofWords)
        {
            return string.Join(" | ", parts.Select(static part => Of(part)));
        }

        string[] right =
        [
            .. parts.Skip(1)
                .SelectMany(static part => part.ValueKind == JsonValueKind.Array ? part.EnumerateArray() : Enumerable.Repeat(part, 1))
                .Select(static part => Of(part)),
        ];
        bool single = right.Length == 1 && (parts[1].ValueKind != JsonValueKind.Object || !IsBits(parts[1]));
        return $"{Of(parts[0])} {name} {(single ? right[0] : $"({string.Join(" | ", right)})")}";
    }

    private static string Element(JsonElement value, IReadOnlyList<bool> quoted)
    {
        string timeout = Member(value, "timeout") is { ValueKind: JsonValueKind.Number } seconds ? $" timeout {seconds}s" : string.Empty;
        string comment = Member(value, "comment") is { ValueKind: JsonValueKind.String } text ? $" comment \"{text}\"" : string.Empty;
        return $"{Of(Member(value, "val"), quoted)}{timeout}{comment}";
    }

    private static string Pair(JsonElement element, IReadOnlyList<bool> quoted) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
            ? $"{Of(element[0], quoted)} : {Of(element[1])}"
            : Of(element, quoted);

    private static string Words(JsonElement value, params string[] members) =>
        string.Join(' ', members.Select(member => Of(Member(value, member))).Where(static word => word.Length > 0));

    private static string Option(string name, JsonElement value) =>
        Member(value, name) is { ValueKind: not JsonValueKind.Undefined } given ? $" {name} {Of(given)}" : string.Empty;

    private static string Offset(JsonElement value) =>
        Member(value, "offset") is { ValueKind: JsonValueKind.Number } offset && offset.TryGetInt64(out long number) && number != 0
            ? $" offset {number}"
            : string.Empty;
}
