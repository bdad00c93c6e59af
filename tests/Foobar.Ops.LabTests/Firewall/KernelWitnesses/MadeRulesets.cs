using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>A ruleset with something amiss, and the control that says so.</summary>
/// <param name="Control">The control.</param>
/// <param name="Findings">How many findings of it there are to replay, at least.</param>
/// <param name="Ruleset">The ruleset.</param>
/// <param name="IsNetworkFirewall">What the server is declared to be.</param>
/// <param name="NextBoot">What the next boot would load, where that differs.</param>
internal sealed record MadeRuleset(
    string Control, int Findings, GeneratedRuleset Ruleset, bool IsNetworkFirewall = false, GeneratedRuleset? NextBoot = null);

/// <summary>One ruleset for each thing that a control finds with a packet.</summary>
internal static class MadeRulesets
{
    private const string Replies = "ct state established,related accept; ct state invalid drop;";
    private const string Declared =
        "tcp dport { 80, 443 } accept; udp dport 53 accept; ip saddr 203.0.113.0/28 tcp dport 22 accept; ip saddr 192.0.2.12 tcp dport "
            + "3306 accept; ip6 saddr 2001:db8:b::12 tcp dport 3306 accept;";
    private const string Through =
        "ct state established,related accept; ip daddr 198.51.100.10 tcp dport { 80, 443 } accept; ip6 daddr 2001:db8:a::10 tcp dport { "
            + "80, 443 } accept;";

