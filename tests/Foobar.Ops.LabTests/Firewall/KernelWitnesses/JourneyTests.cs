using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.Operations.FirewallChange;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>
/// The packet of a finding about a way through several servers does in their kernels, one after the other, what the finding says.
/// </summary>
public sealed class JourneyTests(ITestOutputHelper output)
{
    private const string Answers = "ct state established,related accept; ct state invalid drop;";
    private const string Through =
        "ct state established,related accept; ip daddr 198.51.100.10 tcp dport { 80, 443 } accept; ip6 daddr 2001:db8:a::10 tcp dport { "
            + "80, 443 } accept; ip saddr 203.0.113.7 ip daddr 198.51.100.10 tcp dport 22 accept;";
    private const string AtBalancer = $"{Answers} iifname public tcp dport {{ 80, 443 }} accept; ip saddr 203.0.113.7 tcp dport 22 accept;";
    private const string AtFirst =
        $"{Answers} ip saddr 192.0.2.12 tcp dport 3306 accept; ip6 saddr 2001:db8:b::12 tcp dport 3306 accept; ip saddr 192.0.2.10 tcp "
            + "dport 80 accept; ip6 saddr 2001:db8:b::10 tcp dport 80 accept;";
    private const string AtSecond =
        $"{Answers} ip saddr 192.0.2.11 tcp dport 3306 accept; ip6 saddr 2001:db8:b::11 tcp dport 3306 accept; ip saddr 192.0.2.10 tcp "
            + "dport 80 accept; ip6 saddr 2001:db8:b::10 tcp dport 80 accept;";

    [Fact]
    public Task What_is_as_declared_gives_no_finding() => CheckAsync(string.Empty, Servers());

    [Theory]
    [InlineData("")]
    [InlineData("tcp dport 80 accept;")]
    public Task Visitors_are_stopped_where_the_finding_says(string rest) =>
        CheckAsync(
            "FW-014",
            Servers(
                wall: Table(
                    "", $"ct state established,related accept; {rest} ip saddr 203.0.113.7 ip daddr 198.51.100.10 tcp dport 22 accept;")));

    [Fact]
    public Task Visitors_are_stopped_behind_the_network_firewall() =>
        CheckAsync(
            "FW-014", Servers(balancer: Table($"{Answers} iifname public tcp dport 80 accept; ip saddr 203.0.113.7 tcp dport 22 accept;")));

    [Fact]
    public Task A_sender_lets_nothing_out() =>
        CheckAsync(
            "FW-014",
            Servers(
                first: Table(AtFirst, output: "ip daddr 192.0.2.12 tcp dport 3306 drop; ip6 daddr 2001:db8:b::12 tcp dport 3306 reject;")));

    [Fact]
    public Task A_translation_hides_where_visitors_go() =>
        CheckAsync("FW-015", Servers(wall: Table("", $"ct status dnat accept; {Through}") + """
            table ip hidden {
                chain before {
                    type nat hook prerouting priority dstnat
                    ip daddr 198.51.100.10 tcp dport 80 dnat to 198.51.100.10:22
                }
                chain after {
                    type nat hook postrouting priority srcnat
                    ct status dnat snat to 203.0.113.7
                }
            }

            """));

    [Fact]
    public Task A_published_port_leads_through_three_servers() => CheckAsync("FW-015", Servers(
        balancer: Table(AtBalancer, "ct status dnat accept;") + """
            table inet published {
                chain before {
                    type nat hook prerouting priority dstnat
                    meta nfproto ipv4 tcp dport 443 dnat ip to 192.0.2.11:3306
                }
                chain after {
                    type nat hook postrouting priority srcnat
                    meta nfproto ipv4 oifname internal snat ip to 192.0.2.12
                }
            }

            """));

    [Fact]
    public Task The_other_primary_would_not_be_reached() =>
        CheckAsync(
            "FW-016",
            Servers(second: Table($"{Answers} ip saddr 192.0.2.10 tcp dport 80 accept; ip6 saddr 2001:db8:b::10 tcp dport 80 accept;")));

