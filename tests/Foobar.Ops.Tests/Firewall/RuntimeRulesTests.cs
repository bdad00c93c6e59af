using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>What docker adds at run time, as dockerd 20.10 and 28 write it, beside what a file holds.</summary>
public sealed class RuntimeRulesTests
{
    private const string Published = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :DOCKER - [0:0]
        -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
        -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
        -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80
        COMMIT

        """;

    private const string Docker20 = Published + """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :DOCKER - [0:0]
        :DOCKER-ISOLATION-STAGE-1 - [0:0]
        :DOCKER-ISOLATION-STAGE-2 - [0:0]
        :DOCKER-USER - [0:0]
        -A FORWARD -j DOCKER-USER
        OWN-FORWARD
        -A FORWARD -j DOCKER-ISOLATION-STAGE-1
        -A FORWARD -o br-0a1b2c3d4e5f -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -o docker0 -j DOCKER
        -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
        -A FORWARD -i docker0 -o docker0 -j ACCEPT
        -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
        -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
        -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
        OWN-USER
        COMMIT

        """;

    private const string Docker28 = """
        *raw
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
        -A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8082 -j DROP
        COMMIT

        """ + Published + """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :DOCKER - [0:0]
        :DOCKER-BRIDGE - [0:0]
        :DOCKER-CT - [0:0]
        :DOCKER-FORWARD - [0:0]
        :DOCKER-USER - [0:0]
        -A FORWARD -j DOCKER-USER
        -A FORWARD -j DOCKER-FORWARD
        -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
        -A DOCKER ! -i docker0 -o docker0 -j DROP
        -A DOCKER-BRIDGE -o docker0 -j DOCKER
        -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A DOCKER-FORWARD -j DOCKER-CT
        -A DOCKER-FORWARD -j DOCKER-BRIDGE
        -A DOCKER-FORWARD -i docker0 -j ACCEPT
        OWN-USER
        COMMIT

        """;

    private const string SavedDrop = "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j DROP\nCOMMIT\n";

    private static readonly HostNetwork Network = new()
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
    [InlineData(Docker20)]
    [InlineData(Docker28)]
    public void What_docker_itself_writes_is_no_difference_after_a_boot(string docker)
    {
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge(With(docker, ""), "")).Status);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge(With(docker, "-A DOCKER-USER -j RETURN"), "")).Status);
    }

    [Theory]
    [InlineData(Docker20)]
    [InlineData(Docker28)]
    public void What_the_operator_wrote_into_DOCKER_USER_is_gone_after_a_boot_unless_a_file_holds_it(string docker)
    {
        string closed = With(docker, "-A DOCKER-USER -j DROP");
        Finding gone = Assert.Single(Judge(closed, ""));
        Assert.Equal((FindingStatus.Fail, "forward"), (gone.Status, gone.Target));
        Assert.Contains("the next boot opens", gone.Actual, StringComparison.Ordinal);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge(closed, SavedDrop)).Status);
        Assert.Contains("the next boot closes", Assert.Single(Judge(With(docker, ""), SavedDrop)).Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-A FORWARD -i eth0 -o eth1 -j DROP")]
    [InlineData("-A FORWARD -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j DROP")]
    [InlineData("-A FORWARD -i docker0 ! -o docker0 -j DROP")]
    [InlineData("-A FORWARD -d 172.17.0.2/32 ! -i docker0 -j DROP")]
    public void A_rule_of_the_operator_beside_docker_s_is_one(string rule) =>
        Assert.Equal(
            (FindingStatus.Fail, "forward"),
            Assert.Single(Judge(With(Docker20, "", rule), "")) is var finding ? (finding.Status, finding.Target) : default);

    [Fact]
    public void A_policy_that_docker_did_not_set_is_a_difference() => Assert.Equal(
        FindingStatus.Fail, Assert.Single(Judge("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n", "")).Status);

    [Fact]
    public void That_docker_s_rules_are_left_nothing_by_the_operator_s_is_no_finding_but_that_others_are_is()
    {
        FirewallFacts facts = Facts(With(Docker20, "-A DOCKER-USER -j DROP"), "");
        Assert.Equal(FindingStatus.Pass, Assert.Single(Fixture.Judge("FW-006", facts)).Status);

        Finding shadowed = Assert.Single(
            Fixture.Judge("FW-006", Facts(With(Docker20, "-A DOCKER-USER -j DROP", "-A FORWARD -i eth0 -j ACCEPT"), "")));
        Assert.Equal(FindingStatus.Fail, shadowed.Status);
        Assert.Contains("-A FORWARD -i eth0 -j ACCEPT", shadowed.Evidence, StringComparison.Ordinal);
    }

    private static string With(string docker, string user, string forward = "") =>
        docker.Replace("OWN-USER", user, StringComparison.Ordinal).Replace("OWN-FORWARD", forward, StringComparison.Ordinal);

    private static IReadOnlyList<Finding> Judge(string running, string saved) => Fixture.Judge("FW-008", Facts(running, saved));

    private static FirewallFacts Facts(string running, string saved) =>
        Fixture.Facts(string.Empty, running: new RulesetText { Iptables = running }, forwarding: true) with
        {
            Network = Reading.Of(Network),
            Persisted = Reading.Of(new PersistedFirewall { Mechanisms = ["nftables"], Ruleset = new RulesetText { Iptables = saved } }),
        };
}
