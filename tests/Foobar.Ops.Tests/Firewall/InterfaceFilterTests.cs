using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>What filters at interfaces, before and after all other hooks, and below IP.</summary>
public sealed class InterfaceFilterTests
{
    private static readonly string DropHttp = $"{Payload("tcp", "dport", "80")},{Drop}";

    [Theory]
    [InlineData("netdev", "\"eth0\"", "eth0", false)]
    [InlineData("inet", "\"eth0\"", "eth0", false)]
    [InlineData("netdev", "[\"eth0\",\"eth1\"]", "eth1", false)]
    [InlineData("netdev", "\"eth1\"", "eth0", true)]
    [InlineData("netdev", "\"gone0\"", "eth0", true)]
    [InlineData("netdev", "\"eth*\"", "eth0", false)]
    public void A_chain_at_ingress_filters_what_comes_in_by_its_devices(string family, string devices, string device, bool passes)
    {
        FirewallModel model = new(
            NftRulesetParser.Parse(Listing(Ingress(family, $",\"dev\":{devices}"), RuleAt(family, DropHttp))), TwoInterfaces);
        Packet packet = Tcp("198.51.100.9", "192.0.2.11", 80);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of(device);
        Assert.Equal(passes, model.Judge(model.Delivered(), packet).Passes);
        Assert.Equal(passes, new Tracer(model).RunThrough(packet, "prerouting", "input"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("table netdev edge {\n\tchain ing {\n\t\ttype filter hook ingress device \"eth0\" priority -500; policy accept;\n\t}\n}\n",
        false)]
    [InlineData(
        "table netdev edge {\n\tchain ing {\n\t\ttype filter hook ingress devices = { \"eth1\", \"eth0\" } priority -500; policy accept;\n"
            + "\t}\n}\n",
        false)]
    [InlineData(
        "table netdev edge {\n\tchain ing {\n\t\ttype filter hook ingress devices = { eth1 } priority -500; policy accept;\n\t}\n}\n",
        true)]
    [InlineData("table netdev edge {\n\tchain ing {\n\t\ttype filter hook ingress priority -500; policy accept;\n\t}\n}\n", true)]
    public void Devices_that_the_json_hides_are_read_from_the_text(string text, bool? passes)
    {
        FirewallModel model = new(
            NftRulesetParser.Parse(
                Listing(
                    """{"table":{"family":"netdev","name":"edge","handle":2}}""",
                    Ingress("netdev", string.Empty), RuleAt("netdev", DropHttp)),
                text: text),
            TwoInterfaces);
        Packet packet = Tcp("198.51.100.9", "192.0.2.11", 80);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of("eth0");
        Assert.Equal(passes, model.Judge(model.Delivered(), packet).Passes);
    }

    [Fact]
    public void No_connection_state_is_known_at_ingress()
    {
        const string New = """{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"new"}}""";
        FirewallModel model = new(
            NftRulesetParser.Parse(Listing(Ingress("inet", ",\"dev\":\"eth0\""), RuleAt("inet", $"{New},{Drop}"))), TwoInterfaces);
        Packet packet = Tcp("198.51.100.9", "192.0.2.11", 80);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of("eth0");
        Assert.True(model.Judge(model.Delivered(), packet).Passes);
    }

    [Fact]
    public void A_declared_flow_that_ingress_drops_is_closed()
    {
        FirewallFacts facts = Fixture.Facts(With(Ingress("netdev", ",\"dev\":\"eth0\""), RuleAt("netdev", DropHttp)));
        Finding failed = Assert.Single(Fixture.Judge("FW-002", facts), finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("netdev edge ing rule 1", failed.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_ingress_drops_is_no_hole_behind_it()
    {
        string open = Listing(
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"accept"}}""",
            Ingress("netdev", ",\"dev\":\"eth0\"").Replace("\"policy\":\"accept\"", "\"policy\":\"drop\"", StringComparison.Ordinal));
        Assert.All(Fixture.Judge("FW-001", Fixture.Facts(open)), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
        Assert.Contains(
            Fixture.Judge("FW-001", Fixture.Facts(open.Replace("eth0", "eth9", StringComparison.Ordinal))),
            finding => finding.Status == FindingStatus.Fail);
    }

    [Fact]
    public void Answers_that_egress_drops_make_the_flow_dead()
    {
        string egress = Ingress("netdev", ",\"dev\":\"eth0\"")
            .Replace("\"hook\":\"ingress\"", "\"hook\":\"egress\"", StringComparison.Ordinal);
        FirewallFacts facts = Fixture.Facts(With(egress, RuleAt("netdev", $"{Payload("tcp", "sport", "80")},{Drop}")));
        Finding failed = Assert.Single(Fixture.Judge("FW-002", facts), finding => finding.Status == FindingStatus.Fail);
        Assert.Equal("answers of flow backends", failed.Target);
        Assert.Contains("netdev edge ing rule 1", failed.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_that_output_drops_make_the_flow_dead() =>
        Assert.Contains(Fixture.Judge("FW-002", Fixture.Facts(With(
            """{"chain":{"family":"inet","table":"edge","name":"ing","handle":1,"type":"filter","hook":"output","prio":0,"policy":"drop"}}"""))), finding => finding.Target
                == "answers of flow backends"
                && finding.Status == FindingStatus.Fail);

    [Theory]
    [InlineData("bridge", "br0", "FW-002", FindingStatus.Pass)]
    [InlineData("bridge", "eth0", "FW-002", FindingStatus.Unknown)]
    [InlineData("arp", "br0", "FW-002", FindingStatus.Unknown)]
    public void Filters_below_ip_leave_their_interfaces_undecided(string family, string bridge, string control, FindingStatus status)
    {
        string filter =
            $$$"""{"chain":{"family":"{{{family}}}","table":"low","name":"f","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";
        FirewallFacts facts = Fixture.Facts(With(filter)) with
        {
            Network = Reading.Of(Fixture.Network with { Links = [new InterfaceLink(bridge, "tap0", IsBridge: true)] }),
        };
        Assert.Contains(Fixture.Judge(control, facts), finding => finding.Status == status);
        Assert.True(
            status == FindingStatus.Pass
                || Fixture.Judge(control, facts).Any(finding => finding.Reason!.Contains($"{family} low f", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("XDP program", false)]
    [InlineData("tc filter", false)]
    [InlineData("tc filter", true)]
    public void Programs_at_an_interface_leave_it_undecided_and_are_named(string kind, bool leaving)
    {
        FirewallFacts facts = Fixture.Facts(Fixture.Clean) with
        {
            Network = Reading.Of(Fixture.Network with { Programs = [new InterfaceProgram("eth0", kind, leaving)] }),
        };
        foreach (string control in leaving ? (string[])["FW-002"] : ["FW-001", "FW-002"])
        {
            Assert.Contains(
                Fixture.Judge(control, facts),
                finding => finding.Status == FindingStatus.Unknown
                    && finding.Reason!.Contains($"{kind} at eth0", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_chain_at_the_interface_below_leaves_the_one_above_undecided()
    {
        FirewallFacts facts = Fixture.Facts(With(Ingress("netdev", ",\"dev\":\"phys0\""), RuleAt("netdev", DropHttp)))
            with
        { Network = Reading.Of(Fixture.Network with { Links = [new InterfaceLink("eth0", "phys0", IsBridge: false)] }) };
        Assert.Contains(
            Fixture.Judge("FW-002", facts),
            finding => finding.Status == FindingStatus.Unknown && finding.Reason!.Contains("phys0", StringComparison.Ordinal));
    }

    [Fact]
    public void Links_and_programs_are_read_from_the_listings_of_iproute()
    {
        const string Addresses = """
            [{"ifname":"eth0","xdp":{"mode":1,"prog":{"id":7}},"addr_info":[{"local":"192.0.2.11","prefixlen":24}]},
             {"ifname":"eth0.10","link":"eth0","addr_info":[]},{"ifname":"tap0","master":"br0","addr_info":[]}]
            """;
        HostNetwork network = NetworkParser.Parse(Addresses, [], []);
        Assert.Equal([new InterfaceLink("eth0.10", "eth0", false), new InterfaceLink("br0", "tap0", true)], network.Links);
        Assert.Equal([new InterfaceProgram("eth0", "XDP program", false)], network.Programs);
        Assert.Equal(
            [new InterfaceProgram("eth1", "tc filter", true)],
            NetworkParser.ParseFilters("eth0 ingress 0\neth0 egress 0\neth1 ingress 0\neth1 egress 3\n"));
    }

    private static HostNetwork TwoInterfaces => Fixture.Network with { Interfaces = ["lo", "eth0", "eth1"] };

    private static string With(params string[] objects) => Fixture.Edit(Fixture.Clean, all =>
    {
        foreach (string item in objects)
        {
            all.Add(System.Text.Json.Nodes.JsonNode.Parse(item));
        }
    });

    private static string Ingress(string family, string devices) =>
        $$$"""{"chain":{"family":"{{{family}}}","table":"edge","name":"ing","handle":1,"type":"filter","hook":"ingress","prio":-500,"policy":"accept"{{{devices}}}}}""";

    private static string RuleAt(string family, string expr) =>
        $$$"""{"rule":{"family":"{{{family}}}","table":"edge","chain":"ing","handle":2,"expr":[{{{expr}}}] } }""";
}
