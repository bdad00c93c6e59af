using System.Text.Json;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads statements that rewrite a packet's or a connection's fields.</summary>
internal static class NftMangle
{
    /// <summary>The steps of a mangle statement.</summary>
    public static IEnumerable<Statement> Read(JsonElement mangle)
    {
        NftWords.Check("mangle", mangle);
        JsonElement key = NftValue.Member(mangle, "key");
        if (Irrelevant(key))
        {
            return [new Statement.NoEffect("rewrites what no test looks at")];
        }

        KeyPart part = NftKey.Read(key).Parts[0];
        if (part.Field is not (PacketField.Mark or PacketField.ConnectionMark or PacketField.TrafficClass or PacketField.HopLimit)
            || part.Shift < 0)
        {
            throw NotUnderstoodException.At("a mark, DSCP or hop limit to be set", key);
        }

        JsonElement value = NftValue.Member(mangle, "value");
        if (Mark(First(value)) is { } from && part.Field is PacketField.Mark or PacketField.ConnectionMark && from != part.Field)
        {
            Statement step = Step(part, First(value), value) is { } taken
                ? new Statement.Copy(from, part.Field, taken.Keep, taken.Flip, 0)
                : Unknown(part);
            return from == PacketField.ConnectionMark ? [Guards.Tracked, step] : [step];
        }

        // Reading a connection's field breaks the rule where there is no connection; setting one does not.
        Statement[] implied = ReadsConnection(value) ? [Guards.Tracked] : [];
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("map", out JsonElement map))
        {
            return implied.Concat(
                NftLookup.Data(map, [part.Kind], data => data[0].Low == data[0].High ? Constant(part, data[0].Low) : Unknown(part)));
        }

        return implied.Append(Assignment(part, key, value));
    }

    // What operations with constants are done on.
    private static JsonElement First(JsonElement value)
    {
        while (NftValue.TryFirst(value, out string name, out JsonElement operands) && name is "|" or "&" or "^"
            && operands.ValueKind == JsonValueKind.Array && operands.GetArrayLength() > 0)
        {
            value = operands[0];
        }

        return value;
    }

    // The mark that a value is, unchanged.
    private static PacketField? Mark(JsonElement value) =>
        !NftValue.TryFirst(value, out string name, out JsonElement key)
            || name is not ("meta" or "ct")
            || key.ValueKind != JsonValueKind.Object
            || !key.TryGetProperty("key", out JsonElement word) || !word.ValueEquals("mark") ? null
        : name == "ct" ? PacketField.ConnectionMark : PacketField.Mark;

    private static bool ReadsConnection(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => member.Name == "ct" || ReadsConnection(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(ReadsConnection),
        _ => false,
    };

    // What is set here is read by no test of ours: statements that read it are themselves not understood.
    private static bool Irrelevant(JsonElement key) =>
        key.ValueKind == JsonValueKind.Object
        && (key.TryGetProperty("tcp option", out _)
            || key.TryGetProperty("meta", out JsonElement meta)
                && meta.TryGetProperty("key", out JsonElement name)
                && name.GetString() is "priority" or "nftrace" or "cgroup"
            || key.TryGetProperty("ct", out JsonElement ct)
                && ct.TryGetProperty("key", out JsonElement other)
                && other.GetString() is "label" or "event" or "secmark");

    private static Statement Assignment(KeyPart part, JsonElement key, JsonElement value)
    {
        foreach (string operation in (string[])["|", "&", "^"])
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(operation, out JsonElement operands)
                && operands.ValueKind == JsonValueKind.Array && operands.GetArrayLength() == 2)
            {
                return Step(part, key, operands[0]) is { } inner && Constant(operands[1], part.Kind) is { } bits
                    ? Combined(part, inner, operation, bits)
                    : Unknown(part);
            }
        }

        return Constant(value, part.Kind) is { } constant ? Constant(part, constant) : Unknown(part);
    }

    // The operand that is the field itself changes nothing; one that is an operation on it is taken with it.
    private static Statement.Assign? Step(KeyPart part, JsonElement key, JsonElement operand) =>
        JsonElement.DeepEquals(key, operand) ? new Statement.Assign(part.Field, FieldLayout.Max(part.Field), 0)
        : operand.ValueKind == JsonValueKind.Object ? Assignment(part, key, operand) as Statement.Assign
        : null;

    private static Statement.Assign Combined(KeyPart part, Statement.Assign inner, string operation, UInt128 bits)
    {
        bits <<= part.Shift;
        UInt128 outside = ~(FieldLayout.Max(part.Field) << part.Shift) & FieldLayout.Max(part.Field);
        return operation switch
        {
            "|" => inner with { Keep = inner.Keep & ~bits, Flip = (inner.Flip & ~bits) | bits },
            "&" => inner with { Keep = inner.Keep & (bits | outside), Flip = inner.Flip & (bits | outside) },
            _ => inner with { Flip = inner.Flip ^ bits },
        };
    }

    private static Statement.Assign Constant(KeyPart part, UInt128 value) =>
        new(part.Field, (UInt128.One << part.Shift) - 1, value << part.Shift);

    private static UInt128? Constant(JsonElement value, ValueKind kind) =>
        value.ValueKind is JsonValueKind.Number or JsonValueKind.String ? NftValue.Number(value, kind) : null;

    private static Statement.AssignUnknown Unknown(KeyPart part) => new(part.Field, "set to a value that is not a constant");
}