    /// <summary>The rulesets that Set-FoobarFirewall makes of the policy: what it names comes through, and nothing else is open.</summary>
    [Fact]
    public async Task A_policy_s_rulesets_let_through_what_it_names_and_nothing_else()
    {
        JourneyServer[] servers = MadeOfPolicy();
        await CheckAsync(string.Empty, servers);
        foreach (JourneyServer server in servers)
        {
            Assert.Empty(await OpeningsAsync(server, MakeSite(servers)));
        }
    }

    [Fact]
    public async Task What_would_open_more_than_the_policy_names_is_foretold()
    {
        JourneyServer[] servers = MadeOfPolicy();
        JourneyServer balancer = servers[1];
        Assert.Contains("198.51.100.10", Assert.Single(await OpeningsAsync(AnyWay(balancer), MakeSite(servers))), StringComparison.Ordinal);
        JourneyServer open = balancer with
        {
            Rules = balancer.Rules.Replace("tcp dport { 80, 443 } accept", "tcp dport { 80, 443, 8404 } accept", StringComparison.Ordinal),
        };
        Assert.Contains("8404", Assert.Single(await OpeningsAsync(open, MakeSite(servers))), StringComparison.Ordinal);
    }

    /// <summary>The operator's address comes by the way that leads to the operator, or is forged.</summary>
    [Fact]
    public async Task A_forged_source_is_dropped_by_the_kernel()
    {
        JourneyServer balancer = MadeOfPolicy()[1];
        Assert.Equal(Outcome.Delivered, await TryAsync(balancer, "public"));
        Assert.Equal(Outcome.Dropped, await TryAsync(balancer, "internal"));
        Assert.Equal(Outcome.Delivered, await TryAsync(AnyWay(balancer), "internal"));
    }

    // Without the interfaces and the test of the way back.
    private static JourneyServer AnyWay(JourneyServer server) => server with
    {
        Rules = string.Join('\n', server.Rules.Split('\n').Where(static line => !line.Contains("fib saddr", StringComparison.Ordinal))
            .Select(static line => System.Text.RegularExpressions.Regex.Replace(line, "iifname (\"[^\"]*\"|\\{[^}]*\\}) ", string.Empty))),
    };

    private static async Task<Outcome> TryAsync(JourneyServer server, string entry) =>
        await JourneyReplay.InSandbox(server, box => box.Observe(new Probe
    {
        Id = 1,
        InInterface = entry,
        Source = IPAddress.Parse("203.0.113.7"),
        Destination = IPAddress.Parse("198.51.100.10"),
        Protocol = Probe.Tcp,
        SourcePort = 40000,
        DestinationPort = 22,
        TcpFlags = Probe.Syn,
    }).Outcome);

    private static JourneyServer[] MadeOfPolicy()
    {
        JourneyServer[] servers = Servers();
        Site site = MakeSite(servers);
        return
        [
            .. servers.Select(
                server => server with
                {
                    Rules = PolicyRuleset.Render(site, server.Server, LoadedRuleset.NetworkOf(server.Host))
                        .Replace("flush ruleset", string.Empty, StringComparison.Ordinal),
                }),
        ];
    }

    private static Task<string[]> OpeningsAsync(JourneyServer server, Site site) => JourneyReplay.InSandbox(server, _ =>
    {
        RulesetText loaded = LoadedRuleset.Text(server.Ruleset);
        ChangeTarget target = new()
        {
            Server = server.Server,
            Id = "test",
            NewRuleset = server.Rules,
            After = loaded.Parse(),
            Facts = WitnessSite.Facts(loaded) with { Network = Reading.Of(LoadedRuleset.NetworkOf(server.Host)) },
        };
        return (string[])[.. OpeningForecast.Openings(site, [target])];
    });

