using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>A filter of ARP or of a bridge that can stop nothing takes nothing from what is known of packets.</summary>
public sealed class PassingBelowTests
{
    private const string Reply =
        """{"match":{"op":"==","left":{"payload":{"protocol":"arp","field":"operation"}},"right":"reply"}}""";

    [Theory]
    [InlineData("arp", "accept", """{"counter":{"packets":1,"bytes":28}},{"accept":null}""", true)]
    [InlineData("arp", "accept", """{"counter":{"packets":1,"bytes":28}}""", true)]
    [InlineData("arp", "accept", """{"jump":{"target":"other"}}""", true)]
    [InlineData("arp", "accept", """{"drop":null}""", false)]
    [InlineData("arp", "accept", """{"quantum":null}""", false)]
    [InlineData("arp", "accept", """{"mangle":{"key":{"payload":{"protocol":"arp","field":"operation"}},"value":1}}""", false)]
    [InlineData("arp", "drop", """{"accept":null}""", false)]
    [InlineData("bridge", "accept", """{"accept":null}""", true)]
    [InlineData("bridge", "accept", """{"drop":null}""", false)]
    public void One_that_only_accepts_leaves_all_verdicts(string family, string policy, string then, bool stopsNothing)
    {
        // Replies may come in by another interface than the bridge.
        HostNetwork bridged = Fixture.Network with { Links = [new InterfaceLink("eth0", "eth1", IsBridge: true)] };
        foreach (string control in family == "arp" ? (string[])["FW-001", "FW-002", "FW-005"] : ["FW-001", "FW-002"])
        {
            Finding[] found =
            [
                .. Fixture.Judge(control, Fixture.Facts(With(family, policy, then)) with { Network = Reading.Of(bridged) })
                    .Where(static finding => finding.Status != FindingStatus.Pass),
            ];
            Assert.Equal(stopsNothing, found.Length == 0);
            Assert.All(found, static finding => Assert.Equal(FindingStatus.Unknown, finding.Status));
        }
    }

    [Fact]
    public void One_that_jumps_to_a_drop_is_not_known() => Assert.Contains(
        Fixture.Judge("FW-002", Fixture.Facts(With("arp", "accept", """{"jump":{"target":"other"}}""", Drop))),
        static finding => finding.Status == FindingStatus.Unknown);

    private static string With(string family, string policy, string then, string other = Accept) => Fixture.Edit(Fixture.Clean, objects =>
    {
        foreach (string item in (string[])
        [
            $$$"""{"table":{"family":"{{{family}}}","name":"a","handle":50}}""",
            $$$"""{"chain":{"family":"{{{family}}}","table":"a","name":"other","handle":51}}""",
            $$$"""{"chain":{"family":"{{{family}}}","table":"a","name":"i","handle":52,"type":"filter","hook":"input","prio":0,"policy":"{{{policy}}}"}}""",
            $$$"""{"rule":{"family":"{{{family}}}","table":"a","chain":"other","handle":53,"expr":[{{{other}}}]}}""",
            $$$"""{"rule":{"family":"{{{family}}}","table":"a","chain":"i","handle":54,"expr":[{{{Reply}}},{{{then}}}]}}""",
        ])
        {
            objects.Add(System.Text.Json.Nodes.JsonNode.Parse(item));
        }
    });
}
