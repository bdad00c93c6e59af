using System.Text.Json;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Writes nftables' JSON expressions in the syntax of nft(8), for people to read.</summary>
internal static class NftText
{
    /// <summary>A statement: <c>tcp dport { 80, 443 }</c>, <c>counter</c>, <c>jump web</c>.</summary>
    public static string Statement(NftExpression statement)
    {
        (string name, JsonElement value, JsonElement json) = statement;
        return name switch
        {
            "" => json.ToString(),
            "match" => Match(value),
            "vmap" => $"{Expression(Member(value, "key"))} vmap {Expression(Member(value, "data"))}",
            "mangle" => $"{Expression(Member(value, "key"))} set {Expression(Member(value, "value"))}",
            "jump" or "goto" => $"{name} {Expression(Member(value, "target"))}",
            "counter" or "log" or "last" => name,
            "limit" => $"limit rate {(Member(value, "inv").ValueKind == JsonValueKind.True ? "over " : string.Empty)}{Member(value, "rate")}/{Member(value, "per")}",
            "dnat" or "snat" or "redirect" or "masquerade" => Translation(name, value),
            "set" => $"{Member(value, "op")} {Expression(Member(value, "set"))} {{ {Expression(Member(value, "elem"))} }}",
            "reject" => Member(value, "expr") is { ValueKind: JsonValueKind.String } expression ? $"reject with {Member(value, "type")} {expression}" : "reject",
            _ => value.ValueKind == JsonValueKind.Null ? name : $"{name} {Expression(value)}",
        };
    }

    private static string Match(JsonElement match)
    {
        string operation = Member(match, "op").ToString();
        string right = Expression(Member(match, "right"));
        string sign = operation is "==" or "in" ? " " : $" {operation} ";
        return $"{Expression(Member(match, "left"))}{sign}{right}";
    }

    private static string Translation(string name, JsonElement value)
    {
        string address = Member(value, "addr") is { ValueKind: not JsonValueKind.Undefined } to ? Expression(to) : string.Empty;
        string port = Member(value, "port") is { ValueKind: not JsonValueKind.Undefined } number ? $":{Expression(number)}" : string.Empty;
        return address.Length + port.Length == 0 ? name : $"{name} to {address}{port}";
    }

    private static string Expression(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => string.Join(",", json.EnumerateArray().Select(Expression)),
        JsonValueKind.Object when NftValue.TryFirst(json, out string name, out JsonElement value) => Object(name, value, json),
        JsonValueKind.Undefined or JsonValueKind.Null => string.Empty,
        _ => json.ToString(),
    };

    private static string Object(string name, JsonElement value, JsonElement json) => name switch
    {
        "payload" => $"{Member(value, "protocol")} {Member(value, "field")}",
        "meta" => Member(value, "key").ToString() is var key && key is "l4proto" or "nfproto" or "mark" or "protocol" or "length" or "pkttype" ? $"meta {key}" : Member(value, "key").ToString(),
        "ct" => Member(value, "dir") is { ValueKind: JsonValueKind.String } direction ? $"ct {direction} {Member(value, "key")}" : $"ct {Member(value, "key")}",
        "fib" => $"fib {string.Join(" . ", Items(Member(value, "flags")))} {Member(value, "result")}",
        "prefix" => $"{Member(value, "addr")}/{Member(value, "len")}",
        "range" => string.Join('-', Items(value)),
        "concat" => string.Join(" . ", Items(value)),
        "set" => $"{{ {string.Join(", ", value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(Pair) : [Expression(value)])} }}",
        "elem" => Expression(Member(value, "val")),
        "map" => $"{Expression(Member(value, "key"))} map {Expression(Member(value, "data"))}",
        "&" or "|" or "^" or "<<" or ">>" => string.Join($" {name} ", Items(value)),
        "accept" or "drop" or "return" or "continue" => name,
        "jump" or "goto" => $"{name} {Member(value, "target")}",
        _ => json.GetRawText(),
    };

    private static string Pair(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2 ? $"{Expression(element[0])} : {Expression(element[1])}" : Expression(element);

    private static IEnumerable<string> Items(JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().Select(Expression) : [Expression(json)];

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member) ? member : default;
}
