using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

public sealed class FirewallControlTests
{
    [Fact]
    public void A_clean_server_has_no_finding()
    {
        FirewallFacts facts = Fixture.Facts(Fixture.Clean);
        Finding[] bad =
        [
            .. FirewallControls.All.SelectMany(control => Fixture.Judge(control.Info.Id, facts))
                .Where(finding => finding.Status is not (FindingStatus.Pass or FindingStatus.NotApplicable)),
        ];
        Assert.True(
            bad.Length == 0,
            string.Join(
                '\n',
                bad.Select(
                    finding =>
                        $"{finding.ControlId} {finding.Status} {finding.Target}: {finding.Actual} | {finding.Evidence} | "
                            + $"{finding.Reason}")));
    }

    [Fact]
    public async Task What_is_judged_while_facts_are_read_gives_the_same_findings()
    {
        string broken = Fixture.WithFirst("services", $"{Payload("tcp", "dport", "8080")},{Accept}");
        FirewallFacts prepared = Fixture.Facts(broken);
        Assert.True(prepared.Ruleset.TryGet(out Ruleset? ruleset) && prepared.Network.TryGet(out HostNetwork? _));
        await FirewallAnalysis.PrepareAsync(
            Fixture.Site.Find("web-01")!, Fixture.Site, prepared.Network, ruleset, FirewallControls.ByRules);

        string[] Words(FirewallFacts facts) =>
            [
                .. FirewallControls.All.SelectMany(control => Fixture.Judge(control.Info.Id, facts))
                    .Select(finding => $"{finding.ControlId} {finding.Status} {finding.Target}: {finding.Actual} {finding.Evidence}"),
            ];
        Assert.Equal(Words(Fixture.Facts(broken)), Words(prepared));
    }

    [Fact]
    public async Task What_is_judged_while_facts_are_read_is_not_judged_again()
    {
        int times = 0;
        IEnumerable<Verdict> Count(FirewallAnalysis analysis)
        {
            times++;
            return [Verdict.Pass(analysis.Server.Name)];
        }

        FirewallFacts facts = Fixture.Facts(Fixture.Clean);
        Server server = Fixture.Site.Find("web-01")!;
        Func<FirewallAnalysis, IEnumerable<Verdict>> count = Count;
        await FirewallAnalysis.PrepareAsync(server, Fixture.Site, facts.Network, facts.Ruleset.Value!, [count]);
        ServerCase<FirewallFacts> judged = new(server, Fixture.Site, facts, TestSite.Now);
        Assert.Equal("web-01", Assert.Single(FirewallAnalysis.JudgeRules(judged, count)).Target);
        Assert.Equal(1, times);

        // Another site has another policy.
        _ = FirewallAnalysis.JudgeRules(judged with { Site = Fixture.Site with { Name = "other" } }, count);
        Assert.Equal(2, times);
    }

