using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads nftables' match statements: relational and bitwise operations, sets, routing lookups.</summary>
internal static class NftMatch
{
    /// <summary>The tests a match stands for, those it implies first.</summary>
    /// <exception cref="NotUnderstoodException">The match is not understood.</exception>
    public static IEnumerable<Statement> Read(JsonElement match)
    {
        NftWords.Check("match", match);
        string operation = NftValue.Text(NftValue.Member(match, "op"));
        JsonElement left = NftValue.Member(match, "left");
        JsonElement right = NftValue.Member(match, "right");
        if (left.ValueKind == JsonValueKind.Object && left.TryGetProperty("fib", out JsonElement fib))
        {
            return [new Statement.Test(NftFib.Read(fib, operation, right))];
        }

        if (left.ValueKind == JsonValueKind.Object && left.TryGetProperty("&", out JsonElement masked))
        {
            return Masked(masked, operation, right);
        }

        NftKey key = NftKey.Read(left);
        return key.Implied.Append(new Statement.Test(Compare(key, operation, right)));
    }

    private static Condition Compare(NftKey key, string operation, JsonElement right)
    {
        KeyPart part = key.Parts[0];
        if (right.ValueKind == JsonValueKind.String && right.GetString() is ['@', .. string set])
        {
            return new Condition.In(key.Parts, null, set, Negative(operation));
        }

        if (right.ValueKind == JsonValueKind.Object && right.TryGetProperty("set", out JsonElement elements))
        {
            return new Condition.In(key.Parts, [.. Elements(key, elements)], null, Negative(operation));
        }

        if (key.Parts.Count > 1)
        {
            return new Condition.In(
                key.Parts, [new SetElement(NftValue.Parts(right, [.. key.Parts.Select(item => item.Kind)]))], null, Negative(operation));
        }

        return part.Kind switch
        {
            ValueKind.TcpFlags or ValueKind.ConnectionStatus => Bits(part, operation, right),
            ValueKind.ConnectionState => States(part, operation, right),
            _ => new Condition.In(key.Parts, [new SetElement([Ordered(part, operation, right)])], null, Negative(operation)),
        };
    }

    private static IEnumerable<SetElement> Elements(NftKey key, JsonElement elements)
    {
        ValueKind[] kinds = [.. key.Parts.Select(part => part.Kind)];
        return (elements.ValueKind == JsonValueKind.Array ? elements.EnumerateArray().ToArray() : [elements])
            .Select(element => new SetElement(NftValue.Parts(element, kinds)));
    }

    private static ValueRange Ordered(KeyPart part, string operation, JsonElement right)
    {
        if (operation is "==" or "!=" or "in")
        {
            return NftValue.Range(right, part.Kind);
        }

        UInt128 bound = NftValue.Number(right, part.Kind);
        return operation switch
        {
            "<" => bound == 0 ? new ValueRange(1, 0) : new ValueRange(0, bound - 1),
            "<=" => new ValueRange(0, bound),
            ">" => new ValueRange(bound + 1, FieldLayout.Max(part.Field)),
            ">=" => new ValueRange(bound, FieldLayout.Max(part.Field)),
            _ => throw new NotUnderstoodException($"operator {operation}"),
        };
    }

    // "in" asks for any of the bits, "!" for none, "==" for exactly these.
    private static Condition.Masked Bits(KeyPart part, string operation, JsonElement right)
    {
        UInt128 bits = NftValue.Flags(right, part.Kind);
        return operation switch
        {
            "in" => new Condition.Masked(part.Field, bits, 0, Negated: true),
            "!" => new Condition.Masked(part.Field, bits, 0, Negated: false),
            "==" or "!=" => new Condition.Masked(part.Field, FieldLayout.Max(part.Field), bits, Negative(operation)),
            _ => throw new NotUnderstoodException($"operator {operation} on flags"),
        };
    }

    // A packet has one state; so "==" with several, compared as bits, never holds.
    private static Condition.In States(KeyPart part, string operation, JsonElement right)
    {
        JsonElement list = right.ValueKind == JsonValueKind.Object && right.TryGetProperty("|", out JsonElement joined) ? joined : right;
        ValueRange[] states = list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(state => NftValue.Range(state, part.Kind))]
            : [NftValue.Range(list, part.Kind)];
        bool exact = operation is "==" or "!=" && states.Length > 1;
        return new Condition.In([part], exact ? [] : [.. states.Select(state => new SetElement([state]))], null, Negative(operation));
    }

    private static IEnumerable<Statement> Masked(JsonElement operands, string operation, JsonElement right)
    {
        if (operands.ValueKind != JsonValueKind.Array || operands.GetArrayLength() < 2)
        {
            throw NotUnderstoodException.At("a field and a mask", operands);
        }

        NftKey key = NftKey.Read(operands[0]);
        KeyPart part = key.Parts[0];
        if (key.Parts.Count > 1 || part.Shift != 0 || part.Original
            || part.Kind is ValueKind.InterfaceName or ValueKind.ConnectionState or ValueKind.NextHeader)
        {
            throw NotUnderstoodException.At("one numeric field and a mask", operands);
        }

        // Several operands after the first are the flags of one mask: [field, "fin", "syn"].
        UInt128 mask = operands.EnumerateArray().Skip(1).Aggregate(UInt128.Zero, (all, item) => all | NftValue.Flags(item, part.Kind));
        bool negated = Negative(operation);
        if (right.ValueKind == JsonValueKind.Object && right.TryGetProperty("set", out JsonElement set))
        {
            Condition[] each =
            [
                .. set.EnumerateArray().Select(value => new Condition.Masked(part.Field, mask, NftValue.Flags(value, part.Kind), false)),
            ];
            return key.Implied.Append(new Statement.Test(new Condition.Any(each, negated)));
        }

        if (operation is not ("==" or "!="))
        {
            throw new NotUnderstoodException($"operator {operation} on a masked field");
        }

        return key.Implied.Append(new Statement.Test(new Condition.Masked(part.Field, mask, NftValue.Flags(right, part.Kind), negated)));
    }

    /// <summary>Whether an operator asks for what is not so.</summary>
    public static bool Negative(string operation) => operation switch
    {
        "!=" or "!" => true,
        _ => false,
    };
}
