using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Tests.Topology;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>A limit may be meant and may starve a declared flow: it is told, with its rule.</summary>
public sealed class LimitedFlowTests
{
    private const string Over = """{"limit":{"rate":1,"burst":1,"per":"hour","inv":true}}""";
    private const string Within = """{"limit":{"rate":1,"burst":1,"per":"hour"}}""";
    private const string Quota = """{"quota":{"val":1,"val_unit":"bytes","used":5,"used_unit":"bytes","inv":true}}""";
    private const string Count = """{"ct count":{"val":1,"inv":true}}""";
    private const string Established = """{"match":{"op":"==","left":{"ct":{"key":"state"}},"right":"established"}}""";

    [Theory]
    [InlineData(Over)]
    [InlineData(Quota)]
    [InlineData(Count)]
    public void A_limit_beyond_which_a_flow_is_dropped_is_a_warning(string limit)
    {
        Finding[] found = Bad(Fixture.Facts(Fixture.WithFirst("input", $"{Payload("tcp", "dport", "80")},{limit},{Drop}")));

        Assert.Equal(
            [(FindingStatus.Warning, "flow backends"), (FindingStatus.Warning, "later packets of flow backends")],
            found.Select(static finding => (finding.Status, finding.Target!)).Order());
        Assert.All(
            found,
            static finding => Assert.Contains("rule 1 (handle 99): within a limit drop", finding.Evidence, StringComparison.Ordinal));
        Assert.All(found, static finding => Assert.Contains("[tcp dport 80 ", finding.Evidence, StringComparison.Ordinal));
    }

    [Fact]
    public void So_is_an_accept_under_a_limit_that_nothing_else_accepts()
    {
        string limited = Listing(
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 2, $"{Established},{Accept}"),
            Rule("in", 3, $"{Payload("tcp", "dport", "80")},{Within},{Accept}"),
            Rule("in", 4, $"{Payload("tcp", "dport", "{\"set\":[22,3306,9100]}")},{Accept}"));

        Finding finding = Assert.Single(Bad(Fixture.Facts(limited)));
        Assert.Equal((FindingStatus.Warning, "flow backends"), (finding.Status, finding.Target));
        Assert.Contains("rule 2 (handle 3): at times accept", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("policy drop", finding.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("output", "sport", "80", "answers of flow backends")]
    [InlineData("output", "dport", "3306", "sent packets of flow replication")]
    [InlineData("input", "sport", "3306", "answers to flow replication")]
    public void So_is_one_on_the_other_direction(string chain, string port, string number, string target) =>
        Assert.Contains(
            Bad(Fixture.Facts(First(chain, $"{Payload("tcp", port, number)},{Over},{Drop}"))),
            finding => (finding.Status, finding.Target) == (FindingStatus.Warning, target));

    [Fact]
    public void So_is_one_on_what_a_server_opens_connections_with()
    {
        const string New = """{"match":{"op":"==","left":{"ct":{"key":"state"}},"right":"new"}}""";
        Finding finding = Assert.Single(
            Bad(Fixture.Facts(First("output", $"{New},{Payload("tcp", "dport", "3306")},{Over},{Drop}"))));

        Assert.Equal((FindingStatus.Warning, "sent packets of flow replication"), (finding.Status, finding.Target));
    }

    [Theory]
    [InlineData("-m hashlimit --hashlimit-above 1/hour --hashlimit-mode srcip --hashlimit-name web")]
    [InlineData("-m limit --limit 1/hour --limit-burst 1")]
    [InlineData("-m connlimit --connlimit-above 1 --connlimit-mask 32 --connlimit-saddr")]
    public void So_is_one_of_iptables_on_a_network_firewall(string limit)
    {
        string mangled = $"COMMIT\n*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 443 {limit} -j DROP";
        Finding[] found =
        [
            .. TestSite.Judge(FirewallControls.All, "FW-002", SmallSite.Case(nat: mangled).Facts["fw-01"].Value!, "fw-01", SmallSite.Site)
                .Where(static finding => finding.Status != FindingStatus.Pass),
        ];

        Assert.Contains(found, static finding => finding is { Status: FindingStatus.Warning, Target: "flow visitors" });
        Assert.All(found, static finding => Assert.Equal(FindingStatus.Warning, finding.Status));
        Assert.All(found, static finding => Assert.Contains("ip mangle FORWARD rule 1", finding.Evidence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"protocol":"icmp","field":"type"}},"right":"echo-request"}}""", Drop)]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":8080}}""", Drop)]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":80}}""", """{"log":null}""")]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":80}}""", Accept)]
    public void One_that_stops_nothing_of_a_flow_is_none(string match, string then)
    {
        string limit = then == Drop ? Over : Within;
        Assert.Empty(Bad(Fixture.Facts(Fixture.WithFirst("services", $"{match},{limit},{then}"))));
    }

    [Fact]
    public void Replies_under_a_limit_alone_are_a_warning() =>
        Assert.Contains(
            Fixture.Judge("FW-005", Fixture.Facts(Fixture.WithFirst("input", $"{Established},{Over},{Drop}"))),
            static finding => finding is { Status: FindingStatus.Warning, Target: "IPv4 established" });

    private static Finding[] Bad(FirewallFacts facts) =>
        [.. Fixture.Judge("FW-002", facts).Where(static finding => finding.Status != FindingStatus.Pass)];

    private static string First(string chain, string expr) => chain == "input" ? Fixture.WithFirst(chain, expr)
        : Fixture.Edit(Fixture.Clean, objects => objects.Add(
            JsonNode.Parse(
                $$$"""{"rule":{"family":"inet","table":"filter","chain":"{{{chain}}}","handle":99,"expr":[{{{expr}}}] } }""")));
}
