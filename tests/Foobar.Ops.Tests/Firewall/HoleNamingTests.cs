using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>A hole is told by the rule that opens it, whatever was done to the packet before.</summary>
public sealed class HoleNamingTests
{
    private const string Marks =
        """{"chain":{"family":"inet","table":"t","name":"marks","handle":1,"type":"filter","hook":"prerouting","prio":-150,"policy":"accept"}}""";
    private const string Input =
        """{"chain":{"family":"inet","table":"t","name":"in","handle":2,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";
    private const string SetMark = """{"mangle":{"key":{"meta":{"key":"mark"}},"value":42}}""";
    private const string HasMark = """{"match":{"op":"==","left":{"meta":{"key":"mark"}},"right":42}}""";
    private const string Over = """{"limit":{"rate":10,"burst":5,"per":"second","inv":true}}""";
    private const string Within = """{"limit":{"rate":10,"burst":5,"per":"second"}}""";

    [Fact]
    public void Each_rule_that_opens_a_port_by_a_mark_is_told_with_its_own_port()
    {
        Finding[] open = Open(Listing(
            Marks, Input, Rule("marks", 3, SetMark),
            Rule("in", 4, $"{HasMark},{Payload("tcp", "dport", "8080")},{Accept}"),
            Rule("in", 5, $"{HasMark},{Payload("tcp", "dport", "8443")},{Accept}")));
        Assert.Equal(
            ["inet t in: meta mark 42 tcp dport 8080 accept", "inet t in: meta mark 42 tcp dport 8443 accept"],
            open.Select(static finding => finding.Target).Order());
        Assert.All(open, static finding => Assert.Equal(
            finding.Target!.Contains("8080", StringComparison.Ordinal), finding.Actual!.Contains("8080", StringComparison.Ordinal)));
        Assert.All(open, static finding => Assert.NotEqual(
            finding.Actual!.Contains("8080", StringComparison.Ordinal), finding.Actual.Contains("8443", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Drop)]
    [InlineData("""{"jump":{"target":"flood"}}""")]
    public void A_limit_that_only_drops_is_not_what_opens(string beyond)
    {
        const string Flood = """{"chain":{"family":"inet","table":"t","name":"flood","handle":9}}""";
        Finding open = Assert.Single(Open(Listing(
            Input, Flood, Rule(
                "flood", 8, Drop), Rule("in", 4, $"{Over},{beyond}"), Rule("in", 5, $"{Payload("tcp", "dport", "8080")},{Accept}"))));
        Assert.Equal("inet t in: tcp dport 8080 accept", open.Target);
        Assert.Contains("inet t in rule 1 (handle 4): at times", open.Evidence, StringComparison.Ordinal);
        Assert.Contains("inet t in rule 2 (handle 5): accept", open.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_leads_to_an_accept_is_followed_to_it()
    {
        const string Some = """{"chain":{"family":"inet","table":"t","name":"some","handle":9}}""";
        Finding open = Assert.Single(Open(Listing(
            Input, Some, Rule(
                "some", 8, $"{Payload("tcp", "dport", "8080")},{Accept}"), Rule(
                    "in", 4, $$$"""{{{Within}}},{"jump":{"target":"some"}}"""))));
        Assert.Equal("inet t some: tcp dport 8080 accept", open.Target);
        Assert.Contains("rule 1 (handle 4): within a limit jump some", open.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_on_packets_that_a_rule_does_not_match_is_not_told()
    {
        Finding open = Assert.Single(Open(Listing(
            Input, Rule(
                "in", 4, $"{Over},{Payload("udp", "dport", "53")},{Drop}"), Rule("in", 5, $"{Payload("tcp", "dport", "8080")},{Accept}"))));
        Assert.DoesNotContain("handle 4", open.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_of_which_nothing_depends_does_not_hide_the_rule()
    {
        const string Random = """{"mangle":{"key":{"meta":{"key":"mark"}},"value":{"numgen":{"mode":"random","mod":4,"offset":0}}}}""";
        Finding open = Assert.Single(Open(Listing(
            Marks, Input, Rule("marks", 3, Random), Rule("in", 4, $"{Payload("tcp", "dport", "8080")},{Accept}"))));
        Assert.Equal("inet t in: tcp dport 8080 accept", open.Target);
    }

    private static Finding[] Open(string listing) =>
        [.. Fixture.Judge("FW-001", Fixture.Facts(listing)).Where(static finding => finding.Status == FindingStatus.Fail)];
}
