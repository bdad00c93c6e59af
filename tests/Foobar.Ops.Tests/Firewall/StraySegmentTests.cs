using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>
/// TCP segments that belong to no connection and begin none, by whose answers a scanner tells open ports from closed ones.
/// </summary>
public sealed class StraySegmentTests
{
    private const string Replies =
        """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}""";
    private const string InvalidAccept = """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"invalid"}},{"accept":null}""";
    private const string InvalidDrop = """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"invalid"}},{"drop":null}""";
    private const string NeitherSynNorAck =
        """{"match":{"op":"==","left":{"&":[{"payload":{"protocol":"tcp","field":"flags"}},["syn","ack"]]},"right":0}},{"accept":null}""";
    private const string NewOnly = """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"new"}},{"drop":null}""";
    private const string Reset =
        """{"match":{"op":"in","left":{"payload":{"protocol":"tcp","field":"flags"}},"right":"rst"}},{"accept":null}""";

    private static readonly string Backends = $"{Payload("ip", "saddr", "\"192.0.2.10\"")},{Payload("tcp", "dport", "80")},{Accept}";

    [Theory]
    [InlineData(InvalidAccept)]
    [InlineData(NeitherSynNorAck)]
    public void A_rule_that_lets_them_in_is_a_hole(string rule)
    {
        Finding open = Assert.Single(
            Fixture.Judge("FW-001", Fixture.Facts(Input("drop", Replies, rule, Backends))),
            static finding => finding.Status == FindingStatus.Fail);
        Assert.StartsWith("inet t in: ", open.Target, StringComparison.Ordinal);
        Assert.Contains("inet t in rule 2 (handle 3)", open.Evidence, StringComparison.Ordinal);
        Assert.Contains("ct state invalid", open.Actual, StringComparison.Ordinal);
        Assert.Contains("(invalid in eth0, flags 0x0)", open.Evidence, StringComparison.Ordinal);
        Assert.Contains("of no connection", open.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_usual_rules_let_in_is_none()
    {
        string[][] usual =
        [
            [Replies, InvalidDrop, Backends],
            [Replies, Backends],
            [Replies, Reset, Backends],
            [Replies, InvalidDrop, NeitherSynNorAck, Backends],
        ];
        Assert.All(usual, static rules => Assert.All(
            Fixture.Judge("FW-001", Fixture.Facts(Input("drop", rules))), static finding =>
                Assert.Equal(FindingStatus.Pass, finding.Status)));
    }

    [Fact]
    public void A_port_that_is_open_to_first_packets_is_told_once()
    {
        string open = $"{Payload("tcp", "dport", "8080")},{Accept}";
        Finding finding = Assert.Single(
            Fixture.Judge("FW-001", Fixture.Facts(Input("drop", Replies, open, Backends))),
            static finding => finding.Status == FindingStatus.Fail);
        Assert.DoesNotContain("invalid", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_that_only_stops_new_connections_is_found() =>
        Assert.Contains(
            Fixture.Judge("FW-004", Fixture.Facts(Input("accept", Replies, Backends, NewOnly))),
            static finding =>
                finding.Status == FindingStatus.Fail && finding.Actual!.Contains("ct state invalid", StringComparison.Ordinal));

    [Fact]
    public void Nobody_reaches_SSH_by_them() =>
        Assert.All(
            Fixture.Judge("FW-010", Fixture.Facts(Input("drop", Replies, InvalidAccept, Backends))),
            static finding => Assert.Equal(FindingStatus.Pass, finding.Status));
}
