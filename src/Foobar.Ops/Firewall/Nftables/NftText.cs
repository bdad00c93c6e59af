using System.Text.Json;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// Writes nftables' JSON statements (libnftables-json(5), STATEMENTS) in the syntax of nft(8), as <c>nft list ruleset</c> does:
/// what it writes can be loaded again and is the same rule. How often a counter or a quota was used is left out.
/// </summary>
internal static class NftText
{
    /// <summary>A statement: <c>tcp dport { 80, 443 }</c>, <c>counter</c>, <c>jump web</c>.</summary>
    public static string Statement(NftExpression statement)
    {
        (string name, JsonElement value) = (statement.Name, statement.Value);
        return name switch
        {
            "" => statement.Json.ToString(),
            "match" => Match(value),
            "vmap" => $"{Text("key")} vmap {Data(Member(value, "key"), Member(value, "data"))}",
            "mangle" => $"{Text("key")} set {NftExpressionText.Of(Member(value, "value"))}",
            "jump" or "goto" => $"{name} {Text("target")}",
            "counter" or "limit" or "quota" or "synproxy" or "tunnel" when IsReference(value) => $"{name} name {Reference(value)}",
            "ct helper" or "ct timeout" or "ct expectation" => $"{name} set {Reference(value)}",
            "secmark" => $"meta secmark set {Reference(value)}",
            "counter" or "last" => name,
            "limit" => Limit(value),
            "quota" => $"quota {Over(value)}{Member(value, "val")} {Member(value, "val_unit")}",
            "ct count" => $"ct count {Over(value)}{Member(value, "val")}",
            "log" => Log(value),
            "dnat" or "snat" or "redirect" or "masquerade" or "tproxy" => Translation(name, value),
            "set" or "map" => Filling(name, value),
            "meter" => $"meter {Member(value, "name")} {{ {Text("key")} {Statement(NftExpression.Of(Member(value, "stmt")))} }}",
            "reject" => $"reject{Word("with", Member(value, "type"))}{Word(null, Member(value, "expr"))}",
            "queue" when Member(value, "num") is { ValueKind: JsonValueKind.Number } || Has(Member(value, "num"), "range") =>
                $"queue num {Text("num")}{Flags(value, "flags", ",")}",
            "queue" => $"queue{Word("flags", Member(value, "flags"))}{Word("to", Member(value, "num"))}",
            "fwd" or "dup" => Copy(name, value),
            "flow" => $"flow {Member(value, "op")} {Member(value, "flowtable")}",
            "synproxy" =>
                $"synproxy{Word("mss", Member(value, "mss"))}{Word("wscale", Member(value, "wscale"))}{Flags(value, "flags", " ")}",
            _ => value.ValueKind == JsonValueKind.Null ? name : $"{name} {NftExpressionText.Of(value)}",
        };

        string Text(string member) => NftExpressionText.Of(Member(value, member));
    }

    // Of a test that asks for bits "==" is not the usual one, and of an operation it has to be said.
    private static string Match(JsonElement match)
    {
        (JsonElement left, JsonElement right) = (Member(match, "left"), Member(match, "right"));
        string operation = Member(match, "op").ToString();
        bool usual = operation == "in" || (operation == "==" && (IsSet(right) || !NftExpressionText.IsBits(left)));
        string sign = usual ? " " : $" {operation} ";
        return $"{NftExpressionText.Of(left)}{sign}{Data(left, right)}";
    }

    private static string Data(JsonElement key, JsonElement data) => NftExpressionText.Of(data, NftExpressionText.Quoted(key));

    private static bool IsSet(JsonElement json) =>
        Has(json, "set") || (json.ValueKind == JsonValueKind.String && json.GetString() is ['@', ..]);

    // The name of a named object, or a map that gives one.
    private static bool IsReference(JsonElement json) => json.ValueKind == JsonValueKind.String || Has(json, "map");

    private static string Reference(JsonElement json) =>
        json.ValueKind == JsonValueKind.String ? $"\"{json}\"" : NftExpressionText.Of(json);

