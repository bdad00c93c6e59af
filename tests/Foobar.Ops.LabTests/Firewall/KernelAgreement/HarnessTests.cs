using System.Net;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>The harness shows what the kernel does: rulesets whose effect is evident.</summary>
public sealed class HarnessTests
{
    private static readonly IPAddress Client = IPAddress.Parse("198.51.100.77");
    private static readonly IPAddress Client6 = IPAddress.Parse("2001:db8:a::77");
    private static readonly IPAddress Web = IPAddress.Parse("192.0.2.11");
    private static readonly IPAddress Web6 = IPAddress.Parse("2001:db8:b::11");

    public static TheoryData<string, string> Verdicts => new()
    {
        { "", "Delivered Delivered Sent Sent Sent Sent" },
        { "table inet t { chain c { type filter hook input priority 0; policy drop; } ; }", "Dropped Dropped Sent Sent Sent Sent" },
        { "table inet t { chain c { type filter hook forward priority 0; policy drop; } ; }", "Delivered Delivered Dropped Dropped Sent Sent" },
        { "table inet t { chain c { type filter hook output priority 0; policy drop; } ; }", "Delivered Delivered Sent Sent Dropped "
            + "Dropped" },
        { "table inet t { chain c { type filter hook prerouting priority 0; policy drop; } ; }", "Dropped Dropped Dropped Dropped Sent Sent" },
        { "table inet t { chain c { type filter hook postrouting priority 0; policy drop; } ; }", "Delivered Delivered Dropped Dropped "
            + "Dropped Dropped" },
        { "table ip t { chain c { type filter hook input priority 0; policy drop; } ; }", "Dropped Delivered Sent Sent Sent Sent" },
        { "table ip6 t { chain c { type filter hook forward priority 0; policy drop; } ; }", "Delivered Delivered Sent Dropped Sent Sent" },
        { "table inet t { chain c { type filter hook input priority 0; reject; } ; }", "Rejected Rejected Sent Sent Sent Sent" },
        { "table inet t { chain c { type filter hook forward priority 0; meta l4proto tcp reject with tcp reset; } ; }", "Delivered Delivered Rejected Rejected Sent Sent" },
        { "table inet t { chain c { type filter hook output priority 0; reject; } ; }", "Delivered Delivered Sent Sent Rejected Rejected" },
        { "table inet t { chain i { type filter hook input priority 0; reject; }; chain o { type filter hook output priority 0; policy "
            + "drop; } ; }", "Rejected Rejected Sent Sent Dropped Dropped" },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public async Task A_plain_ruleset_does_what_it_says(string ruleset, string expected)
    {
        Requirements.Check();
        Probe[] probes =
        [
            Tcp(1, "eth0", Client, SandboxNetwork.Addresses[0].Address, 22),
            Tcp(2, "eth0", Client6, SandboxNetwork.Addresses[1].Address, 22),
            Tcp(3, "eth0", Client, Web, 80),
            Tcp(4, "eth0", Client6, Web6, 80),
            Tcp(5, null, SandboxNetwork.Addresses[2].Address, Web, 80),
            Tcp(6, null, SandboxNetwork.Addresses[3].Address, Web6, 80),
        ];
        Observation[] seen = await ObserveAsync(ruleset, probes);
        Assert.Equal(expected, string.Join(' ', seen.Select(static one => one.Outcome)));
        Assert.All(seen.Where(static one => one.Outcome == Outcome.Sent), static one => Assert.Equal("eth1", one.OutInterface));
    }

    [Fact]
    public async Task Translated_addresses_and_ports_are_seen()
    {
        Requirements.Check();
        const string Ruleset = """
            table ip nat {
                chain pre {
                    type nat hook prerouting priority -100
                    tcp dport 8443 dnat to 192.0.2.12:443
                    tcp dport 2222 redirect to :22
                }
                chain post {
                    type nat hook postrouting priority 100
                    oifname "eth1" masquerade
                }
            }
            """;
        Observation[] seen = await ObserveAsync(
            Ruleset, Tcp(1, "eth0", Client, Web, 8443), Tcp(2, "eth0", Client, Web, 2222), Tcp(3, "eth0", Client, Web, 81));
        Assert.Equal(
            [
                "Sent eth1 192.0.2.1 40001 -> 192.0.2.12 443",
                "Delivered  198.51.100.77 40002 -> 198.51.100.1 22",
                "Sent eth1 192.0.2.1 40003 -> 192.0.2.11 81",
            ],
            seen.Select(static one => one.ToString()));
    }

    [Fact]
    public async Task Connection_tracking_says_of_each_probe_what_the_probe_says_of_itself()
    {
        Requirements.Check();
        Probe[] probes =
        [
            .. Enumerable.Range(1, 600)
                .Select(number => new ProbeMaker(new Random(number), new Atoms()).Make((ushort)number))
                .DistinctBy(static probe => probe.Connection),
        ];
        foreach (TrackedState state in Enum.GetValues<TrackedState>())
        {
            foreach (string direction in (string[])["original", "reply"])
            {
                string name = state.ToString().ToLowerInvariant();
                string match = state is TrackedState.Untracked or TrackedState.Invalid
                    ? $"ct state {name}"
                    : $"ct state {name} ct direction {direction}";
                string chains = string.Concat(
                    ((string[])["input", "forward", "output"])
                        .Select(hook => $"chain {hook} {{ type filter hook {hook} priority 0; policy drop; {match} accept; }};"));
                Observation[] seen = await ObserveAsync($"table inet t {{ {chains} }}", probes);
                Assert.All(probes.Zip(seen), pair =>
                {
                    bool passes = pair.First.State == state
                        && (match.EndsWith(name, StringComparison.Ordinal) || pair.First.IsReply == (direction == "reply"));
                    Assert.True(
                        passes == pair.Second.Outcome is Outcome.Delivered or Outcome.Sent, $"{match}: {pair.First} was {pair.Second}");
                });
            }
        }
    }

    private static Task<Observation[]> ObserveAsync(string ruleset, params Probe[] probes) => Sandbox.RunAsync(box =>
    {
        box.Reset(probes);
        Assert.Null(box.Load(new GeneratedRuleset { Nft = ruleset, Atoms = new Atoms() }));
        return probes.Select(box.Observe).ToArray();
    });

    private static Probe Tcp(ushort id, string? inInterface, IPAddress source, IPAddress destination, ushort port) => new()
    {
        Id = id,
        InInterface = inInterface,
        Source = source,
        Destination = destination,
        Protocol = Probe.Tcp,
        SourcePort = (ushort)(40000 + id),
        DestinationPort = port,
        TcpFlags = Probe.Syn,
    };
}
