using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>One expression of a rule: its name, what it holds, and the whole.</summary>
internal readonly record struct NftExpression(string Name, JsonElement Value, JsonElement Json)
{
    /// <summary>Takes an object apart; what is none has no name.</summary>
    public static NftExpression Of(JsonElement json)
    {
        NftValue.TryFirst(json, out string name, out JsonElement value);
        return new NftExpression(name, value, json);
    }
}

/// <summary>Reads one rule object.</summary>
internal static class NftRule
{
    /// <summary>Reads a rule.</summary>
    /// <param name="json">The rule object.</param>
    /// <param name="server">The server it is on.</param>
    /// <param name="place">The chain it is in.</param>
    /// <param name="position">Its place in the chain, from 1.</param>
    public static FirewallRule Read(JsonElement json, string? server, (string Family, string Table, string Chain) place, int position)
    {
        NftExpression[] expressions = json.TryGetProperty("expr", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(NftExpression.Of)] : [];
        string? comment = json.TryGetProperty("comment", out JsonElement text) ? text.GetString() : null;
        string[] words = Array.ConvertAll(expressions, NftText.Statement);
        JsonElement counter = Array.Find(expressions, expression => expression is { Name: "counter", Value.ValueKind: JsonValueKind.Object }).Value;
        return new FirewallRule
        {
            Server = server,
            Family = place.Family,
            Table = place.Table,
            Chain = place.Chain,
            Position = position,
            Handle = json.TryGetProperty("handle", out JsonElement handle) ? handle.GetInt64() : null,
            Matches = [.. words.Where((_, index) => expressions[index].Name is "match" or "limit" or "quota" or "ct count")],
            Verdict = Array.FindLastIndex(expressions, IsFinal) is var last and >= 0 ? words[last] : string.Empty,
            Packets = Number(counter, "packets"),
            Bytes = Number(counter, "bytes"),
            Comment = comment,
            Source = string.Join(' ', comment is null ? words : [.. words, $"comment \"{comment}\""]),
            Origin = RulesetOrigin.Nftables,
            ManagedBy = RuleMaker.Of(place.Table, place.Chain, comment),
            Statements = NftWords.MemberTrouble("rule", json) is { } why
                ? [new Statement.UnknownEffect(why)]
                : [.. expressions.SelectMany(NftStatement.Read)],
        };
    }

    private static bool IsFinal(NftExpression expression) => expression.Name is "accept" or "drop" or "reject" or "jump" or "goto" or "return" or "continue"
        or "queue" or "vmap" or "dnat" or "snat" or "masquerade" or "redirect" or "tproxy" or "notrack" or "fwd";

    private static long? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number) ? number : null;
}
