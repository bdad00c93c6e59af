using System.Globalization;
using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes the rules of one table.</summary>
internal sealed class NftRuleMaker(
    Random random,
    ValueMaker values,
    string family,
    IReadOnlyList<NftChain> chains,
    IReadOnlyList<NftNamedSet> sets,
    List<ProbeDraft> drafts)
{
    private readonly NftMatchMaker _matches = new(random, values, sets);

    /// <summary>A rule for a chain.</summary>
    public string Rule(NftChain chain)
    {
        RuleScope scope = Scope(chain);
        ProbeDraft draft = new() { IsIpv4 = scope.Version == 0 ? null : scope.Version == 4 };
        List<string> parts = [];
        if (scope.Transport == "th")
        {
            parts.Add("meta l4proto { tcp, udp }");
            draft.Protocol = Probe.Tcp;
        }

        for (int count = random.Next(random.Next(6) == 0 ? 1 : 4); count > 0; count--)
        {
            parts.Add(_matches.Match(scope, draft));
        }

        if (random.Next(4) == 0)
        {
            parts.Add("counter");
        }

        parts.AddRange(Effects(scope, chain, parts));
        if (random.Next(8) == 0)
        {
            parts.Add("comment \"flow of some kind\"");
        }

        drafts.Add(draft with { });
        return parts.Count == 0 ? "counter" : string.Join(' ', parts);
    }

    /// <summary>How the table declares a set or a verdict map.</summary>
    public string Declaration(NftNamedSet set)
    {
        string kind = set.Verdicts is null ? "set" : "map";
        string type = set.Verdicts is null ? set.Type : $"{set.Type} : verdict";
        string[] words = [.. set.Type == "mark" ? [] : (string[])["interval"], .. random.Next(3) == 0 ? (string[])["constant"] : []];
        string flags = words.Length == 0 ? string.Empty : $"    flags {string.Join(", ", words)}\n";
        IEnumerable<string> elements = set.Elements.Select(
            element =>
                set.Verdicts is { } room
                    ? $"{element.Text} : {Verdict(new NftChain(string.Empty, room, string.Empty, string.Empty, 0), mapped: true)}"
                    : element.Text);
        return $"  {kind} {set.Name} {{\n    type {type}\n{flags}    elements = {{ {string.Join(", ", elements)} }}\n  }}\n";
    }

    private RuleScope Scope(NftChain chain)
    {
        int version = family switch
        {
            "ip" => 4,
            "ip6" => 6,
            _ => Pick([0, 4, 4, 6, 6]),
        };
        string transport = Pick(["", "", "tcp", "tcp", "tcp", "udp", "th", version == 0 ? "" : "icmp"]);
        return new RuleScope(version, transport, chain.Hook);
    }

    private IEnumerable<string> Effects(RuleScope scope, NftChain chain, List<string> parts)
    {
        // A port can only be translated where the rule has looked into the transport header before.
        bool named = parts.Any(static part => part.StartsWith("meta l4proto { tcp, udp }", StringComparison.Ordinal)
            || ((string[])["tcp dport", "tcp sport", "tcp flags", "udp dport", "udp sport"])
                .Any(key => part.Contains(key, StringComparison.Ordinal)));
        if (random.Next(4) == 0)
        {
            yield return Mangle(scope);
        }

        switch (chain.Room)
        {
            case Room.DestinationNat when random.Next(3) > 0:
                yield return NftTranslations.Destination(random, values, family, scope.Version, named);
                break;
            case Room.SourceNat when random.Next(3) > 0:
                yield return NftTranslations.Source(random, values, family, scope.Version, named, chain.Hook == "postrouting");
                break;
            case Room.Raw when random.Next(3) == 0:
                yield return "notrack";
                break;
            default:
                yield return random.Next(4) == 0
                    ? _matches.VerdictMap(scope, chain, mapped => Verdict(mapped, mapped: true))
                    : Verdict(chain, mapped: false);
                break;
        }
    }

    private string Mangle(RuleScope scope) => random.Next(scope.Transport is "tcp" or "udp" ? 9 : 8) switch
    {
        0 or 1 => $"meta mark set {values.Mark().Text}",
        2 => $"meta mark set meta mark | {values.Mark().Text}",
        3 => $"meta mark set meta mark & {values.Mark().Text}",
        4 => $"meta mark set meta mark ^ {values.Mark().Text}",
        5 => "meta mark set ct mark",
        6 => "ct mark set meta mark",
        7 => $"ct mark set {values.Mark().Text}",
        _ =>
            $"meta mark set {scope.Transport} dport map {{ "
                + $"{string.Join(", ", values.Disjoint(() => values.Port(), 3).Select(port => $"{port.Text} : {values.Mark().Text}"))} }}",
    };

    private string Verdict(NftChain chain, bool mapped)
    {
        NftChain[] targets = [.. chains.Where(other => other.Room == chain.Room && other.Header.Length == 0 && other.Order > chain.Order)];
        if (targets.Length > 0 && random.Next(2) == 0)
        {
            return $"{Pick(["jump", "jump", "goto"])} {Pick(targets).Name}";
        }

        return chain.Room == Room.Filter
            ? Pick(["accept", "accept", "accept", "drop", "drop", "return", "continue", mapped ? "drop" : Rejection()])
            : Pick(["accept", "accept", "return", "continue", random.Next(3) == 0 ? "drop" : "return"]);
    }

    private string Rejection() => Pick(["reject", family switch
    {
        "ip" => "reject with icmp type admin-prohibited",
        "ip6" => "reject with icmpv6 type port-unreachable",
        _ => "reject with icmpx type admin-prohibited",
    }]);

    private T Pick<T>(params T[] list) => list[random.Next(list.Length)];
}
