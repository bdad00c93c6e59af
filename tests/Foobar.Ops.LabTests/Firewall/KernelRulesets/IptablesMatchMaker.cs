using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes the matches of iptables' rules.</summary>
internal sealed class IptablesMatchMaker(Random random, ValueMaker values, bool version4, IReadOnlyList<IpsetSet> sets)
{
    /// <summary>Addresses and interfaces, each perhaps.</summary>
    public IEnumerable<string> Basics(string hook, ProbeDraft draft)
    {
        if (random.Next(4) == 0)
        {
            Span source = values.Network(version4);
            yield return Negated($"-s {source.Text}", () => draft.Source = ValueMaker.ToAddress(values.Sample(source), version4));
        }

        if (random.Next(4) == 0)
        {
            Span destination = values.Network(version4);
            yield return Negated(
                $"-d {destination.Text}", () => draft.Destination = ValueMaker.ToAddress(values.Sample(destination), version4));
        }

        if (random.Next(5) == 0 && hook is "PREROUTING" or "INPUT" or "FORWARD")
        {
            string name = Pick(SandboxNetwork.Interfaces);
            yield return Negated(random.Next(4) == 0 ? "-i eth+" : $"-i {name}", () => draft.InInterface = name);
        }

        if (random.Next(5) == 0 && hook is "FORWARD" or "OUTPUT" or "POSTROUTING")
        {
            string name = Pick(SandboxNetwork.Interfaces);
            yield return Negated(random.Next(4) == 0 ? "-o eth+" : $"-o {name}", () => draft.OutInterface = name);
        }
    }

    /// <summary>A match that fits the rule's protocol.</summary>
    public string Match(string transport, string hook, ProbeDraft draft) => transport switch
    {
        "tcp" or "udp" when random.Next(2) == 0 => Ports(transport, draft),
        "icmp" when random.Next(2) == 0 =>
            Negated($"-m icmp --icmp-type {Pick("8", "0", "echo-request", "3/1", "13")}", () => draft.IcmpType = 8),
        "ipv6-icmp" when random.Next(2) == 0 =>
            Negated($"-m icmp6 --icmpv6-type {Pick("128", "129", "1/1", "135")}", () => draft.IcmpType = 128),
        _ => Other(transport, hook, draft),
    };

    private string Ports(string transport, ProbeDraft draft)
    {
        Span port = values.Port(separator: ':');
        ushort sample = (ushort)values.Sample(port);
        return random.Next(transport == "tcp" ? 6 : 4) switch
        {
            0 => Negated($"--dport {port.Text}", () => draft.DestinationPort = sample),
            1 => Negated($"--sport {port.Text}", () => draft.SourcePort = sample),
            2 => Negated(
                $"-m multiport --dports {port.Text},{values.Port(separator: ':').Text}",
                () => draft.DestinationPort = sample, "-m multiport"),
            3 => Negated(
                $"-m multiport --ports {port.Text},{values.Port().Text.Split('-')[0]}",
                () => draft.DestinationPort = sample, "-m multiport"),
            4 => Negated("--syn", () => draft.TcpFlags = Probe.Syn),
            _ => Negated($"--tcp-flags {Pick("FIN,SYN,RST,ACK SYN", "ALL NONE", "SYN,ACK SYN,ACK", "RST RST")}", static () => { }),
        };
    }

    private string Other(string transport, string hook, ProbeDraft draft)
    {
        string mark = values.Mark().Text;
        switch (random.Next(12))
        {
            case 0 or 1:
                return $"-m conntrack {(random.Next(4) == 0 ? "! " : string.Empty)}--ctstate "
                    + $"{Pick("NEW", "ESTABLISHED,RELATED", "INVALID", "NEW,UNTRACKED", "DNAT", "SNAT,RELATED")}";
            case 2:
                return $"-m state --state {Pick("NEW", "RELATED,ESTABLISHED", "INVALID")}";
            case 3:
                return $"-m mark {Maybe()}--mark {mark}{Pick(string.Empty, "/0xff", "/0x1")}";
            case 4:
                return $"-m connmark {Maybe()}--mark {mark}{Pick(string.Empty, "/0xff")}";
            case 5:
                Span range = values.Address(version4);
                return $"-m iprange {Maybe()}--src-range "
                    + $"{ValueMaker.ToAddress(range.Low, version4)}-{ValueMaker.ToAddress(range.High, version4)}";
            case 6:
                string length = values.Length().Text.Replace('-', ':');
                return $"-m length {Maybe()}--length {length}";
            case 7:
                return version4
                    ? $"-m ttl --ttl-{Pick("eq", "lt", "gt")} {values.HopLimit().Text.Split('-')[0]}"
                    : $"-m hl --hl-{Pick("eq", "lt", "gt")} {values.HopLimit().Text.Split('-')[0]}";
            case 8:
                return hook is "PREROUTING" or "INPUT"
                    ? $"-m addrtype {Maybe()}--dst-type LOCAL"
                    : $"-m dscp {Maybe()}--dscp 0x{(int)values.Dscp().Low:x2}";
            case 9:
                return Pick(
                    "-m comment --comment \"what it is for\"", $"-m pkttype {Maybe()}--pkt-type {Pick("unicast", "multicast")}",
                    $"-m tos {Maybe()}--tos 0x10/0x3f");
            default:
                return MatchSet(transport, hook, draft);
        }
    }

    private string MatchSet(string transport, string hook, ProbeDraft draft)
    {
        IpsetSet[] usable =
        [
            .. sets.Where(set => !set.HasPort || transport is "tcp" or "udp")
                .Where(set => !set.Name.StartsWith("face", StringComparison.Ordinal) || hook is "INPUT" or "PREROUTING"),
        ];
        IpsetSet set = Pick(usable);
        string directions = string.Join(
            ',',
            Enumerable.Range(0, set.Dimensions)
                .Select(index => set.Name.StartsWith("face", StringComparison.Ordinal) && index == 1 ? "src" : Pick("src", "dst")));
        draft.HopLimit = 64;
        return $"-m set {Maybe()}--match-set {set.Name} {directions}";
    }

    private string Maybe() => random.Next(5) == 0 ? "! " : string.Empty;

    private string Negated(string match, Action meet, string module = "")
    {
        if (random.Next(6) == 0)
        {
            // The exclamation mark stands before the option, not before the module.
            return module.Length > 0 ? $"{module} !{match[module.Length..]}" : match.StartsWith("-m ", StringComparison.Ordinal)
                ? string.Join(' ', match.Split(' ')[..2].Append("!").Concat(match.Split(' ')[2..]))
                : $"! {match}";
        }

        meet();
        return match;
    }

    private T Pick<T>(params T[] list) => list[random.Next(list.Length)];
}