    private async Task CheckAsync(string control, JourneyServer[] servers)
    {
        Requirements.Check();
        ReplayReport report = await JourneyReplay.RunAsync(control, MakeSite(servers), servers);
        output.WriteLine(report.ToString());
        Assert.True(report.Failures.Count == 0, string.Join("\n----\n", report.Failures));
        Assert.True(control.Length > 0 ? report.Of(control) > 0 : report.Replayed == 0, report.ToString());
    }

    private static JourneyServer[] Servers(string? wall = null, string? balancer = null, string? first = null, string? second = null) =>
    [
        Make(
            "fw-01", [Role.NetworkFirewall], wall ?? Table("", Through), "outside 203.0.113.254 2001:db8:c::fe",
            "outside 203.0.113.1 2001:db8:c::1", "public 198.51.100.1 2001:db8:a::1"),
        Make(
            "lb-01", [Role.LoadBalancer], balancer ?? Table(AtBalancer), "public 198.51.100.1 2001:db8:a::1",
            "public 198.51.100.10 2001:db8:a::10", "internal 192.0.2.10 2001:db8:b::10"),
        Make("web-01", [Role.Web, Role.Database], first ?? Table(AtFirst), null, "internal 192.0.2.11 2001:db8:b::11"),
        Make("web-02", [Role.Web, Role.Database], second ?? Table(AtSecond), null, "internal 192.0.2.12 2001:db8:b::12"),
    ];

    private static JourneyServer Make(string name, Role[] roles, string rules, string? gateway, params string[] links)
    {
        (string Interface, IPAddress Address, int)[] addresses =
        [
            .. links.Select(static link => link.Split(' '))
                .SelectMany(
                    static link =>
                        ((string, IPAddress, int)[])[(link[0], IPAddress.Parse(link[1]), 24), (link[0], IPAddress.Parse(link[2]), 64)]),
        ];
        string[] router = (gateway ?? string.Empty).Split(' ');
        Server server = new()
        {
            Name = name,
            Roles = roles,
            Ssh = new SshEndpoint { Host = name },
            Addresses = [.. addresses.Select(static entry => entry.Address)],
        };
        return new JourneyServer(
            server,
            new SandboxHost(
                addresses,
                gateway is null
                    ? []
                    : [
                        (IPAddress.Any, 0, IPAddress.Parse(router[1]), router[0]),
                        (IPAddress.IPv6Any, 0, IPAddress.Parse(router[2]), router[0]),
                    ]),
            rules);
    }

    private static string Table(string input, string forward = "", string output = "") => $$"""
        table inet filter {
            chain input {
                type filter hook input priority filter; policy drop; {{input}}
            }
            chain forward {
                type filter hook forward priority filter; policy drop; {{forward}}
            }
            chain output {
                type filter hook output priority filter; policy accept; {{output}}
            }
        }

        """;

    private static Site MakeSite(JourneyServer[] servers) => new()
    {
        Name = "www.foobar.com",
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["public"] = [IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("2001:db8:a::/64")],
            ["internal"] = [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8:b::/64")],
            ["operator"] = [IPNetwork.Parse("203.0.113.7/32")],
        },
        Servers = [.. servers.Select(static server => server.Server)],
        Policy = new Policy
        {
            Flows =
            [
                Flow("visitors", ["internet", "operator"], "load-balancer", "tcp/80", "tcp/443"),
                Flow("backends", ["load-balancer"], "web", "tcp/80"),
                Flow("replication", ["database"], "database", "tcp/3306"),
                Flow("operators", ["operator"], "198.51.100.10", "tcp/22"),
            ],
            Database = new DatabasePolicy(),
        },
    };

    private static Flow Flow(string name, string[] from, string to, params string[] ports) => new()
    {
        Name = name,
        From = from,
        To = [to],
        Ports = [.. ports.Select(static port => PortRange.TryParse(port, out PortRange range) ? range : throw new ArgumentException(port))],
    };
}