    [Fact]
    public async Task A_ruleset_that_is_too_complex_costs_no_facts()
    {
        FirewallFacts facts = Fixture.Facts(Fixture.Clean) with
        {
            Network = Reading.Of(
                Fixture.Network with { Interfaces = [.. Enumerable.Range(0, 300).Select(static number => $"eth{number}")] }),
        };
        await FirewallAnalysis.PrepareAsync(
            Fixture.Site.Find("web-01")!, Fixture.Site, facts.Network, facts.Ruleset.Value!, FirewallControls.ByRules);

        // The audit makes it Unknown (SafeJudge), of the controls that need the model alone.
        Assert.Equal("RulesetTooComplex", Assert.Throws<FoobarException>(() => Fixture.Judge("FW-001", facts)).ErrorId);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Fixture.Judge("FW-008", facts)).Status);
    }

    [Fact]
    public void An_accept_hidden_behind_a_jump_is_found_with_its_rule_and_a_packet()
    {
        Finding finding = Failed("FW-001", Fixture.WithFirst("services", $"{Payload("tcp", "dport", "8080")},{Accept}"));
        Assert.Equal("inet filter services: tcp dport 8080 accept", finding.Target);
        Assert.Contains("inet filter services rule 1 (handle 99): accept", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("dport 8080", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("192.0.2.11:8080", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_element_too_wide_is_found_with_exactly_what_it_opens()
    {
        Finding finding = Failed("FW-001", Fixture.Clean.Replace("\"len\": 28", "\"len\": 27", StringComparison.Ordinal));
        Assert.Contains("203.0.113.16/28", finding.Actual, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.0/", finding.Actual, StringComparison.Ordinal);
        Assert.Equal(
            FindingStatus.Fail,
            Assert.Single(
                Fixture.Judge("FW-010", Fixture.Facts(Fixture.Clean.Replace("\"len\": 28", "\"len\": 27", StringComparison.Ordinal))),
                item => item.Status == FindingStatus.Fail).Status);
    }

    [Fact]
    public void A_flow_that_is_dropped_is_found_with_the_rule_that_drops_it()
    {
        Finding finding = Failed(
            "FW-002",
            Fixture.WithFirst("services", $"{Payload("tcp", "dport", "3306")},{Payload("ip", "saddr", "\"192.0.2.12\"")},{Drop}"));
        Assert.Equal("flow replication", finding.Target);
        Assert.Contains("handle 99", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void IPv6_left_open_beside_a_closed_IPv4_is_found()
    {
        const string OnlySix = """{"match":{"op":"==","left":{"meta":{"key":"nfproto"}},"right":"ipv6"} }""";
        Finding finding = Failed("FW-003", Fixture.WithFirst("services", $"{OnlySix},{Payload("tcp", "dport", "443")},{Accept}"));
        Assert.Contains("[2001:db8:b::11]:443", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_names_only_what_a_packet_can_be()
    {
        const string NotLoopback =
            """{"match":{"op":"!=","left":{"meta":{"key":"iifname"}},"right":"lo"} },{"match":{"op":"!=","left":{"ct":{"key":"state"}},"right":"related"} }""";
        HookDifference difference = Assert.Single(
            RulesetComparison.Compare(
                NftRulesetParser.Parse(Fixture.Clean),
                NftRulesetParser.Parse(Fixture.WithFirst("services", $"{NotLoopback},{Payload("tcp", "dport", "8080")},{Accept}"))));
        Assert.Contains("dport 8080", string.Join('\n', difference.Opened), StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(iifname|ct state) [^}]*\d-\d", string.Join('\n', difference.Opened));
    }

    [Fact]
    public void A_default_of_accept_is_found()
    {
        string open = Fixture.Edit(Fixture.Clean, objects =>
        {
            objects.First(item => (string?)item!["chain"]?["name"] == "input")!["chain"]!["policy"] = "accept";
            objects.Remove(objects.Last(item => (string?)item!["rule"]?["chain"] == "input"));
        });
        Assert.Equal("input", Failed("FW-004", open).Target);
        Assert.Equal(
            2, Fixture.Judge("FW-004", Fixture.Facts("", forwarding: true)).Count(finding => finding.Status == FindingStatus.Fail));
    }

    [Fact]
    public void A_firewall_that_takes_no_replies_is_found()
    {
        string deaf = Fixture.Edit(
            Fixture.Clean, objects => objects.Remove(objects.First(item => (string?)item!["rule"]?["chain"] == "input")));
        Assert.Equal(
            ["IPv4 established", "IPv6 established"],
            Fixture.Judge("FW-005", Fixture.Facts(deaf))
                .Where(finding => finding.Status == FindingStatus.Fail)
                .Select(finding => finding.Target));
    }

    [Fact]
    public void A_construct_that_is_not_understood_is_unknown_with_its_name_and_its_rule()
    {
        string foreign = Fixture.WithFirst(
            "services", """{"match":{"op":"==","left":{"quantum":{"spin":"up"} },"right":1} },{"accept":null}""");
        Finding finding = Assert.Single(Fixture.Judge("FW-001", Fixture.Facts(foreign)), item => item.Status == FindingStatus.Unknown);
        Assert.StartsWith("inet filter services: ", finding.Target, StringComparison.Ordinal);
        Assert.Contains("inet filter services rule 1 (handle 99): unknown", finding.Reason, StringComparison.Ordinal);
        Assert.Contains("quantum", finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Overlapping_flows_of_a_ruleset_made_from_the_policy_are_no_finding_but_an_operator_s_rule_before_them_is()
    {
        string Commented(int handle, string comment, string expr) =>
            $$$"""{"rule":{"family":"inet","table":"t","chain":"in","handle":{{{handle}}},"comment":"{{{comment}}}","expr":[{{{expr}}}] } }""";
        string[] flows =
        [
            Commented(2, "Foobar.Ops FW-002 flow metrics", $"{Payload("tcp", "dport", "{\"range\":[80,90]}")},{Accept}"),
            Commented(3, "Foobar.Ops FW-002 flow web", $"{Payload("tcp", "dport", "80")},{Accept}"),
        ];
        string chain =
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"} }""";
        Assert.Equal(FindingStatus.Pass, Assert.Single(Fixture.Judge("FW-006", Fixture.Facts(Listing([chain, .. flows])))).Status);
        string[] closed = [chain, Rule("in", 9, Drop), .. flows];
        Assert.Equal(2, Fixture.Judge("FW-006", Fixture.Facts(Listing(closed))).Count(item => item.Status == FindingStatus.Fail));
    }

    [Fact]
    public void Shadowed_redundant_and_dead_rules_are_found_with_what_makes_them_so()
    {
        string accepts80 = $"{Payload("tcp", "dport", "80")},{Payload("ip", "saddr", "\"192.0.2.10\"")}";
        Finding[] hidden =
        [
            .. Fixture.Judge("FW-006", Fixture.Facts(Fixture.WithFirst("services", $"{Payload("tcp", "dport", "80")},{Drop}")))
                .Where(finding => finding.Status == FindingStatus.Fail),
        ];
        Finding shadowed = hidden[0];
        Assert.Equal(2, hidden.Length);
        Assert.Contains("shadowed by inet filter services rule 1 (handle 99)", shadowed.Actual, StringComparison.Ordinal);
        Finding redundant = Fixture.Judge("FW-006", Fixture.Facts(Fixture.WithFirst("services", $"{accepts80},{Accept}")))
            .Single(finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("handle 99", redundant.Actual, StringComparison.Ordinal);
        Finding dead = Fixture.Judge(
            "FW-007", Fixture.Facts(Fixture.WithFirst("services", $"{accepts80},{Payload("udp", "dport", "80")},{Accept}")))
            .Single(finding => finding.Status == FindingStatus.Fail);
        Assert.Contains("handle 99", dead.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_idle_rules_those_that_are_not_told_one_by_one_are_told_with_their_places()
    {
        string[] rules = [Drop, .. Enumerable.Range(1, 70).Select(static port => $"{Payload("tcp", "dport", $"{port}")},{Accept}")];
        Finding[] shadowed = [.. Fixture.Judge("FW-006", Fixture.Facts(Input("drop", rules)))];
        Assert.Equal(51, shadowed.Length);
        Assert.Equal((FindingStatus.Fail, "inet t in"), (shadowed[^1].Status, shadowed[^1].Target));
        Assert.Contains("20 more shadowed: rule 52-71", shadowed[^1].Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"set":["icmp","ipv6-icmp"]}""", FindingStatus.Pass)]
    [InlineData("\"ipv6-icmp\"", FindingStatus.Fail)]
    public void Control_messages_are_open_over_IPv6_where_all_of_them_are_over_IPv4(string protocols, FindingStatus expected)
    {
        string rule = $$$"""{"match":{"op":"==","left":{"meta":{"key":"l4proto"}},"right":{{{protocols}}}}},{{{Accept}}}""";
        Assert.Equal(expected, Assert.Single(Fixture.Judge("FW-003", Fixture.Facts(Input("drop", rule)))).Status);
    }

    [Fact]
    public void One_control_message_over_IPv4_does_not_open_all_over_IPv6()
    {
        const string Six = """{"match":{"op":"==","left":{"meta":{"key":"l4proto"}},"right":"ipv6-icmp"}}""";
        FirewallFacts facts = Fixture.Facts(
            Input("drop", $"{Payload("icmp", "type", "\"timestamp-request\"")},{Accept}", $"{Six},{Accept}"));
        Assert.Equal(FindingStatus.Fail, Assert.Single(Fixture.Judge("FW-003", facts)).Status);
    }

    [Theory]
    [InlineData(true, false, FindingStatus.Pass)]
    [InlineData(false, true, FindingStatus.Fail)]
    public void A_default_of_the_forward_chain_counts_for_the_IP_version_that_the_kernel_forwards(
        bool four, bool six, FindingStatus expected)
    {
        string chains = Listing(
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
            """{"chain":{"family":"ip","table":"t","name":"four","handle":2,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}""",
            """{"chain":{"family":"ip6","table":"t","name":"six","handle":3,"type":"filter","hook":"forward","prio":0,"policy":"accept"}}""");
        FirewallFacts facts = Fixture.Facts(chains) with { Forwarding = Reading.Of(new ForwardingSettings(four, six)) };

        Assert.Equal(expected, Assert.Single(Fixture.Judge("FW-004", facts), static finding => finding.Target == "forward").Status);
    }

    [Fact]
    public void What_the_next_boot_would_open_is_found()
    {
        FirewallFacts facts = Fixture.Facts(
            Fixture.Clean, persisted: Fixture.WithFirst("services", $"{Payload("tcp", "dport", "25")},{Accept}"));
        Finding finding = Assert.Single(Fixture.Judge("FW-008", facts), item => item.Status == FindingStatus.Fail);
        Assert.Contains("the next boot opens", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("dport 25", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_translation_around_the_input_chain_is_found()
    {
        string docker = Fixture.Edit(Fixture.Clean, objects =>
        {
            objects.Add(
                JsonNode.Parse(
                    """{"chain":{"family":"ip","table":"nat","name":"DOCKER","handle":2,"type":"nat","hook":"prerouting","prio":-100,"policy":"accept"}}"""));
            objects.Add(
                JsonNode.Parse(
                    """{"rule":{"family":"ip","table":"nat","chain":"DOCKER","handle":3,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":8080}},{"dnat":{"addr":"172.17.0.2","port":80}}]}}"""));
            objects.First(item => (string?)item!["chain"]?["name"] == "forward")!["chain"]!["policy"] = "accept";
        });
        FirewallFacts facts = Fixture.Facts(docker, forwarding: true);
        Finding finding = Assert.Single(Fixture.Judge("FW-012", facts), item => item.Status == FindingStatus.Fail);
        Assert.Equal("ip nat DOCKER: tcp dport 8080 dnat to 172.17.0.2:80", finding.Target);
        Assert.Contains("192.0.2.11:8080", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains(Fixture.Judge("FW-011", facts), item => item.Status == FindingStatus.Fail);
    }

    [Fact]
    public void Legacy_iptables_beside_nftables_is_found()
    {
        RulesetText both = new()
        {
            Nftables = Fixture.Clean,
            LegacyIptables = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 3306 -j DROP\nCOMMIT\n",
        };
        FirewallFacts facts = Fixture.Facts(Fixture.Clean, running: both);
        Assert.Equal(FindingStatus.Fail, Assert.Single(Fixture.Judge("FW-013", facts)).Status);
        Assert.Contains(Fixture.Judge("FW-002", facts), item => item is { Status: FindingStatus.Fail, Target: "flow replication" });
    }

    [Fact]
    public void A_service_bound_wider_than_its_flows_is_found()
    {
        Site narrow = Fixture.Site with
        {
            Policy = new Policy { Flows = [TestSite.MakeFlow("replication", "database", "192.0.2.11", "tcp/3306")] },
        };
        FirewallFacts facts = Fixture.Facts(
            Fixture.Clean,
            sockets: new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = "*", Port = 3306, Processes = ["mysqld"] });
        Finding finding = Assert.Single(TestSite.Judge(FirewallControls.All, "FW-009", facts, site: narrow));
        Assert.Equal((FindingStatus.Fail, "tcp/3306 on *"), (finding.Status, finding.Target));
        Assert.Contains("2001:db8:b::11", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void What_could_not_be_read_is_unknown_and_never_a_pass()
    {
        FirewallFacts facts = Fixture.Facts("{\"nftables\":[{\"rule\"");
        Assert.All(FirewallControls.All.Where(control => control.Info.Id is not "FW-011"), control =>
            Assert.All(Fixture.Judge(control.Info.Id, facts), finding => Assert.Equal(FindingStatus.Unknown, finding.Status)));
    }

    [Fact]
    public void Facts_come_back_from_a_snapshot_unchanged()
    {
        FirewallFacts facts = Fixture.Facts(Fixture.Clean);
        JsonSerializerOptions options = new() { Converters = { new AddressConverter() } };
        FirewallFacts back = JsonSerializer.Deserialize<FirewallFacts>(JsonSerializer.Serialize(facts, options), options)!;
        Assert.Equal(facts.Running, back.Running);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Fixture.Judge("FW-001", back)).Status);
    }

    [Fact]
    public void A_comparison_tells_the_packets_that_changed_and_nothing_of_order()
    {
        string wider = Fixture.Clean.Replace("\"len\": 28", "\"len\": 27", StringComparison.Ordinal);
        HookDifference difference = Assert.Single(
            RulesetComparison.Compare(NftRulesetParser.Parse(Fixture.Clean), NftRulesetParser.Parse(wider)));
        Assert.Equal(("input", 0), (difference.Hook, difference.Closed.Count));
        Assert.All(difference.Opened, line => Assert.Contains("203.0.113.16/28", line, StringComparison.Ordinal));
        string reordered = Fixture.Edit(Fixture.Clean, objects =>
        {
            JsonNode last = objects.Last(item => (string?)item!["rule"]?["chain"] == "services")!;
            objects.Remove(last);
            objects.Insert(objects.IndexOf(objects.First(item => (string?)item!["rule"]?["chain"] == "services")), last);
        });
        Assert.NotEqual(reordered, Fixture.Edit(Fixture.Clean, _ => { }));
        Assert.Empty(RulesetComparison.Compare(NftRulesetParser.Parse(Fixture.Clean), NftRulesetParser.Parse(reordered)));
    }

    private static Finding Failed(string id, string listing) =>
        Assert.Single(Fixture.Judge(id, Fixture.Facts(listing)), finding => finding.Status == FindingStatus.Fail);

    private sealed class AddressConverter : System.Text.Json.Serialization.JsonConverter<IPAddress>
    {
        public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            IPAddress.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
