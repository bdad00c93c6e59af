using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads one rule object.</summary>
internal static class NftRule
{
    /// <summary>Reads a rule.</summary>
    /// <param name="json">The rule object.</param>
    /// <param name="server">The server it is on.</param>
    /// <param name="place">The chain it is in.</param>
    /// <param name="position">Its place in the chain, from 1.</param>
    /// <param name="known">The statements of its table that were read before.</param>
    public static FirewallRule Read(
        JsonElement json, string? server, (string Family, string Table, string Chain) place, int position, NftExpressions known)
    {
        NftExpression[] expressions = known.Of(json);
        string? comment = json.TryGetProperty("comment", out JsonElement text) ? text.GetString() : null;
        string[] words = Array.ConvertAll(expressions, static expression => expression.Text);
        JsonElement counter = Array.Find(
            expressions, static expression => expression is { Name: "counter", Value.ValueKind: JsonValueKind.Object })?.Value ?? default;
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
                : [.. expressions.SelectMany(static expression => expression.Statements)],
        };
    }

    private static bool IsFinal(NftExpression expression) =>
        expression.Name is "accept" or "drop" or "reject" or "jump" or "goto" or "return" or "continue"
            or "queue" or "vmap" or "dnat" or "snat" or "masquerade" or "redirect" or "tproxy" or "notrack" or "fwd";

    private static long? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number)
            ? number
            : null;
}
