using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>One statement of a rule, and what is made of it when it is first asked for.</summary>
internal sealed class NftExpression
{
    private NftExpression(string name, JsonElement value, JsonElement json) => (Name, Value, Json) = (name, value, json);

    /// <summary>What it is; empty for what is no object.</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public JsonElement Value { get; }

    /// <summary>The whole.</summary>
    public JsonElement Json { get; }

    /// <summary>It in the syntax of nft(8).</summary>
    public string Text => field ??= NftText.Statement(this);

    /// <summary>The steps that it stands for.</summary>
    public IReadOnlyList<Statement> Statements => field ??= NftStatement.Read(this);

    /// <summary>Takes an object apart; what is none has no name.</summary>
    public static NftExpression Of(JsonElement json)
    {
        NftValue.TryFirst(json, out string name, out JsonElement value);
        return new NftExpression(name, value, json);
    }
}

/// <summary>
/// The statements of one table. A long ruleset says the same thing in many rules: what is written alike is read once, and is the
/// same object, whose packets are then worked out once too. In another table the same words may mean a set of another content.
/// </summary>
internal sealed class NftExpressions
{
    private readonly Dictionary<string, NftExpression> _known = new(StringComparer.Ordinal);

    /// <summary>The statements of a rule; none if it has no list of them.</summary>
    public NftExpression[] Of(JsonElement rule) =>
        rule.TryGetProperty("expr", out JsonElement list) && list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select(One)]
        : [];

    private NftExpression One(JsonElement json)
    {
        string text = json.GetRawText();
        if (!_known.TryGetValue(text, out NftExpression? expression))
        {
            _known.Add(text, expression = NftExpression.Of(json));
        }

        return expression;
    }
}
