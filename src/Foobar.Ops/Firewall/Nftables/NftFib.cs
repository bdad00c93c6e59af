using System.Text.Json;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// Reads matches of routing lookups: <c>fib saddr . iif oif missing</c>, <c>fib daddr type local</c> (nft(8), FIB EXPRESSIONS).
/// </summary>
internal static class NftFib
{
    /// <summary>What is looked up, and by what.</summary>
    public static readonly Vocabulary Flags = new Vocabulary("nftables fib flag", "nft(8), nft 0.9.8 to 1.1.6")
        .Handled("saddr, daddr, iif, mark")
        .Undecided("where the packet will leave decides only after this test", "oif");

    /// <summary>What a lookup gives.</summary>
    public static readonly Vocabulary Results = new Vocabulary("nftables fib result", "nft(8), nft 0.9.8 to 1.1.6")
        .Handled("oif, oifname, type, check");

    /// <summary>The types of addresses.</summary>
    public static readonly Vocabulary AddressTypes = new Vocabulary(
        "address type",
        "nft(8), FIB_ADDRTYPE; iptables-extensions(8), addrtype; iptables 1.8.7 to 1.8.11",
        StringComparer.OrdinalIgnoreCase)
        .Handled("local, broadcast, multicast, anycast, unicast")
        .Undecided("routes of this type are not read", "unspec, blackhole, unreachable, prohibit, throw, nat, xresolve");

    /// <summary>The condition of a match.</summary>
    /// <exception cref="NotUnderstoodException">The lookup is not understood.</exception>
    public static Condition Read(JsonElement fib, string operation, JsonElement right)
    {
        NftWords.Check("fib", fib);
        string result = NftValue.Text(NftValue.Member(fib, "result"));
        IReadOnlyList<string> flags = NftWords.List(fib, "flags");
        if ((Results.Trouble(result) ?? Flags.Trouble(flags)) is { } why)
        {
            throw new NotUnderstoodException(why);
        }

        bool destination = flags.Contains("daddr");
        bool byInterface = flags.Contains("iif");
        bool negated = NftMatch.Negative(operation);
        if (result == "type")
        {
            return new Condition.AddressTypeIs(destination, Names(right), negated, byInterface);
        }

        if (Exists(right) is { } exists)
        {
            return destination
                ? throw NotUnderstoodException.At("a way back", fib)
                : new Condition.ReversePath(byInterface, exists == negated);
        }

        // By the interface the packet came in by, the answer is that interface or none.
        return !byInterface ? new Condition.RouteLeads(destination, Names(right), negated)
            : destination ? throw NotUnderstoodException.At("a way back", fib)
            : Both(new Condition.ReversePath(Strict: true, Negated: false), Arrives(Names(right)), negated);
    }

    private static Condition.Any Both(Condition.ReversePath first, Condition.In second, bool negated) =>
        new([first with { Negated = true }, second], !negated);

    // Not by one of the interfaces, for a conjunction is a negated alternative.
    private static Condition.In Arrives(IReadOnlyList<string> names) => new Condition.In(
        [new KeyPart(Spaces.PacketField.InInterface, ValueKind.InterfaceName)],
        [.. names.Select(static name => new SetElement([new ValueRange(0, 0, name)]))],
        null,
        Negated: true);

    private static string[] Names(JsonElement right) =>
        right.ValueKind == JsonValueKind.Object && right.TryGetProperty("set", out JsonElement set)
            ? [.. set.EnumerateArray().Select(NftValue.Text)]
        : right.ValueKind == JsonValueKind.Array ? [.. right.EnumerateArray().Select(NftValue.Text)]
        : [NftValue.Text(right)];

    // Written as true or false, or the other way round as another index than 0.
    private static bool? Exists(JsonElement right) => right.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => right.GetInt64() == 0 ? false : null,
        JsonValueKind.String => right.GetString() is "0" or "" or "missing" ? false : right.ValueEquals("exists") ? true : null,
        _ => null,
    };
}
