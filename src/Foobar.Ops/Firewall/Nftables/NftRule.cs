using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads one rule object.</summary>
internal static class NftRule
{
    /// <summary>Reads a rule.</summary>
    /// <param name="json">The rule object.</param>
    /// <param name="server">The server it is on.</param>
    /// <param name="position">Its place in the chain, from 1.</param>
    public static FirewallRule Read(JsonElement json, string? server, int position)
    {
        JsonElement[] expressions = json.TryGetProperty("expr", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];
        string table = NftValue.Text(NftValue.Member(json, "table"));
        string chain = NftValue.Text(NftValue.Member(json, "chain"));
        string? comment = json.TryGetProperty("comment", out JsonElement text) ? text.GetString() : null;
        string[] words = [.. expressions.Select(NftText.Statement)];
        JsonElement counter = expressions.Select(expression => Property(expression, "counter")).FirstOrDefault(value => value.ValueKind == JsonValueKind.Object);
        return new FirewallRule
        {
            Server = server,
            Family = NftValue.Text(NftValue.Member(json, "family")),
            Table = table,
            Chain = chain,
            Position = position,
            Handle = json.TryGetProperty("handle", out JsonElement handle) ? handle.GetInt64() : null,
            Matches = [.. expressions.Zip(words).Where(pair => IsMatch(pair.First)).Select(pair => pair.Second)],
            Verdict = expressions.Zip(words).LastOrDefault(pair => IsFinal(pair.First)).Second ?? string.Empty,
            Packets = Number(counter, "packets"),
            Bytes = Number(counter, "bytes"),
            Comment = comment,
            Source = string.Join(' ', comment is null ? words : [.. words, $"comment \"{comment}\""]),
            Origin = RulesetOrigin.Nftables,
            ManagedBy = RuleMaker.Of(table, chain, comment),
            Statements = [.. expressions.SelectMany(NftStatement.Read)],
        };
    }

    private static bool IsMatch(JsonElement expression) => Name(expression) is "match" or "limit" or "quota" or "ct count";

    private static bool IsFinal(JsonElement expression) => Name(expression) is "accept" or "drop" or "reject" or "jump" or "goto" or "return" or "continue"
        or "queue" or "vmap" or "dnat" or "snat" or "masquerade" or "redirect" or "tproxy" or "notrack" or "fwd";

    private static string Name(JsonElement expression)
    {
        NftValue.TryFirst(expression, out string name, out _);
        return name;
    }

    private static JsonElement Property(JsonElement expression, string name) =>
        expression.ValueKind == JsonValueKind.Object && expression.TryGetProperty(name, out JsonElement value) ? value : default;

    private static long? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number) ? number : null;
}