    private static readonly Dictionary<string, MadeRuleset> All = new()
    {
        ["an accept behind a jump"] = new(
            "FW-001", 1, Input($"{Replies} jump extra; {Declared}", before: "chain extra { tcp dport 8080 accept; }")),
        ["a verdict map"] = new("FW-001", 1, Input($"{Replies} tcp dport vmap {{ 6379 : accept, 11211 : accept }}; {Declared}")),
        ["a set element too wide"] = new(
            "FW-001", 1,
            Input(
                $"{Replies} ip saddr @operators tcp dport 22 accept; {Declared}",
                before: "set operators { type ipv4_addr; flags interval; elements = { 203.0.113.0/26 }; }")),
        ["an accept under a limit"] = new("FW-001", 1, Input($"{Replies} tcp dport 8080 limit rate 3/minute accept; {Declared}")),
        ["a mark that anybody gets"] = new(
            "FW-001", 1,
            Input(
                $"{Replies} meta mark 0x53 accept; {Declared}",
                before: "chain marks { type filter hook prerouting priority mangle; udp sport 53 meta mark set 0x53; }")),
        ["what takes no first packet"] = new(
            "FW-001", 1,
            Input(
                $"{Replies} tcp flags & (fin | syn | rst | ack) == ack tcp dport 8080 accept; ip ttl 255 tcp dport 8081 accept; "
                    + $"{Declared}")),
        ["an accept of what is invalid"] = new(
            "FW-001", 1, Input($"ct state established,related accept; ct state invalid accept; {Declared}")),
        ["an accept of segments without SYN and ACK"] = new(
            "FW-001", 1, Input($"ct state established,related accept; tcp flags & (syn | ack) == 0 accept; {Declared}")),
        ["segments let through that begin nothing"] = new(
            "FW-001", 1, Input($"{Replies} {Declared}", forward: $"ct state invalid accept; {Through}"), true),
        ["ports open by a mark"] = new(
            "FW-001", 2,
            Input(
                $"{Replies} meta mark 42 tcp dport 8080 accept; meta mark 42 tcp dport 8081 accept; {Declared}",
                before: "chain marks { type filter hook prerouting priority mangle; meta mark set 42; }")),
        ["a limit that only drops"] = new(
            "FW-001", 1, Input($"{Replies} limit rate over 3000/second drop; tcp dport 8080 accept; {Declared}")),
        ["a port let through"] = new("FW-001", 1, Input($"{Replies} {Declared}", forward: $"tcp dport 3306 accept; {Through}"), true),
        ["a flow forgotten"] = new("FW-002", 2, Input($"{Replies} tcp dport {{ 80, 443 }} accept; udp dport 53 accept;")),
        ["a drop before the accept"] = new("FW-002", 1, Input($"{Replies} tcp dport 443 drop; ip6 nexthdr udp reject; {Declared}")),
        ["visitors not let through"] = new(
            "FW-002", 1, Input($"{Replies} {Declared}", forward: "ct state established,related accept; tcp dport 443 accept"), true),
        ["a port open over IPv6"] = new("FW-003", 1, Input($"{Replies} meta nfproto ipv6 tcp dport 9200 accept; {Declared}")),
        ["a default of accept"] = new("FW-004", 1, Input($"{Replies} {Declared}", policy: "accept")),
        ["a forward chain that accepts"] = new("FW-004", 1, Input($"{Replies} {Declared}", forwardPolicy: "accept")),
        ["no chain at all"] = new("FW-004", 2, Nft("table inet other { }")),
        ["no replies"] = new("FW-005", 4, Input(Declared)),
        ["no errors about connections"] = new("FW-005", 2, Input($"ct state established accept; {Declared}")),
        ["a drop that comes too late"] = new("FW-006", 1, Input($"{Replies} {Declared} tcp dport 443 drop;")),
        ["a rule that later ones make needless"] = new("FW-006", 1, Input($"{Replies} tcp dport 80 accept; {Declared}")),
        ["a drop in a chain that is reached too late"] = new(
            "FW-006", 1,
            Input(
                $"{Replies} {Declared} jump late;",
                before: "chain late { ip saddr 198.18.0.0/15 drop; ip saddr 198.18.0.0/16 tcp dport 25 drop; }")),
        ["matches that exclude each other"] = new("FW-007", 1, Input($"{Replies} tcp dport 80 tcp dport 81 accept; {Declared}")),
        ["an empty set"] = new(
            "FW-007", 1, Input($"{Replies} ip saddr @blocked drop; {Declared}", before: "set blocked { type ipv4_addr; }")),
        ["a chain that nothing leads to"] = new(
            "FW-007", 1, Input($"{Replies} {Declared}", before: "chain scanners { ip saddr 198.18.0.0/15 drop; }")),
        ["a next boot that opens"] = new(
            "FW-008", 1, Input($"{Replies} {Declared}"), NextBoot: Input($"{Replies} tcp dport 8443 accept; {Declared}")),
        ["a next boot that closes"] = new(
            "FW-008", 1, Input($"{Replies} {Declared}"), NextBoot: Input($"{Replies} tcp dport 443 drop; {Declared}")),
        ["a next boot that lets through"] = new(
            "FW-008", 1, Input($"{Replies} {Declared}", forward: Through), true,
            Input($"{Replies} {Declared}", forward: $"{Through} ip ttl 63 udp dport 53 accept;")),
        ["a next boot that sends less"] = new(
            "FW-008", 1, Input($"{Replies} {Declared}"),
            NextBoot: Nft(
                $"{Input($"{Replies} {Declared}").Nft}\ntable inet out {{\n chain o {{\n type filter hook output priority filter; tcp "
                    + "dport 25 reject;\n }\n }\n")),
        ["a next boot without rules"] = new("FW-008", 2, Input($"{Replies} {Declared}"), NextBoot: Nft("table inet other { }")),
        ["SSH open"] = new("FW-010", 1, Input($"{Replies} tcp dport 22 accept; {Declared}")),
        ["the database open over IPv6"] = new("FW-010", 1, Input($"{Replies} ip6 hoplimit 1-255 tcp dport 3306 accept; {Declared}")),
        ["a server that forwards"] = new(
            "FW-011", 2, Input($"{Replies} {Declared}", forward: "tcp dport { 25, 587 } accept; meta l4proto udp accept")),
        ["a published container port"] = new(
            "FW-012", 1,
            Input(
                $"{Replies} {Declared}", forward: "ct status dnat accept",
                before: "chain nat { type nat hook prerouting priority dstnat; meta nfproto ipv4 tcp dport 8081 dnat ip to 192.0.2.77:80; }")),
        ["a translation over IPv6"] = new(
            "FW-012", 1,
            Input(
                $"{Replies} {Declared}",
                forward: "ip6 daddr 2001:db8:b::77 tcp dport 5432 accept",
                before: "chain nat { type nat hook prerouting priority dstnat; meta nfproto ipv6 tcp dport 8081 dnat ip6 to "
                    + "[2001:db8:b::77]:5432; }")),
        ["a translation on the network firewall"] = new(
            "FW-012", 1,
            Input(
                $"{Replies} {Declared}", forward: $"{Through} ct status dnat accept",
                before: "chain nat { type nat hook prerouting priority dstnat; meta nfproto ipv4 tcp dport 2222 dnat ip to "
                    + "198.51.100.10:22; }"),
            true),
        ["a drop of legacy iptables"] = new(
            "FW-002", 1,
            Input($"{Replies} {Declared}") with
            {
                Variant = "legacy",
                Iptables = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -p tcp --dport 443 -j DROP\nCOMMIT\n",
            }),
        ["an address that is trusted by every interface"] = new(
            "FW-017", 2, Input($"{Replies} ip saddr 192.0.2.12 tcp dport 3306 accept; iifname eth1 tcp dport 443 accept")),
        ["a forged source let through"] = new(
            "FW-017", 1, Input($"{Replies} {Declared}", forward: "ip saddr 192.0.2.12 tcp dport 80 accept"), true),
        ["an accept of iptables"] = new(
            "FW-010", 1,
            new GeneratedRuleset
            {
                Atoms = new Atoms(),
                Variant = "nft",
                Iptables =
                    "*filter\n:INPUT DROP\n:FORWARD DROP\n:OUTPUT ACCEPT\n:late - [0:0]\n"
                        + "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"
                        + "-A INPUT -p tcp -m multiport --dports 25,3306 -j late\n-A late ! -s 192.0.2.0/24 -j ACCEPT\nCOMMIT\n",
            }),
    };

    /// <summary>Their names.</summary>
    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>The one of a name.</summary>
    public static MadeRuleset Find(string name) => All[name];

    private static GeneratedRuleset Nft(string text) => new() { Nft = text, Atoms = new Atoms() };

    private static GeneratedRuleset Input(
        string rules, string forward = "", string before = "", string policy = "drop", string forwardPolicy = "drop") => Nft($$"""
        table inet filter {
            {{before}}
            chain input {
                type filter hook input priority filter; policy {{policy}}; {{rules}}
            }
            chain forward {
                type filter hook forward priority filter; policy {{forwardPolicy}}; {{forward}}
            }
        }
        """);
}