    private static string Limit(JsonElement limit)
    {
        string unit = Member(limit, "rate_unit") is { ValueKind: JsonValueKind.String } bytes && !bytes.ValueEquals("packets")
            ? $" {bytes}"
            : string.Empty;
        string burst = Member(limit, "burst") switch
        {
            { ValueKind: JsonValueKind.Number } number when unit.Length > 0 =>
                Is(number, 0) ? string.Empty : $" burst {number} {Member(limit, "burst_unit")}",
            { ValueKind: JsonValueKind.Number } number when !Is(number, DefaultBurst) => $" burst {number} packets",
            _ => string.Empty,
        };
        return $"limit rate {Over(limit)}{Member(limit, "rate")}{unit}/{Member(limit, "per")}{burst}";
    }

    private const int DefaultBurst = 5;

    private static bool Is(JsonElement json, int number) => json.TryGetInt64(out long value) && value == number;

    private static string Over(JsonElement limit) => Member(limit, "inv").ValueKind == JsonValueKind.True ? "over " : string.Empty;

    private static string Log(JsonElement log)
    {
        string prefix = Has(log, "prefix") ? $" prefix \"{Member(log, "prefix")}\"" : string.Empty;
        string places =
            $"{Word("group", Member(log, "group"))}{Word("snaplen", Member(log, "snaplen"))}{Word("queue-threshold", Member(log, "queue-threshold"))}";
        IEnumerable<string> flags = NftExpressionText.Items(Member(log, "flags"))
            .Select(static flag => flag.Split(' ') is [var of, var what] ? (Of: of, What: what) : (Of: flag, What: string.Empty))
            .GroupBy(static flag => flag.Of, static flag => flag.What)
            .Select(static flag => $" flags {flag.Key} {string.Join(',', flag)}".TrimEnd());
        return $"log{prefix}{places}{Word("level", Member(log, "level"))}{string.Concat(flags)}";
    }

    private static string Translation(string name, JsonElement value)
    {
        JsonElement port = Member(value, "port");
        JsonElement address = Member(value, "addr");
        string to = port.ValueKind == JsonValueKind.Undefined
            ? NftExpressionText.Of(address)
            : $"{string.Join('-', NftExpressionText.Items(Has(address, "range") ? Member(address, "range") : address).Select(Bracketed))}:{NftExpressionText.Of(port)}";
        string prefix = NftExpressionText.Items(Member(value, "type_flags")).Contains("prefix") ? " prefix" : string.Empty;
        IEnumerable<string> flags = NftExpressionText.Items(Member(value, "flags")).Where(static flag => flag != "netmap");
        string chosen = string.Join(',', flags);
        return $"{name}{Word(null, Member(value, "family"))}{prefix}{(to.Length == 0 ? string.Empty : $" to {to}")}{(chosen.Length == 0 ? string.Empty : $" {chosen}")}";
    }

    // So that a port can follow it.
    private static string Bracketed(string address) => System.Net.IPAddress.TryParse(address, out System.Net.IPAddress? parsed)
        && parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address;

    private static string Filling(string name, JsonElement value)
    {
        JsonElement statements = Member(value, "stmt");
        IEnumerable<string> each = statements.ValueKind == JsonValueKind.Array
            ? statements.EnumerateArray().Select(static statement => " " + Statement(NftExpression.Of(statement)))
            : [];
        string data = Has(value, "data") ? $" : {NftExpressionText.Of(Member(value, "data"))}" : string.Empty;
        return $"{Member(value, "op")} {Member(value, name)} {{ "
            + $"{NftExpressionText.Of(Member(value, "elem"))}{string.Concat(each)}{data} }}";
    }

    private static string Copy(string name, JsonElement value)
    {
        string device = Has(value, "dev") ? $"\"{Member(value, "dev")}\"" : string.Empty;
        return !Has(value, "addr") ? $"{name} to {device}"
            : $"{name}{Word(null, Member(value, "family"))} to "
                + $"{NftExpressionText.Of(Member(value, "addr"))}{(device.Length == 0 ? string.Empty : $" device {device}")}";
    }

    private static string Flags(JsonElement value, string member, string separator) =>
        Has(value, member) ? $" {string.Join(separator, NftExpressionText.Items(Member(value, member)))}" : string.Empty;

    // A word and what it is of, where that is there.
    private static string Word(string? word, JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? string.Empty
            : $"{(word is null ? string.Empty : $" {word}")} {NftExpressionText.Of(value)}";

    private static bool Has(JsonElement json, string name) => Member(json, name).ValueKind != JsonValueKind.Undefined;

    private static JsonElement Member(JsonElement json, string name) => NftExpressionText.Member(json, name);
}
