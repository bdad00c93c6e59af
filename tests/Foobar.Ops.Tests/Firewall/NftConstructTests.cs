using System.Net;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Constructs of nftables' JSON that look like others and mean something else, or the same.</summary>
public sealed class NftConstructTests
{
    [Theory]
    [InlineData("198.51.100.9", "eth0", 22, true)]
    [InlineData("203.0.113.9", "eth0", 22, false)]
    [InlineData("203.0.113.7", "eth0", 443, true)]
    [InlineData("203.0.113.8", "eth0", 443, false)]
    [InlineData("203.0.113.8", "eth1", 443, true)]
    public void A_set_declared_by_typeof_is_the_set_of_that_type(string source, string device, int port, bool passes)
    {
        FirewallModel model = Model(Listing(
            """{"set":{"family":"inet","name":"admins","table":"t","type":{"typeof":{"payload":{"protocol":"ip","field":"saddr"}}},"handle":2,"flags":"interval","elem":[{"prefix":{"addr":"198.51.100.0","len":24}}]}}""",
            """{"set":{"family":"inet","name":"svc","table":"t","type":{"typeof":{"concat":[{"payload":{"protocol":"ip","field":"saddr"}},{"payload":{"protocol":"tcp","field":"dport"}}]}},"handle":3,"elem":[{"concat":["203.0.113.7",443]}]}}""",
            """{"map":{"family":"inet","name":"v","table":"t","type":{"typeof":{"meta":{"key":"iifname"}}},"handle":4,"map":"verdict","elem":[["eth1",{"accept":null}]]}}""",
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 6, $"{Payload("ip", "saddr", "\"@admins\"")},{Payload("tcp", "dport", "22")},{Accept}"),
            Rule(
                "in", 7,
                $$"""{"match":{"op":"==","left":{"concat":[{"payload":{"protocol":"ip","field":"saddr"} },{"payload":{"protocol":"tcp","field":"dport"} }]},"right":"@svc"} },{{Accept}}"""),
            Rule("in", 8, """{"vmap":{"key":{"meta":{"key":"iifname"}},"data":"@v"}}""")));
        Packet packet = Tcp(source, "192.0.2.11", port);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of(device);
        Assert.Equal(passes, model.Judge(model.Hook("input"), packet).Passes);
    }

    [Theory]
    [InlineData(""","type":{"typeof":{"osf":{"key":"name"}}}""")]
    [InlineData(""","type":"ipv4_addr","colour":"red" """)]
    [InlineData(""","type":"ipv4_addr","flags":["volatile"]""")]
    [InlineData(""","type":"ipv4_addr","stmt":[{"limit":{"rate":1,"burst":5,"per":"second"}}]""")]
    [InlineData(""","type":"ipv4_addr","elem":[{"elem":{"val":"198.51.100.9","limit":{"rate":1,"per":"second"}}}]""")]
    public void A_set_of_which_something_is_not_understood_is_undecided(string members)
    {
        FirewallModel model = Model(Listing(
            $$$"""{"set":{"family":"inet","name":"s","table":"t","handle":2{{{members}}}}}""",
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 6, $"{Payload("ip", "saddr", "\"@s\"")},{Accept}")));
        Assert.Null(model.Judge(model.Hook("input"), Tcp("198.51.100.9", "192.0.2.11", 22)).Passes);
    }

    // The same words in two tables: each means the set of its own table.
    [Theory]
    [InlineData("198.51.100.9", false)]
    [InlineData("198.51.100.10", false)]
    [InlineData("198.51.100.11", true)]
    public void A_set_is_looked_up_in_the_table_of_its_rule(string source, bool passes)
    {
        string[] tables = ["t", "u"];
        FirewallModel model = Model(Listing(tables.SelectMany(static (table, index) => (string[])
        [
            $$$"""{"set":{"family":"inet","name":"s","table":"{{{table}}}","handle":2,"type":"ipv4_addr","elem":["198.51.100.{{{9 + index}}}","198.51.100.11"]}}""",
            $$$"""{"chain":{"family":"inet","table":"{{{table}}}","name":"in","handle":5,"type":"filter","hook":"input","prio":{{{index}}},"policy":"drop"}}""",
            Rule("in", 6, $"{Payload("ip", "saddr", "\"@s\"")},{Accept}").Replace("\"t\"", $"\"{table}\"", StringComparison.Ordinal),
        ])));
        Assert.Equal(passes, model.Judge(model.Hook("input"), Tcp(source, "192.0.2.11", 22)).Passes);
    }

    // What a long listing says in many rules is read once and is the same object.
    [Fact]
    public void Statements_that_are_written_alike_are_read_once()
    {
        string match = Payload("ip", "saddr", "\"@s\"");
        Ruleset ruleset = NftRulesetParser.Parse(Listing(
            """{"set":{"family":"inet","name":"s","table":"t","handle":2,"type":"ipv4_addr","elem":["198.51.100.9"]}}""",
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 6, $"{match},{Payload("tcp", "dport", "22")},{Accept}"),
            Rule("in", 7, $"{match},{Payload("tcp", "dport", "23")},{Accept}")));
        FirewallRule[] rules = [.. ruleset.Rules];
        Assert.Same(rules[0].Statements[1], rules[1].Statements[1]);
        Assert.Equal(["ip saddr @s tcp dport 22 accept", "ip saddr @s tcp dport 23 accept"], rules.Select(static rule => rule.Source));
        Assert.Equal([1, 2], rules.Select(static rule => rule.Position));
    }

    [Fact]
    public void A_finding_names_the_word_that_is_not_known()
    {
        string listing = Listing(
            """{"set":{"family":"inet","name":"s","table":"t","handle":2,"type":"ipv4_addr","colour":"red"}}""",
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 6, $"{Payload("ip", "saddr", "\"@s\"")},{Accept}"));
        Assert.Contains(
            Fixture.Judge("FW-001", Fixture.Facts(listing)),
            finding => finding.Reason?.Contains("unknown nftables member 'set.colour'", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(""","stmt":[{"counter":null}]""")]
    [InlineData(""","comment":"x","auto-merge":true,"gc-interval":5,"policy":"memory","size":9""")]
    public void What_only_counts_or_tells_changes_nothing(string members)
    {
        FirewallModel model = Model(Listing(
            $$$"""{"set":{"family":"inet","name":"s","table":"t","handle":2,"type":"ipv4_addr"{{{members}}},"elem":[{"elem":{"val":"198.51.100.9","counter":{"packets":1,"bytes":60},"comment":"office"}}]}}""",
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            Rule("in", 6, $"{Payload("ip", "saddr", "\"@s\"")},{Accept}")));
        Assert.True(model.Judge(model.Hook("input"), Tcp("198.51.100.9", "192.0.2.11", 22)).Passes);
    }

    // A packet with an extension header has another next header than its transport protocol (RFC 8200, 4).
    [Theory]
    [InlineData("tcp", 0, "accept", false)]
    [InlineData("tcp", PacketValues.DestinationOptions + 1, "accept", true)]
    [InlineData("tcp", PacketValues.HopByHop + 1, "accept", true)]
    [InlineData("60", PacketValues.DestinationOptions + 1, "accept", false)]
    public void The_next_header_is_the_transport_protocol_only_without_extension_headers(
        string header, int extension, string policy, bool passes)
    {
        FirewallModel model = Model(Input(policy, $"{Payload("ip6", "nexthdr", $"\"{header}\"")},{Drop}"));
        Assert.Equal(passes, model.Judge(model.Hook("input"), Extended(extension)).Passes);
        FirewallModel whole = Model(
            Input(policy, $$"""{"match":{"op":"==","left":{"meta":{"key":"l4proto"} },"right":"tcp"} },{{Drop}}"""));
        Assert.False(whole.Judge(whole.Hook("input"), Extended(extension)).Passes);
    }

    [Fact]
    public void A_port_closed_by_the_next_header_is_open_to_who_makes_packets_by_hand()
    {
        string listing = Input(
            "accept", $"{Payload("ip6", "nexthdr", "\"tcp\"")},{Drop}", $"{Payload("ip6", "nexthdr", "\"udp\"")},{Drop}",
            $$"""{"match":{"op":"==","left":{"meta":{"key":"nfproto"} },"right":"ipv4"} },{{Drop}}""");
        Assert.Contains(
            Fixture.Judge("FW-010", Fixture.Facts(listing)),
            finding => finding.Status == Ops.Findings.FindingStatus.Fail
                && finding.Evidence!.Contains("first exthdr + 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Ip6tables_follows_the_headers_to_the_protocol()
    {
        FirewallModel model = new(
            IptablesSaveParser.Parse("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\nCOMMIT\n", 6, RulesetOrigin.Nftables),
            new HostNetwork());
        Assert.False(model.Judge(model.Hook("input"), Extended(PacketValues.DestinationOptions + 1)).Passes);
    }

    [Theory]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr","iif"]}}""", "true", "eth0", true)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr","iif"]}}""", "true", "eth1", false)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr","iif"]}}""", "false", "eth1", true)]
    [InlineData("""{"fib":{"result":"check","flags":["saddr","iif"]}}""", "false", "eth1", true)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr"]}}""", "\"eth0\"", "eth1", true)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr"]}}""", "\"eth1\"", "eth1", false)]
    [InlineData("""{"fib":{"result":"oifname","flags":["saddr"]}}""", "{\"set\":[\"eth0\",\"eth1\"]}", "eth1", true)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr","iif"]}}""", "\"eth0\"", "eth0", true)]
    [InlineData("""{"fib":{"result":"oif","flags":["saddr","iif"]}}""", "\"eth1\"", "eth1", false)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr"]}}""", "\"local\"", "eth1", true)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr","iif"]}}""", "\"local\"", "eth0", true)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr","iif"]}}""", "\"local\"", "eth1", false)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr"]}}""", "{\"set\":[\"broadcast\",\"multicast\"]}", "eth1", false)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr"]}}""", "\"blackhole\"", "eth1", null)]
    [InlineData("""{"fib":{"result":"type","flags":["daddr","oif"]}}""", "\"local\"", "eth1", null)]
    [InlineData("""{"fib":{"result":"wonder","flags":["daddr"]}}""", "\"local\"", "eth1", null)]
    public void A_routing_lookup_gives_what_the_routes_say(string left, string right, string device, bool? matches)
    {
        HostNetwork network = Fixture.Network with
        {
            Interfaces = ["lo", "eth0", "eth1"],
            Addresses = [.. Fixture.Network.Addresses, new("eth1", IPAddress.Parse("10.0.0.1"), 24)],
            Routes = [.. Fixture.Network.Routes, new(IPAddress.Parse("10.0.0.0"), 24, "eth1")],
        };
        FirewallModel model = new(
            NftRulesetParser.Parse(Input("drop", $$"""{"match":{"op":"==","left":{{left}},"right":{{right}} } },{{Accept}}""")), network);
        Packet packet = Tcp("203.0.113.7", "192.0.2.11", 22);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of(device);
        Assert.Equal(matches, model.Judge(model.Hook("input"), packet).Passes);
    }

    [Theory]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"tunnel":"vxlan","protocol":"tcp","field":"dport"}},"right":22}}""")]
    [InlineData("""{"match":{"op":"==","left":{"meta":{"key":"moonphase"}},"right":1}}""")]
    [InlineData("""{"match":{"op":"==","left":{"tcp option":{"name":"maxseg","field":"size"}},"right":1}}""")]
    [InlineData("""{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":22,"unless":true}}""")]
    [InlineData("""{"teleport":{"to":"mars"}}""")]
    [InlineData("""{"fwd":{"dev":"eth1"}}""")]
    [InlineData("""{"queue":{"num":1}}""")]
    [InlineData("""{"dnat":{"addr":"172.17.0.2","port":22,"unless":true}}""")]
    [InlineData("""{"mangle":{"key":{"meta":{"key":"mark"}},"value":1,"unless":true}}""")]
    [InlineData("""{"vmap":{"key":{"meta":{"key":"mark"}},"data":{"set":[[1,{"drop":null}]]},"unless":true}}""")]
    [InlineData("""{"reject":{"type":"icmp","expr":"port-unreachable","unless":true}}""")]
    [InlineData("""{"set":{"op":"add","elem":{"payload":{"protocol":"ip","field":"saddr"}},"set":"@s","unless":true}}""")]
    public void What_is_not_modelled_is_undecided(string statement)
    {
        FirewallModel model = Model(Input("drop", $"{statement},{Accept}"));
        Assert.Null(model.Judge(model.Hook("input"), Tcp("198.51.100.9", "192.0.2.11", 22)).Passes);
    }

    [Fact]
    public void A_rule_with_a_member_that_is_not_known_is_undecided()
    {
        FirewallModel model = Model(Listing(
            """{"chain":{"family":"inet","table":"t","name":"in","handle":5,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            $$$"""{"rule":{"family":"inet","table":"t","chain":"in","handle":6,"schedule":"night","expr":[{{{Accept}}}]}}"""));
        Assert.Null(model.Judge(model.Hook("input"), Tcp("198.51.100.9", "192.0.2.11", 22)).Passes);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(42, true)]
    public void A_mark_copied_from_the_connection_is_known(int set, bool passes)
    {
        const string Copy = """{"mangle":{"key":{"meta":{"key":"mark"}},"value":{"ct":{"key":"mark"}}}}""";
        const string Marked = """{"match":{"op":"==","left":{"meta":{"key":"mark"}},"right":42}}""";
        string assign = $$$"""{"mangle":{"key":{"ct":{"key":"mark"}},"value":{{{set}}}}}""";
        FirewallModel model = Model(Input("drop", assign, Copy, $"{Marked},{Accept}"));
        Packet packet = Tcp("198.51.100.9", "192.0.2.11", 22);
        Assert.Equal(passes, model.Judge(model.Hook("input"), packet).Passes);
        Assert.Equal(passes, new Tracer(model).Run("input", packet));
    }

    private static Packet Extended(int extension)
    {
        Packet packet = Tcp("2001:db8:ffff::7", "2001:db8:1::11", 3306);
        packet[PacketField.ExtensionHeader] = (UInt128)extension;
        return packet;
    }
}
