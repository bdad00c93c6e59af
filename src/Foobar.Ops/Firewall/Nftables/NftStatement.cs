using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads the statements of a rule (libnftables-json(5), STATEMENTS) into the steps the evaluator runs.</summary>
internal static class NftStatement
{
    /// <summary>The steps a statement stands for; one that is not understood becomes a step whose effect is unknown.</summary>
    public static IReadOnlyList<Statement> Read(NftExpression statement)
    {
        string name = statement.Name;
        if (name.Length == 0)
        {
            return [new Statement.UnknownEffect(NotUnderstoodException.At("a statement", statement.Json).Message)];
        }

        try
        {
            return [.. Known(name, statement.Value)];
        }
        catch (Exception exception)
            when (exception is NotUnderstoodException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            string why = $"{name}: {exception.Message}";
            return [name is "match" ? new Statement.Test(new Condition.Undecided(why)) : new Statement.UnknownEffect(why)];
        }
    }

    /// <summary>The verdict of a statement or of a verdict map's element; <see langword="null"/> if it is none.</summary>
    public static Statement? Verdict(JsonElement statement) =>
        NftValue.TryFirst(statement, out string name, out JsonElement value) ? Verdict(name, value) : null;

    private static Statement.Verdict? Verdict(string name, JsonElement value) => name switch
    {
        "accept" => new(VerdictKind.Accept),
        "drop" => new(VerdictKind.Drop),
        "reject" => new(VerdictKind.Reject),
        "return" => new(VerdictKind.Return),
        "queue" => new(VerdictKind.Queue),
        "continue" => new(VerdictKind.Continue),
        "jump" => new(VerdictKind.Jump, NftValue.Text(NftValue.Member(value, "target"))),
        "goto" => new(VerdictKind.Goto, NftValue.Text(NftValue.Member(value, "target"))),
        _ => null,
    };

    private static IEnumerable<Statement> Known(string name, JsonElement value) => name switch
    {
        "match" => NftMatch.Read(value),
        "vmap" => NftLookup.Verdicts(value),
        "mangle" => NftMangle.Read(value),
        "dnat" => NftNat.Read(NatKind.Destination, value),
        "snat" => NftNat.Read(NatKind.Source, value),
        "masquerade" => NftNat.Read(NatKind.Masquerade, value),
        "redirect" => NftNat.Read(NatKind.Redirect, value),
        "notrack" => [new Statement.NoTrack()],
        "reject" => Rejection(value),
        "set" or "map" => Dynamic(name, value),
        "limit" or "quota" or "ct count" => [new Statement.Test(new Condition.Sometimes($"{name}: depends on earlier traffic"))],
        "meter" => [new Statement.Test(new Condition.Sometimes("meter: depends on earlier traffic"))],
        _ when NftWords.Statements.IsIrrelevant(name) => [new Statement.NoEffect(name)],
        _ => [Verdict(name, value) as Statement ?? new Statement.UnknownEffect(NftWords.Statements.Trouble(name) ?? name)],
    };

    // A listing leaves out the test for the IP version that the kind of the error tells already.
    private static Statement[] Rejection(JsonElement value)
    {
        NftWords.Check("reject", value);
        Statement reject = new Statement.Verdict(VerdictKind.Reject);
        string? type = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out JsonElement kind)
            ? kind.GetString()
            : null;
        return type switch
        {
            "icmp" => [Guards.Ipv4, reject],
            "icmpv6" => [Guards.Ipv6, reject],
            _ => [reject],
        };
    }

    // Adding to a set changes later packets' way, not this one's; a statement on the element may stop this one.
    private static IEnumerable<Statement> Dynamic(string name, JsonElement value)
    {
        NftWords.Check("fill", value);
        JsonElement[] inner = value.TryGetProperty("stmt", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [];
        string set = NftValue.Text(NftValue.Member(value, name)).TrimStart('@');
        string operation = NftValue.Text(NftValue.Member(value, "op"));
        Statement own = operation == "delete"
            ? new Statement.NoEffect($"takes out of {set}")
            : new Statement.Fill(set, Key(NftValue.Member(value, "elem")));
        return inner.Select(NftExpression.Of).SelectMany(Read).Prepend(own);
    }

    private static IReadOnlyList<KeyPart>? Key(JsonElement element)
    {
        try
        {
            return NftKey.Read(NftValue.Unwrapped(element)).Parts;
        }
        catch (NotUnderstoodException)
        {
            return null;
        }
    }
}
