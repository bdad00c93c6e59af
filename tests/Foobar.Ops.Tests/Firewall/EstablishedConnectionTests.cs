using System.Net;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Tests.Topology;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>A connection that a rule ends after its handshake is as closed as one that can't begin.</summary>
public sealed class EstablishedConnectionTests
{
    private const string Established = """{"match":{"op":"==","left":{"ct":{"key":"state"}},"right":"established"}}""";
    private const string Large = """{"match":{"op":">","left":{"meta":{"key":"length"}},"right":1400}}""";

    [Theory]
    [InlineData("ip", "192.0.2.10", "saddr", "dport", "80", "input", "later packets of flow backends")]
    [InlineData("ip6", "2001:db8:b::10", "saddr", "dport", "80", "input", "later packets of flow backends")]
    [InlineData("ip", "192.0.2.10", "daddr", "sport", "80", "output", "answers of flow backends")]
    [InlineData("ip6", "2001:db8:b::10", "daddr", "sport", "80", "output", "answers of flow backends")]
    [InlineData("ip", "192.0.2.12", "daddr", "dport", "3306", "output", "sent packets of flow replication")]
    [InlineData("ip6", "2001:db8:b::12", "daddr", "dport", "3306", "output", "sent packets of flow replication")]
    [InlineData("ip", "192.0.2.12", "saddr", "sport", "3306", "input", "answers to flow replication")]
    [InlineData("ip6", "2001:db8:b::12", "saddr", "sport", "3306", "input", "answers to flow replication")]
    public void A_rule_about_established_connections_closes_a_flow_in_either_direction(
        string protocol, string address, string side, string port, string number, string chain, string target)
    {
        Finding finding = Assert.Single(
            Bad(chain, $"{Established},{Payload(protocol, side, $"\"{address}\"")},{Payload("tcp", port, number)},{Drop}"));

        Assert.Equal((FindingStatus.Fail, target), (finding.Status, finding.Target));
        Assert.Contains("handle 99", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("established", finding.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input", "dport", "later packets of flow backends")]
    [InlineData("output", "sport", "answers of flow backends")]
    public void So_does_one_that_drops_what_fills_a_frame(string chain, string port, string target)
    {
        Finding finding = Assert.Single(Bad(chain, $"{Payload("tcp", port, "80")},{Large},{Drop}"));

        Assert.Equal((FindingStatus.Fail, target), (finding.Status, finding.Target));
        Assert.Contains("length 1401-1500", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_understood_of_later_packets_is_unknown() =>
        Assert.Contains(
            Bad("input", $$$"""{{{Established}}},{"match":{"op":"==","left":{"quantum":{"spin":"up"} },"right":1} },{{{Drop}}}"""),
            static finding => finding is { Status: FindingStatus.Unknown, Target: "later packets of flow backends" });

    /// <summary>As firewalld's check of the reverse path drops them.</summary>
    [Theory]
    [InlineData("input", "saddr")]
    [InlineData("output", "daddr")]
    public void No_declared_flow_is_between_link_local_addresses(string chain, string side) =>
        Assert.Empty(Bad(chain, $$$"""{{{Payload("ip6", side, """{"prefix":{"addr":"fe80::","len":10}}""")}}},{{{Drop}}}"""));

    [Fact]
    public void A_rule_about_connections_of_others_closes_nothing() =>
        Assert.Empty(Bad("input", $"{Established},{Payload("ip", "saddr", "\"203.0.113.200\"")},{Drop}"));

    [Theory]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED -p tcp --dport 443 -j DROP", "later packets of flow visitors")]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED -p tcp --sport 443 -j DROP", "answers of flow visitors")]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -s 198.51.100.10 -p tcp --sport 22 -j DROP",
        "answers of flow operators")]
    public void A_network_firewall_is_followed_in_both_directions(string rule, string target)
    {
        SiteCaseOf wall = new("fw-01", SmallSite.Case(nat: Mangled("FORWARD", rule)).Facts["fw-01"].Value!);

        Finding finding = Assert.Single(wall.Bad());
        Assert.Equal((FindingStatus.Fail, target), (finding.Status, finding.Target));
        Assert.Contains("ip mangle FORWARD rule 1", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void So_are_rules_of_iptables_on_a_server()
    {
        const string Rule = "-A INPUT -m conntrack --ctstate ESTABLISHED -i public -p tcp --dport 443 -j DROP";
        SiteCaseOf balancer = new("lb-01", SmallSite.Case(balancerNat: Mangled("INPUT", Rule)).Facts["lb-01"].Value!);

        Assert.Contains(balancer.Bad(), static finding =>
            finding is { Status: FindingStatus.Fail, Target: "later packets of flow visitors" });
    }

    [Theory]
    [InlineData("fw-01")]
    [InlineData("lb-01")]
    [InlineData("web-01")]
    [InlineData("web-02")]
    public void Of_servers_whose_connections_live_nothing_is_said(string server) =>
        Assert.Empty(new SiteCaseOf(server, SmallSite.Case().Facts[server].Value!).Bad());

    [Fact]
    public void What_rules_mark_when_a_connection_begins_they_know_it_by_later()
    {
        string Mark(string operation) => operation == "set"
            ? """{"mangle":{"key":{"ct":{"key":"mark"}},"value":7}}"""
            : """{"match":{"op":"==","left":{"ct":{"key":"mark"}},"right":7}}""";
        const string NotNew = """{"match":{"op":"!=","left":{"ct":{"key":"state"}},"right":"new"}}""";
        string[] chains =
        [
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            """{"chain":{"family":"inet","table":"t","name":"out","handle":2,"type":"filter","hook":"output","prio":0,"policy":"accept"}}""",
        ];
        string begins = Rule("in", 3, $"{Payload("tcp", "dport", "{\"set\":[22,80,3306,9100]}")},{Mark("set")},{Accept}");
        string Listed(params string[] before) =>
            Listing([.. chains, .. before, begins]);

        Assert.DoesNotContain(
            Fixture.Judge("FW-002", Fixture.Facts(Listed(Rule("in", 4, $"{NotNew},{Mark("is")},{Accept}")))),
            static finding => finding.Target == "later packets of flow backends");
        Assert.Contains(
            Fixture.Judge("FW-002", Fixture.Facts(Listed(Rule("in", 4, $"{NotNew},{Mark("is")},{Drop}")))),
            static finding => finding is { Status: FindingStatus.Fail, Target: "later packets of flow backends" });
    }

    // Connection tracking does to later packets what the nat chain did to the first one.
    [Theory]
    [InlineData(443, true)]
    [InlineData(8443, false)]
    public void Later_packets_are_translated_as_the_first_one_was(int port, bool passes)
    {
        string listing = Listing(
            """{"chain":{"family":"ip","table":"t","name":"pre","handle":1,"type":"nat","hook":"prerouting","prio":-100,"policy":"accept"}}""",
            """{"chain":{"family":"ip","table":"t","name":"fwd","handle":2,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}""",
            $$$"""{"rule":{"family":"ip","table":"t","chain":"pre","handle":3,"expr":[{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"new"}},{{{Payload("tcp", "dport", "8443")}}},{"dnat":{"addr":"172.17.0.2","port":443}}]}}""",
            $$$"""{"rule":{"family":"ip","table":"t","chain":"fwd","handle":4,"expr":[{{{Payload("tcp", "dport", $"{port}")}}},{{{Accept}}}]}}""");
        HostNetwork network = new()
        {
            Interfaces = ["lo", "eth0", "docker0"],
            Addresses = [new("eth0", IPAddress.Parse("192.0.2.11"), 24), new("docker0", IPAddress.Parse("172.17.0.1"), 16)],
            Routes = [new(IPAddress.Any, 0, "eth0"), new(IPAddress.Parse("172.17.0.0"), 16, "docker0")],
        };
        FirewallModel model = new(NftRulesetParser.Parse(listing), network);
        Packet packet = Tcp("203.0.113.7", "192.0.2.11", 8443);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of("eth0");
        packet[PacketField.State] = PacketValues.Established;
        packet[PacketField.TcpFlags] = Packet.Ack;

        Assert.Equal(passes, model.Judge(model.Forwarded(later: true), packet).Passes);
        Assert.Equal(passes, new Tracer(model, later: true).RunThrough(packet, "prerouting", "forward", "postrouting"));
        Assert.True(model.Judge(model.Forwarded(), packet).Elsewhere);
    }

    private static Finding[] Bad(string chain, string expr) =>
    [
        .. Fixture.Judge("FW-002", Fixture.Facts(First(chain, expr))).Where(static finding => finding.Status != FindingStatus.Pass),
    ];

    private static string First(string chain, string expr) => chain == "input" ? Fixture.WithFirst(chain, expr)
        : Fixture.Edit(Fixture.Clean, objects => objects.Add(
            JsonNode.Parse(
                $$$"""{"rule":{"family":"inet","table":"filter","chain":"{{{chain}}}","handle":99,"expr":[{{{expr}}}] } }""")));

    private static string Mangled(string chain, string rule) => $"COMMIT\n*mangle\n:{chain} ACCEPT [0:0]\n{rule}";

    private sealed record SiteCaseOf(string Server, FirewallFacts Facts)
    {
        public Finding[] Bad() =>
        [
            .. TestSite.Judge(FirewallControls.All, "FW-002", Facts, Server, SmallSite.Site)
                .Where(static finding => finding.Status != FindingStatus.Pass),
        ];
    }
}
