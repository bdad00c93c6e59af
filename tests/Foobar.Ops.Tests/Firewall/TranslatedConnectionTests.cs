using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Tests of a connection's original addresses and ports behind a translation, as operators of containers write them.</summary>
public sealed class TranslatedConnectionTests
{
    private static readonly HostNetwork Docker = new()
    {
        Interfaces = ["lo", "eth0", "docker0"],
        Addresses =
        [
            new("lo", IPAddress.Loopback, 8),
            new("eth0", IPAddress.Parse("192.0.2.11"), 24),
            new("docker0", IPAddress.Parse("172.17.0.1"), 16),
        ],
        Routes =
        [
            new(IPAddress.Any, 0, "eth0"), new(IPAddress.Parse("192.0.2.0"), 24, "eth0"), new(IPAddress.Parse("172.17.0.0"), 16, "docker0"),
        ],
    };

    [Theory]
    [InlineData("--ctorigdstport 8443 --ctdir ORIGINAL ! --ctorigsrc 198.51.100.0/24")]
    [InlineData("--ctorigdst 192.0.2.11 ! --ctorigsrc 198.51.100.0/24")]
    [InlineData("--ctproto 6 ! --ctorigsrc 198.51.100.0/24")]
    [InlineData("--ctstate NEW ! --ctorigsrc 198.51.100.0/24")]
    [InlineData("--ctorigsrcport 1024:65535 ! --ctorigsrc 198.51.100.0/24")]
    public void A_rule_asks_for_what_the_client_used(string match)
    {
        FirewallModel model = new(Parse($"-A DOCKER-USER -i eth0 -p tcp -m conntrack {match} -j DROP"), Docker);
        Assert.True(Passes(model, "198.51.100.9", 8443));
        Assert.False(Passes(model, "203.0.113.7", 8443));
    }

    [Theory]
    [InlineData("--ctorigdstport 443")]
    [InlineData("--ctorigdst 172.17.0.2")]
    [InlineData("--ctproto 17")]
    public void What_the_translation_made_of_it_is_not_the_original(string match) =>
        Assert.True(
            Passes(new FirewallModel(Parse($"-A DOCKER-USER -i eth0 -p tcp -m conntrack {match} -j DROP"), Docker), "203.0.113.7", 8443));

    [Theory]
    [InlineData("--ctrepldst 203.0.113.7")]
    [InlineData("--ctexpire 5")]
    public void What_is_not_known_of_a_connection_is_undecided(string match) =>
        Assert.Null(
            Passes(new FirewallModel(Parse($"-A DOCKER-USER -i eth0 -p tcp -m conntrack {match} -j DROP"), Docker), "203.0.113.7", 8443));

    [Fact]
    public void Without_the_rule_the_published_port_is_a_bypass_and_with_it_only_for_the_office()
    {
        Finding open = Assert.Single(Judge(string.Empty), finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("203.0.113.7", open.Evidence, StringComparison.Ordinal);
        Finding office = Assert.Single(
            Judge("-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8443 --ctdir ORIGINAL ! --ctorigsrc 198.51.100.0/24 -j DROP"),
            finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("198.51.100.0/24", office.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"match":{"op":"==","left":{"ct":{"key":"proto-dst","dir":"original"}},"right":8443}}""", true)]
    [InlineData("""{"match":{"op":"==","left":{"ct":{"key":"proto-dst","dir":"original"}},"right":443}}""", false)]
    [InlineData(
        """{"match":{"op":"==","left":{"ct":{"key":"ip saddr","dir":"original"}},"right":{"prefix":{"addr":"203.0.113.0","len":24}}}}""",
        true)]
    [InlineData("""{"match":{"op":"==","left":{"ct":{"key":"ip daddr","dir":"original"}},"right":"192.0.2.11"}}""", true)]
    [InlineData("""{"match":{"op":"!=","left":{"ct":{"key":"ip daddr","dir":"original"}},"right":"192.0.2.11"}}""", false)]
    [InlineData(
        """{"match":{"op":"==","left":{"concat":[{"ct":{"key":"ip saddr","dir":"original"}},{"ct":{"key":"proto-dst","dir":"original"}}]},"right":{"set":[{"concat":["203.0.113.7",8443]}]}}}""",
        true)]
    [InlineData("""{"match":{"op":"==","left":{"ct":{"key":"proto-dst","dir":"reply"}},"right":443}}""", null)]
    [InlineData("""{"match":{"op":"==","left":{"ct":{"key":"saddr","dir":"original"}},"right":"203.0.113.7"}}""", null)]
    public void Nftables_asks_in_its_own_words(string match, bool? drops)
    {
        string listing = Listing(
            """{"chain":{"family":"ip","table":"t","name":"pre","handle":1,"type":"nat","hook":"prerouting","prio":-100,"policy":"accept"}}""",
            """{"chain":{"family":"ip","table":"t","name":"in","handle":2,"type":"filter","hook":"forward","prio":0,"policy":"accept"}}""",
            $$$"""{"rule":{"family":"ip","table":"t","chain":"pre","handle":3,"expr":[{{{Payload("tcp", "dport", "8443")}}},{"dnat":{"addr":"172.17.0.2","port":443}}]}}""",
            $$$"""{"rule":{"family":"ip","table":"t","chain":"in","handle":4,"expr":[{{{match}}},{"drop":null}]}}""");
        Assert.Equal(!drops, Passes(new FirewallModel(NftRulesetParser.Parse(listing), Docker), "203.0.113.7", 8443));
    }

    private static IReadOnlyList<Finding> Judge(string rule) =>
        Fixture.Judge(
            "FW-012",
            Fixture.Facts(string.Empty, running: new RulesetText { Iptables = Save(rule) }, forwarding: true) with
            {
                Network = Reading.Of(Docker),
            });

    private static bool? Passes(FirewallModel model, string source, int port)
    {
        Packet packet = Tcp(source, "192.0.2.11", port);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of("eth0");
        bool? passes = model.Judge(model.Forwarded(), packet).Passes;
        Assert.Equal(passes, new Tracer(model).RunThrough(packet, "prerouting", "forward", "postrouting"));
        return passes;
    }

    private static Ruleset Parse(string rule) => IptablesSaveParser.Parse(Save(rule), 4, RulesetOrigin.Nftables);

    private static string Save(string rule) => $"""
        *nat
        :PREROUTING ACCEPT [0:0]
        :DOCKER - [0:0]
        -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 172.17.0.2:443
        COMMIT
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :DOCKER - [0:0]
        :DOCKER-USER - [0:0]
        -A FORWARD -j DOCKER-USER
        -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -o docker0 -j DOCKER
        -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
        {rule}
        COMMIT
        """;
}
