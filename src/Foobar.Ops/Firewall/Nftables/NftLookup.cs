using System.Text.Json;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads verdict maps and data maps, written in a rule or named.</summary>
internal static class NftLookup
{
    /// <summary>The steps of a verdict map.</summary>
    public static IEnumerable<Statement> Verdicts(JsonElement vmap) => Read(
        vmap,
        element => NftStatement.Verdict(element) ?? throw NotUnderstoodException.At("a verdict", element),
        null);

    /// <summary>The steps of a map whose data become steps by <paramref name="shape"/>.</summary>
    /// <param name="map">The object with <c>key</c> and <c>data</c>.</param>
    /// <param name="kinds">The kinds of the data's parts.</param>
    /// <param name="shape">Makes a step of an element's data.</param>
    public static IEnumerable<Statement> Data(JsonElement map, IReadOnlyList<ValueKind> kinds, Func<ValueRange[], Statement> shape) => Read(
        map,
        element => shape(NftValue.Parts(element, kinds)),
        data => data is Statement.Data plain ? shape(plain.Parts) : data);

    private static IEnumerable<Statement> Read(JsonElement map, Func<JsonElement, Statement> result, Func<Statement, Statement>? shape)
    {
        NftWords.Check("vmap", map);
        NftKey key = NftKey.Read(NftValue.Member(map, "key"));
        JsonElement data = NftValue.Member(map, "data");
        if (data.ValueKind == JsonValueKind.String && data.GetString() is ['@', .. string name])
        {
            return key.Implied.Append(new Statement.Lookup(key.Parts, null, name, shape));
        }

        ValueKind[] kinds = [.. key.Parts.Select(part => part.Kind)];
        List<SetElement> elements = [.. Pairs(NftValue.Member(data, "set"), kinds, result)];
        return key.Implied.Append(new Statement.Lookup(key.Parts, elements, null));
    }

    /// <summary>The elements of a map. The key <c>*</c>, which stands for all others, comes last and covers everything.</summary>
    public static IEnumerable<SetElement> Pairs(JsonElement elements, IReadOnlyList<ValueKind> kinds, Func<JsonElement, Statement> result)
    {
        SetElement? rest = null;
        foreach (JsonElement pair in elements.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2)
            {
                throw NotUnderstoodException.At("a key and what it leads to", pair);
            }

            JsonElement key = NftValue.Unwrapped(pair[0]);
            if (key.ValueKind == JsonValueKind.String && key.ValueEquals("*") && kinds is [not ValueKind.InterfaceName])
            {
                rest = new SetElement([new ValueRange(0, UInt128.MaxValue)], result(pair[1]));
                continue;
            }

            yield return new SetElement(NftValue.Parts(key, kinds), result(pair[1]));
        }

        if (rest is not null)
        {
            yield return rest.Value;
        }
    }
}
