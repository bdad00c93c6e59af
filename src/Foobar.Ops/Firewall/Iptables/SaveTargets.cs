using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Reads what a rule does: iptables' verdicts and the targets of iptables-extensions(8).</summary>
internal static class SaveTargets
{
    /// <summary>The steps of a target with its options.</summary>
    /// <param name="name">The target, or a chain.</param>
    /// <param name="words">What follows it.</param>
    /// <param name="family">4 or 6.</param>
    /// <param name="chains">The chains of the table.</param>
    /// <param name="sets">The ipsets.</param>
    public static IReadOnlyList<Statement> Read(
        string name,
        SaveTokens words,
        int family,
        IReadOnlySet<string> chains,
        IReadOnlyDictionary<string, NamedSet> sets)
    {
        Dictionary<string, string> options = Options(words);
        return name switch
        {
            "ACCEPT" => [new Statement.Verdict(VerdictKind.Accept)],
            "DROP" => [new Statement.Verdict(VerdictKind.Drop)],
            "REJECT" => [new Statement.Verdict(VerdictKind.Reject)],
            "RETURN" => [new Statement.Verdict(VerdictKind.Return)],
            "QUEUE" or "NFQUEUE" => [new Statement.Verdict(VerdictKind.Queue)],
            "MARK" => [Mark(PacketField.Mark, options, family)],
            "CONNMARK" => ConnectionMark(options, family),
            "DNAT" => [Nat(NatKind.Destination, options.GetValueOrDefault("--to-destination"), family)],
            "SNAT" => [Nat(NatKind.Source, options.GetValueOrDefault("--to-source"), family)],
            "MASQUERADE" => [Nat(NatKind.Masquerade, Ports(options), family)],
            "REDIRECT" => [Nat(NatKind.Redirect, Ports(options), family)],
            "NOTRACK" => [new Statement.NoTrack()],
            "CT" => [options.ContainsKey("--notrack") ? new Statement.NoTrack() : new Statement.NoEffect("CT")],
            "TOS" or "DSCP" => [new Statement.AssignUnknown(PacketField.TrafficClass, $"target {name}")],
            "TTL" or "HL" => [new Statement.AssignUnknown(PacketField.HopLimit, $"target {name}")],
            _ when chains.Contains(name) => [new Statement.Verdict(VerdictKind.Jump, name)],
            "SET" => [.. Set(options, family, sets)],
            _ when SaveWords.Targets.Trouble(name) is { } why => [new Statement.UnknownEffect(why)],
            _ => [new Statement.NoEffect(name)],
        };
    }

    // A set's own fields can be given to the packet (--map-set): a mark or a priority that is not known here.
    private static IEnumerable<Statement> Set(Dictionary<string, string> options, int family, IReadOnlyDictionary<string, NamedSet> sets)
    {
        foreach ((string option, string value) in options)
        {
            string[] words = value.Split(' ');
            if (option == "--add-set" && words.Length > 1)
            {
                IReadOnlyList<KeyPart>? key = sets.TryGetValue(words[0], out NamedSet? set) && set.Kinds is { } kinds
                    ? IpsetMatch.Key(family, kinds, words[1].Split(','))
                    : null;
                yield return new Statement.Fill(words[0], key);
            }
            else if (option == "--map-set")
            {
                yield return new Statement.AssignUnknown(PacketField.Mark, "SET --map-set");
            }
        }
    }

    private static string? Ports(Dictionary<string, string> options) =>
        options.TryGetValue("--to-ports", out string? ports) || options.TryGetValue("--to-port", out ports) ? $":{ports}" : null;

    // Options are "--name", each with the words up to the next one.
    private static Dictionary<string, string> Options(SaveTokens words)
    {
        Dictionary<string, string> options = [];
        while (words.More)
        {
            string option = words.Take();
            List<string> values = [];
            while (words.More && !words.Peek.StartsWith("--", StringComparison.Ordinal))
            {
                values.Add(words.Take());
            }

            options[option] = string.Join(' ', values);
        }

        return options;
    }

    private static Statement.Assign Mark(PacketField field, Dictionary<string, string> options, int family)
    {
        foreach ((string option, string value) in options)
        {
            switch (option)
            {
                case "--set-xmark":
                    (UInt128 flip, UInt128 cleared) = SaveValue.Masked(value, uint.MaxValue);
                    return new Statement.Assign(field, ~cleared & uint.MaxValue, flip);
                case "--set-mark":
                    (UInt128 set, UInt128 mask) = SaveValue.Masked(value, uint.MaxValue);
                    return new Statement.Assign(field, ~(set | mask) & uint.MaxValue, set);
                case "--and-mark":
                    return new Statement.Assign(field, SaveValue.Number(value), 0);
                case "--or-mark":
                    return new Statement.Assign(field, ~SaveValue.Number(value) & uint.MaxValue, SaveValue.Number(value));
                case "--xor-mark":
                    return new Statement.Assign(field, uint.MaxValue, SaveValue.Number(value));
            }
        }

        throw new FormatException($"an operation on a mark expected in IPv{family} rule");
    }

    // Of a packet without a connection nothing is saved and nothing restored (xt_connmark.c, connmark_tg_shift).
    private static Statement[] ConnectionMark(Dictionary<string, string> options, int family)
    {
        UInt128 ofPacket = Mask("--nfmask");
        UInt128 ofConnection = Mask("--ctmask");
        return options.ContainsKey("--save-mark")
                ? [
                    Guards.Tracked,
                    new Statement.Copy(PacketField.Mark, PacketField.ConnectionMark, ofPacket, 0, ~ofConnection & uint.MaxValue),
                ]
            : options.ContainsKey("--restore-mark")
                ? [
                    Guards.Tracked,
                    new Statement.Copy(PacketField.ConnectionMark, PacketField.Mark, ofConnection, 0, ~ofPacket & uint.MaxValue),
                ]
            : [Mark(PacketField.ConnectionMark, options, family)];

        UInt128 Mask(string option) =>
            options.TryGetValue(option, out string? value) || options.TryGetValue("--mask", out value)
                ? SaveValue.Number(value)
                : uint.MaxValue;
    }

    private static Statement.Nat Nat(NatKind kind, string? to, int family)
    {
        if (to is null)
        {
            return kind is NatKind.Masquerade or NatKind.Redirect
                ? new Statement.Nat(kind, family, null, null)
                : throw new FormatException("an address to translate to expected");
        }

        (ValueRange? address, ValueRange? port) = SaveValue.Translation(to, to.StartsWith(':') ? PacketValues.Ipv4 : family);
        return new Statement.Nat(kind, family, address, port);
    }
}
