using System.Globalization;
using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes the matches and verdict maps of nftables' rules.</summary>
internal sealed class NftMatchMaker(Random random, ValueMaker values, IReadOnlyList<NftNamedSet> sets)
{
    /// <summary>A match of a scope; the draft then meets it, where one probe can meet all of a rule's.</summary>
    public string Match(RuleScope scope, ProbeDraft draft)
    {
        if (random.Next(12) == 0)
        {
            return Special(scope, draft);
        }

        NftKey[] keys = [.. NftKeys.For(scope, values)];
        NftKey key = Pick(keys);
        if (random.Next(8) == 0 && Partner(keys, key) is { } partner)
        {
            return Concatenation(key, partner, draft);
        }

        string negation = key.CanNegate && random.Next(6) == 0 ? "!= " : string.Empty;
        NftNamedSet[] named = [.. sets.Where(set => set.Type == key.SetType && set.Verdicts is null)];
        if (named.Length > 0 && random.Next(2) == 0)
        {
            NftNamedSet set = Pick(named);
            Meet(key, draft, negation, set.Elements);
            return $"{key.Expression} {negation}@{set.Name}";
        }

        if (key.SetType is not null && random.Next(3) == 0)
        {
            List<Span> elements = values.Disjoint(() => WithoutWildcard(key, single: false), 5);
            Meet(key, draft, negation, elements);
            return $"{key.Expression} {negation}{{ {string.Join(", ", elements.Select(static element => element.Text))} }}";
        }

        Span value = key.Make(!key.HasRanges);
        Meet(key, draft, negation, [value]);
        return $"{key.Expression} {negation}{value.Text}";
    }

    /// <summary>A verdict map, written in the rule or named.</summary>
    public string VerdictMap(RuleScope scope, NftChain chain, Func<NftChain, string> verdict)
    {
        NftKey[] keys = [.. NftKeys.For(scope, values).Where(static key => key.SetType is not null || key.Expression == "ct state")];
        NftKey key = Pick(keys);
        NftNamedSet[] named = [.. sets.Where(set => set.Type == key.SetType && set.Verdicts == chain.Room)];
        if (named.Length > 0 && chain.Order == 0 && random.Next(2) == 0)
        {
            return $"{key.Expression} vmap @{Pick(named).Name}";
        }

        if (random.Next(4) == 0 && Partner(keys, key) is { } partner)
        {
            IEnumerable<string> pairs = values.Disjoint(() => WithoutWildcard(key, single: true), 3)
                .Select(first => $"{first.Text} . {WithoutWildcard(partner, single: true).Text} : {verdict(chain)}");
            return $"{key.Expression} . {partner.Expression} vmap {{ {string.Join(", ", pairs)} }}";
        }

        IEnumerable<string> elements = values.Disjoint(() => WithoutWildcard(key, single: key.SetType is null), 4)
            .Select(element => $"{element.Text} : {verdict(chain)}");
        return $"{key.Expression} vmap {{ {string.Join(", ", elements)} }}";
    }

    private string Special(RuleScope scope, ProbeDraft draft)
    {
        string mark = values.Mark().Text;
        return scope.Transport == "tcp" && random.Next(2) == 0
            ? Pick([
                "tcp flags & (syn | ack) == syn",
                "tcp flags syn",
                "tcp flags & (fin | syn | rst | ack) == syn",
                "tcp flags & (syn | rst) != 0x0",
                "tcp flags { syn, ack, syn | ack }",
                "tcp flags != syn",
            ])
            : random.Next(16) switch
            {
                6 when scope.Transport == "tcp" => $"meta l4proto tcp ct original proto-dst {values.Port(single: true).Text}",
                7 when scope.Version == 4 => $"ct original ip saddr {values.Address(true, single: true).Text}",
                7 when scope.Version == 6 => $"ct original ip6 daddr {values.Address(false, single: true).Text}",
                8 when scope.Version == 4 => $"ct original ip daddr {values.Address(true, single: true).Text}",
                9 when scope.Hook is "prerouting" or "input" => "fib daddr . iif type local",
                10 when scope.Hook is "prerouting" or "input" or "forward" => "fib saddr oif eth0",
                11 when scope.Hook is "prerouting" or "input" => "fib saddr . mark . iif oifname \"eth0\"",
                12 when scope.Transport == "udp" => $"meta l4proto udp ct original proto-src {values.Port(single: true).Text}",
                13 when scope.Version == 6 => $"ct original ip6 saddr {values.Address(false, single: true).Text}",
                14 when scope.Transport.Length == 0 => $"ct protocol {Pick(["tcp", "udp", "icmp"])}",
                14 when scope.Transport is "tcp" or "udp" => $"ct protocol {scope.Transport}",
                15 => $"ct l3proto {(scope.Version == 6 ? "ipv6" : "ipv4")}",
                10 or 11 when scope.Version == 6 => $"ip6 nexthdr {random.Next(2) * 60}",
                0 => $"meta mark & 0xff == {mark}",
                1 => $"ct mark & 0xff != {mark}",
                2 => "ct state { new, established }",
                3 => "ct state new,related",
                4 => "ct status & dnat != 0x0",
                5 => "fib daddr type local",
                _ => scope.Version == 4 ? Masked(draft) : "ct state != invalid",
            };
    }

    private static string Masked(ProbeDraft draft)
    {
        draft.Source = System.Net.IPAddress.Parse("192.0.2.77");
        return "ip saddr & 255.255.0.255 == 192.0.0.77";
    }

    private string Concatenation(NftKey first, NftKey second, ProbeDraft draft)
    {
        bool ranges = random.Next(2) == 0;
        List<(Span First, Span Second)> elements =
        [
            .. values.Disjoint(() => WithoutWildcard(first, !ranges), 4).Select(span => (span, WithoutWildcard(second, !ranges))),
        ];
        (Span one, Span two) = Pick(elements);
        first.Meet(draft, values.Sample(one));
        second.Meet(draft, values.Sample(two));
        return $"{first.Expression} . {second.Expression} {(random.Next(8) == 0 ? "!= " : string.Empty)}{{ "
            + $"{string.Join(", ", elements.Select(static pair => $"{pair.First.Text} . {pair.Second.Text}"))} }}";
    }

    private NftKey? Partner(NftKey[] keys, NftKey key)
    {
        NftKey[] others = [.. keys.Where(other => other.SetType is not null && other.Expression != key.Expression)];
        return key.SetType is null || others.Length == 0 ? null : Pick(others);
    }

    private void Meet(NftKey key, ProbeDraft draft, string negation, IReadOnlyList<Span> elements)
    {
        if (negation.Length == 0)
        {
            key.Meet(draft, values.Sample(Pick(elements)));
        }
    }

    // A name with a star can stand alone, but not beside others in a set.
    private static Span WithoutWildcard(NftKey key, bool single)
    {
        Span span = key.Make(single || !key.HasRanges);
        while (span.Text.Contains('*', StringComparison.Ordinal))
        {
            span = key.Make(single || !key.HasRanges);
        }

        return span;
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
}
