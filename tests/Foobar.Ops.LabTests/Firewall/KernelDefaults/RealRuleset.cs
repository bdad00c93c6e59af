using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelDefaults;

/// <summary>Rulesets that other programs wrote, as the tools list them, and what probes need to meet their rules.</summary>
internal static partial class RealRuleset
{
    private static readonly Dictionary<string, byte> IcmpTypes = new()
    {
        ["echo-request"] = 8, ["nd-neighbor-solicit"] = 135, ["nd-neighbor-advert"] = 136, ["nd-router-advert"] = 134,
        ["destination-unreachable"] = 3,
    };

    /// <summary>One that was captured, by the name of its files.</summary>
    /// <param name="name">For example <c>ufw-rules</c>.</param>
    /// <param name="variant">Which iptables loads it, if it is one of iptables.</param>
    public static GeneratedRuleset Captured(string name, string variant) =>
        Of(Text($"{name}.nft"), variant, Text($"{name}.ipset"), Text($"{name}.v4"), Text($"{name}.v6"));

    /// <summary>One of nftables, or of iptables beside it.</summary>
    public static GeneratedRuleset Of(string nft, string variant = "nft", string ipset = "", string iptables = "", string ip6tables = "")
    {
        string all = string.Join('\n', nft, ipset, iptables, ip6tables);
        Atoms atoms = new();
        foreach (IPNetwork network in Address().Matches(all).Select(static match => Network(match.Value)).OfType<IPNetwork>().Distinct())
        {
            atoms.Add(network.BaseAddress, Last(network));
        }

        foreach (Match ports in Ports().Matches(all))
        {
            int[] ends =
            [
                .. Numbers()
                    .Matches(ports.Groups["ports"].Value)
                    .Select(static number => int.Parse(number.Value, CultureInfo.InvariantCulture))
                    .Where(static port => port < 65536),
            ];
            foreach (int port in ends)
            {
                atoms.AddPorts(port, port);
            }
        }

        return new GeneratedRuleset
        {
            Nft = nft,
            Variant = variant,
            Ipset = ipset,
            Iptables = iptables,
            Ip6tables = ip6tables,
            Atoms = atoms,
            Drafts = [.. Drafts(nft, null), .. Drafts(iptables, true), .. Drafts(ip6tables, false)],
        };
    }

    private static IEnumerable<ProbeDraft> Drafts(string text, bool? version4) =>
        text.Split('\n').Select(line => Draft(line.Trim(), version4)).OfType<ProbeDraft>();

    // Packets that meet a rule's matches, as far as its line tells.
    private static ProbeDraft? Draft(string line, bool? version4)
    {
        Match protocol = Protocol().Match(line);
        Match port = FirstPort().Match(line);
        ProbeDraft draft = new()
        {
            IsIpv4 = version4,
            InInterface = Interface(line, @"(?<!! )-i |iifname ""?"),
            OutInterface = Interface(line, @"(?<!! )-o |oifname ""?"),
            Source = First(line, "(?<!! )-s |saddr (?!!)"),
            Destination = First(line, "(?<!! )-d |daddr (?!!)"),
            Protocol = protocol.Success
                ? protocol.Groups["name"].Value switch { "tcp" => Probe.Tcp, "udp" => Probe.Udp, "icmp" => Probe.Icmp, _ => Probe.IcmpV6 }
                : null,
            DestinationPort = port.Success && int.Parse(port.Groups["port"].Value, CultureInfo.InvariantCulture) is var number and < 65536
                ? (ushort)number
                : null,
            IcmpType = IcmpType().Match(line) is { Success: true } type ? TypeOf(type.Groups["type"].Value) : null,
            HopLimit = line.Contains("255", StringComparison.Ordinal) && line.Contains("hl", StringComparison.Ordinal) ? (byte)255 : null,
        };
        return draft == new ProbeDraft { IsIpv4 = version4 } ? null : draft;
    }

    private static byte? TypeOf(string text) =>
        byte.TryParse(text, CultureInfo.InvariantCulture, out byte number)
            ? number
            : IcmpTypes.TryGetValue(text, out byte known) ? known : null;

    private static string? Interface(string line, string option) =>
        Regex.Match(line, $"(?:{option})(?<name>eth0|eth1|dmz0)") is { Success: true } match ? match.Groups["name"].Value : null;

    private static IPAddress? First(string line, string option) =>
        Regex.Match(line, $@"(?:{option}){{? ?(?<address>[\da-f.:]+(?:/\d+)?)") is { Success: true } match
            && Network(match.Groups["address"].Value) is { } network
            ? Last(network)
            : null;

    private static IPNetwork? Network(string text)
    {
        string[] parts = text.Split('/');
        return !IPAddress.TryParse(parts[0], out IPAddress? address)
            || !(parts[0].Contains('.', StringComparison.Ordinal) || parts[0].Contains("::", StringComparison.Ordinal))
            ? null
            : KernelSandbox.SandboxNetwork.Network(
                address, parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : address.GetAddressBytes().Length * 8);
    }

    private static IPAddress Last(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        for (int bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }

    private static string Text(string file)
    {
        using Stream? stream = typeof(RealRuleset).Assembly.GetManifestResourceStream(file);
        return stream is null ? string.Empty : new StreamReader(stream).ReadToEnd();
    }

    [GeneratedRegex(@"(?<![\w:.])(?:\d+\.\d+\.\d+\.\d+|[\da-f]*:[\da-f:]*:[\da-f]*)(?:/\d+)?(?![\w:.])")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?:dport|sport|dports|sports|to-ports?|redirect to) (?<ports>\{[^}]*\}|[\d:,-]+)|[\d\]]:(?<ports>\d+)\b")]
    private static partial Regex Ports();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"-p (?<name>tcp|udp|icmp|ipv6-icmp)|\b(?<name>tcp|udp) [ds]port|\b(?<name>icmp|icmpv6) type")]
    private static partial Regex Protocol();

    [GeneratedRegex(@"dports? (?:\{ ?)?(?<port>\d+)")]
    private static partial Regex FirstPort();

    [GeneratedRegex(@"(?:--icmp-type |--icmpv6-type |icmp type (?:\{ ?)?|icmpv6 type (?:\{ ?)?)(?<type>[\w-]+)")]
    private static partial Regex IcmpType();
}
