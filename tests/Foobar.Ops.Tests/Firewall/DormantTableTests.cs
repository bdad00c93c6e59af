using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Flags of tables, and the text listing as second witness.</summary>
public sealed class DormantTableTests
{
    private const string Dormant =
        "table inet t {\n\tflags dormant\n\n\tchain in {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";

    [Theory]
    [InlineData(",\"flags\":\"dormant\"", true)]
    [InlineData(",\"flags\":[\"dormant\"]", true)]
    [InlineData(",\"flags\":[\"dormant\",\"owner\"]", true)]
    [InlineData("", false)]
    [InlineData(",\"flags\":\"owner\"", false)]
    [InlineData(",\"flags\":[\"owner\",\"persist\"]", false)]
    [InlineData(",\"comment\":\"the host's filter\"", false)]
    [InlineData(",\"flags\":\"ipv4_addr\"", null)]
    [InlineData(",\"flags\":[\"hibernating\"]", null)]
    [InlineData(",\"schedule\":\"night\"", null)]
    public void A_dormant_table_filters_nothing(string members, bool? passes)
    {
        FirewallModel model = Model(Closed(members));
        Assert.Equal(passes, model.Judge(model.Hook("input"), Tcp("203.0.113.7", "192.0.2.11", 3306)).Passes);
        Assert.Equal(passes, new Tracer(model).Run("input", Tcp("203.0.113.7", "192.0.2.11", 3306)));
    }

    // nft 1.0.6 prints another word of its memory in the place of the one flag.
    [Theory]
    [InlineData(",\"flags\":\"ipv4_addr\"", Dormant, true)]
    [InlineData(",\"flags\":\"t\"", "table inet t {\n\tchain in {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n",
        false)]
    public void The_text_listing_tells_what_the_json_gets_wrong(string members, string text, bool passes)
    {
        FirewallModel model = new(NftRulesetParser.Parse(Closed(members), text: text), new HostNetwork());
        Assert.Equal(passes, model.Judge(model.Hook("input"), Tcp("203.0.113.7", "192.0.2.11", 3306)).Passes);
    }

    [Fact]
    public void The_flags_of_a_flowtable_are_no_set_s()
    {
        NftStructure structure = NftStructure.Parse(
            "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t}\n\n\tflowtable f {\n\t\thook ingress priority filter\n"
                + "\t\tflags offload;\n\t}\n}\n")!;
        Assert.Equal(["interval"], structure.SetFlags("inet", "t", "s"));
        Assert.Empty(structure.TableFlags("inet", "t")!);
        Assert.Null(structure.TableFlags("inet", "u"));
    }

    [Theory]
    [InlineData("table ip other {\n}\n", "table ip other")]
    [InlineData("table inet t {\n\tchain in {\n\t}\n\tchain more {\n\t}\n}\n", "chain inet t more")]
    public void What_the_json_lacks_is_an_error_that_names_it(string text, string named) =>
        Assert.Contains(
            named, Assert.Throws<ParseException>(() => NftRulesetParser.Parse(Closed(string.Empty), text: text)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_object_that_is_not_known_is_an_error_that_names_it() =>
        Assert.Contains(
            "unknown nftables object 'wormhole'",
            Assert.Throws<ParseException>(() => NftRulesetParser.Parse(Listing("""{"wormhole":{"family":"inet"}}"""))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_controls_see_the_open_host_and_name_the_table()
    {
        FirewallFacts facts = Fixture.Facts(
            Fixture.Edit(Fixture.Clean, objects => objects.First(item => item!["table"] is not null)!["table"]!["flags"] = "dormant"));
        foreach (string control in (string[])["FW-001", "FW-004", "FW-010"])
        {
            Assert.Contains(Fixture.Judge(control, facts), finding => finding.Status == FindingStatus.Fail);
        }

        Assert.All(
            Fixture.Judge("FW-007", facts),
            finding => Assert.Contains("table inet filter is dormant", finding.Actual, StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_that_sleeps_now_and_not_after_the_boot_is_a_difference()
    {
        string asleep = Fixture.Edit(
            Fixture.Clean, objects => objects.First(item => item!["table"] is not null)!["table"]!["flags"] = "dormant");
        Assert.Contains(
            Fixture.Judge("FW-008", Fixture.Facts(asleep, persisted: Fixture.Clean)), finding => finding.Status == FindingStatus.Fail);
        RulesetText same = new() { Nftables = Fixture.Clean, Declarations = Dormant };
        Assert.False(
            same.ListsAs(same with { Declarations = Dormant.Replace("\tflags dormant\n", string.Empty, StringComparison.Ordinal) }));
    }

    private static string Closed(string members) => Listing(
        $$$"""{"table":{"family":"inet","name":"t","handle":1{{{members}}}}}""",
        """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
        Rule("in", 2, $"{Payload("tcp", "dport", "22")},{Accept}"));
}
