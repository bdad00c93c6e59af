using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Sets that rules or programs fill as packets pass.</summary>
public sealed class FilledSetTests
{
    private const string Empty =
        """{"set":{"family":"inet","name":"knock","table":"t","type":"ipv4_addr","handle":2,"size":65535,"flags":["timeout"],"timeout":30}}""";
    private const string Source = """{"payload":{"protocol":"ip","field":"saddr"}}""";
    private const string Added = $$"""{"set":{"op":"add","elem":{{Source}},"set":"@knock"} }""";
    private const string InSet = $$"""{"match":{"op":"==","left":{{Source}},"right":"@knock"} }""";

    private static readonly string Knock = $"{Payload("tcp", "dport", "9000")},{Added},{Drop}";
    private static readonly string Enter = $"{InSet},{Payload("tcp", "dport", "7777")},{Accept}";

    [Theory]
    [InlineData("add")]
    [InlineData("update")]
    public void A_door_that_opens_to_whoever_knocks_is_open(string operation)
    {
        FirewallFacts facts = Facts(Knock.Replace("\"op\":\"add\"", $"\"op\":\"{operation}\"", StringComparison.Ordinal), Enter);
        Finding open = Assert.Single(Fixture.Judge("FW-001", facts), finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("dport 7777", open.Actual, StringComparison.Ordinal);
        Assert.Contains("rule 2 (handle 4)", open.Evidence, StringComparison.Ordinal);
        Assert.Contains("rule 1 (handle 3)", open.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(Fixture.Judge("FW-007", facts), finding => finding.Status == FindingStatus.Fail);
    }

    [Fact]
    public void Only_who_can_knock_gets_in()
    {
        string internalOnly = $"{Payload("ip", "saddr", """{"prefix":{"addr":"198.51.100.0","len":24}}""")},{Knock}";
        Finding open = Assert.Single(Fixture.Judge("FW-001", Facts(internalOnly, Enter)), finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("198.51.100.0/24", open.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("unreachable")]
    public void Where_nothing_can_be_added_what_is_in_the_set_counts(string variant)
    {
        FirewallFacts facts = variant == "delete"
            ? Facts(Knock.Replace("\"op\":\"add\"", "\"op\":\"delete\"", StringComparison.Ordinal), Enter)
            : Facts($"{Payload("tcp", "dport", "9000")},{Drop}", Knock, Enter);
        Assert.DoesNotContain(Fixture.Judge("FW-001", facts), finding => finding.Status == FindingStatus.Fail);
    }

    [Fact]
    public void Who_is_put_into_a_set_by_a_program_passes_and_that_is_told() =>
        Assert.Contains(
            Fixture.Judge("FW-001", Facts(Enter)),
            finding => finding.Status == FindingStatus.Warning && finding.Actual!.Contains("set knock", StringComparison.Ordinal));

    [Fact]
    public void A_blacklist_is_green_whether_it_is_empty_or_filled()
    {
        string block = $"{InSet},{Drop}";
        string flood =
            $$"""{"set":{"op":"add","elem":{{Source}},"set":"@knock","stmt":[{"limit":{"rate":10,"burst":5,"per":"second","inv":true} }]} }""";
        string filled = Empty.Replace(
            "\"timeout\":30", "\"timeout\":30,\"elem\":[{\"elem\":{\"val\":\"203.0.113.7\",\"timeout\":30,\"expires\":12}}]",
            StringComparison.Ordinal);
        string[] rules =
        [
            block,
            $"{Payload("tcp", "dport", "80")},{flood}",
            $"{Payload("ip", "saddr", "\"192.0.2.10\"")},{Payload("tcp", "dport", "80")},{Accept}",
        ];
        FirewallFacts facts = Facts(filled, Empty, rules);
        Assert.All(Fixture.Judge("FW-007", Facts(rules)), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
        Assert.All(Fixture.Judge("FW-007", facts), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
        Assert.All(Fixture.Judge("FW-008", facts), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Theory]
    [InlineData("")]
    [InlineData("198.51.100.9")]
    public void A_blacklist_that_a_program_fills_is_green_whoever_is_in_it(string now)
    {
        // What is in it may be dropped before: it may be so only for a while.
        string set = now.Length == 0
            ? Empty
            : Empty.Replace("\"timeout\":30", $"\"timeout\":30,\"elem\":[\"{now}\"]", StringComparison.Ordinal);
        string[] rules =
        [
            $"{Payload("ip", "saddr", """{"prefix":{"addr":"198.51.100.0","len":24}}""")},{Drop}",
            $"{InSet},{Drop}",
            $"{Payload("ip", "saddr", "\"192.0.2.10\"")},{Payload("tcp", "dport", "80")},{Accept}",
        ];
        FirewallFacts facts = Facts(set, Empty, rules);
        Assert.All(
            ((string[])["FW-001", "FW-006", "FW-007", "FW-008"]).SelectMany(control => Fixture.Judge(control, facts)),
            static finding => Assert.True(finding.Status == FindingStatus.Pass, $"{finding.ControlId} {finding.Target} {finding.Actual}"));
    }

    [Fact]
    public void A_blacklist_that_is_asked_too_late_is_shadowed_whoever_is_in_it()
    {
        Finding shadowed = Assert.Single(
            Fixture.Judge("FW-006", Facts(Accept, $"{InSet},{Drop}")), static finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("rule 1", shadowed.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_drop_of_whoever_is_not_in_a_set_that_a_program_fills_is_told_as_a_whitelist() =>
        Assert.Contains(
            Fixture.Judge(
                "FW-001",
                Facts($"{InSet.Replace("==", "!=", StringComparison.Ordinal)},{Drop}", $"{Payload("tcp", "dport", "7777")},{Accept}")),
            static finding => finding.Status == FindingStatus.Warning && finding.Actual!.Contains("set knock", StringComparison.Ordinal));

    [Fact]
    public void A_map_that_rules_fill_leads_anywhere()
    {
        const string Fill = $$"""{"map":{"op":"add","elem":{{Source}},"data":{"accept":null},"map":"@doors"} }""";
        const string Map =
            """{"map":{"family":"inet","name":"doors","table":"t","type":"ipv4_addr","handle":5,"map":"verdict","flags":["timeout"]}}""";
        const string Look = $$"""{"vmap":{"key":{{Source}},"data":"@doors"} }""";
        FirewallFacts facts = Fixture.Facts(Listing(Chain, Map, Rule("in", 3, Fill), Rule("in", 4, Look)));
        Assert.Contains(
            Fixture.Judge("FW-001", facts),
            finding => finding.Status == FindingStatus.Unknown
                && finding.Reason!.Contains("map doors is filled by rules", StringComparison.Ordinal));
    }

    [Fact]
    public void An_ipset_is_filled_by_the_target_SET()
    {
        const string Save =
            "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 9000 -j SET --add-set kn src\n"
                + "-A INPUT -p tcp -m tcp --dport 7777 -m set --match-set kn src -j ACCEPT\nCOMMIT\n";
        FirewallFacts facts = Fixture.Facts(
            string.Empty, running: new RulesetText { Iptables = Save, Ipsets = "create kn hash:ip family inet timeout 30" });
        Finding open = Assert.Single(
            Fixture.Judge("FW-001", facts),
            finding => finding.Status == FindingStatus.Fail && finding.Actual!.Contains("7777", StringComparison.Ordinal));
        Assert.Contains("--add-set kn src", open.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(Fixture.Judge("FW-007", facts), finding => finding.Status == FindingStatus.Fail);
    }

    private const string Chain =
        """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";

    private static FirewallFacts Facts(params string[] rules) => Facts(Empty, null, rules);

    private static FirewallFacts Facts(string set, string? persistedSet, string[] rules)
    {
        string Whole(string with) => Listing([Chain, with, .. rules.Select((rule, index) => Rule("in", index + 3, rule))]);
        return Fixture.Facts(Whole(set), persistedSet is null ? null : Whole(persistedSet));
    }
}
