using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>firewalld's running configuration against its permanent one, as firewall-cmd of several versions prints them.</summary>
public sealed class FirewalldTests
{
    private const string Running =
        "public (default, active)\n  target: default\n  icmp-block-inversion: no\n  interfaces: eth0\n  sources: \n"
            + "  services: http https ssh\n  ports: \n";
    private const string Permanent =
        "public (default)\n  target: default\n  icmp-block-inversion: no\n  interfaces: eth0\n  sources: \n  services: http https ssh\n"
            + "  ports: \n";

    public static TheoryData<string, string, string, FindingStatus> Listings => new()
    {
        { Running, Permanent, "", FindingStatus.Pass },
        { Running.Replace("default, ", "", StringComparison.Ordinal), Permanent.Replace(" (default)", "", StringComparison.Ordinal)
            .Replace("interfaces: eth0", "interfaces: ", StringComparison.Ordinal), "", FindingStatus.Pass },
        { Running.Replace("default, ", "", StringComparison.Ordinal), Permanent.Replace(" (default)", "", StringComparison.Ordinal)
            .Replace("interfaces: eth0", "interfaces: ", StringComparison.Ordinal), "public", FindingStatus.Pass },
        { Running.Replace("public", "internal", StringComparison.Ordinal), Permanent.Replace("public", "internal", StringComparison.Ordinal)
            .Replace("interfaces: eth0", "interfaces: ", StringComparison.Ordinal), "public", FindingStatus.Unknown },
        { Running, Permanent.Replace(
            "services: http https ssh", "services: ssh http https", StringComparison.Ordinal), "", FindingStatus.Pass },
        { Running, Permanent.Replace("services: http https ssh", "services: http ssh", StringComparison.Ordinal), "", FindingStatus.Fail },
        { Running, Permanent.Replace("ports: ", "ports: 8080/tcp", StringComparison.Ordinal), "", FindingStatus.Fail },
        { Running, Permanent + "  rich rules: \n\trule family=\"ipv4\" source address=\"198.51.100.9\" accept\n", "", FindingStatus.Fail },
        { Running + "  rich rules: \n\trule a\n\trule b\n", Permanent + "  rich rules: \n\trule b\n\trule a\n", "", FindingStatus.Pass },
        { Running, Permanent + "  teleport: yes\n", "", FindingStatus.Unknown },
        { Running, Permanent.Replace("target: default", "target: ACCEPT", StringComparison.Ordinal), "", FindingStatus.Fail },
        { Running, Permanent + "\ntrusted\n  target: ACCEPT\n  sources: 198.51.100.0/24\n", "", FindingStatus.Fail },
        { Running, "garbage in\n no settings here", "", FindingStatus.Unknown },
    };

    [Theory]
    [MemberData(nameof(Listings))]
    public void What_filters_is_compared_and_not_what_tells_a_state(
        string running, string permanent, string defaultZone, FindingStatus status) =>
        Assert.Equal(
            status,
            Judge(new PersistedFirewall
            {
                Mechanisms = ["firewalld"],
                FirewalldRunning = running,
                FirewalldPermanent = permanent,
                FirewalldDefaultZone = defaultZone,
            })
                .Max(finding => finding.Status));

    [Fact]
    public void The_service_that_is_missing_is_named() =>
        Assert.Contains(
            "https",
            Assert.Single(
                Judge(new PersistedFirewall
                {
                    Mechanisms = ["firewalld"],
                    FirewalldRunning = Running,
                    FirewalldPermanent = Permanent.Replace(" https", "", StringComparison.Ordinal),
                })).Actual,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("policies")]
    [InlineData("direct")]
    public void Policies_and_direct_rules_are_compared_too(string what)
    {
        const string Policy =
            "allow-host-ipv6 (active)\n  priority: -15000\n  target: CONTINUE\n  ingress-zones: ANY\n  egress-zones: HOST\n";
        PersistedFirewall same = new()
        {
            Mechanisms = ["firewalld"],
            FirewalldRunning = Running,
            FirewalldPermanent = Permanent,
            FirewalldPoliciesRunning = Policy,
            FirewalldPoliciesPermanent = Policy.Replace(" (active)", "", StringComparison.Ordinal),
            FirewalldDirectRunning = "ipv4 filter INPUT 0 -p tcp --dport 9000 -j ACCEPT",
            FirewalldDirectPermanent = "ipv4 filter INPUT 0 -p tcp --dport 9000 -j ACCEPT\n",
        };
        Assert.All(Judge(same), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
        PersistedFirewall other = what == "direct"
            ? same with { FirewalldDirectPermanent = string.Empty }
            : same with { FirewalldPoliciesPermanent = Policy.Replace("CONTINUE", "ACCEPT", StringComparison.Ordinal) };
        Assert.Contains(Judge(other), finding => finding.Status == FindingStatus.Fail);
    }

    [Fact]
    public void That_the_kernel_has_none_of_its_rules_is_found_though_firewalld_says_that_it_runs()
    {
        Finding finding = Assert.Single(Judge(Same, Fixture.Clean));
        Assert.Equal((FindingStatus.Fail, "firewalld"), (finding.Status, finding.Target));
    }

    [Theory]
    [InlineData("inet beside", "", FindingStatus.Fail)]
    [InlineData("ip filter", "", FindingStatus.Fail)]
    [InlineData("inet beside", "ipv4 filter INPUT 0 -j LOG", FindingStatus.Fail)]
    [InlineData("ip beside", "ipv4 filter INPUT 0 -j LOG", FindingStatus.Fail)]
    [InlineData("ip filter", "ipv4 filter INPUT 0 -j LOG", FindingStatus.Unknown)]
    public void What_stands_beside_its_rules_is_compared_too_and_unknown_in_tables_that_its_direct_rules_share(
        string place, string direct, FindingStatus expected)
    {
        (string family, string table) = (place.Split(' ')[0], place.Split(' ')[1]);
        string beside = Fixture.Edit(Fixture.Text("firewalld.json"), objects =>
        {
            objects.Add(
                JsonNode.Parse(
                    $$$"""{"chain":{"family":"{{{family}}}","table":"{{{table}}}","name":"in","handle":901,"type":"filter","hook":"input","prio":0,"policy":"accept"} }"""));
            objects.Add(
                JsonNode.Parse(
                    $$$"""{"rule":{"family":"{{{family}}}","table":"{{{table}}}","chain":"in","handle":902,"expr":[{{{Payload("tcp", "dport", "8443")}}},{{{Drop}}}] } }"""));
        });
        IReadOnlyList<Finding> findings = Judge(Same with { FirewalldDirectRunning = direct, FirewalldDirectPermanent = direct }, beside);
        Assert.Equal(expected, Assert.Single(findings).Status);
    }

    private static PersistedFirewall Same { get; } = new()
    {
        Mechanisms = ["firewalld"],
        FirewalldRunning = Running,
        FirewalldPermanent = Permanent,
    };

    private static IReadOnlyList<Finding> Judge(PersistedFirewall persisted, string? listing = null) =>
        Fixture.Judge("FW-008", Fixture.Facts(listing ?? Fixture.Text("firewalld.json")) with { Persisted = Reading.Of(persisted) });
}
