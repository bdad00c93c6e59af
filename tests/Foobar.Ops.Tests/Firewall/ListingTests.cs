using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Tests.Firewall;

public sealed class ListingTests
{
    private const string Ipsets =
        "create s hash:net,port family inet hashsize 1024\nadd s 10.0.0.0/8,tcp:80\nadd s 10.1.0.0/16,tcp:80 nomatch\n"
            + "create p bitmap:port range 0-1000\nadd p 22\n";

    private const string Saved = """
        *filter
        :INPUT DROP [0:0]
        :web - [0:0]
        [3:180] -A INPUT -s 10.0.0.0/8 -i eth+ -p tcp -m tcp --dport 80:81 -m comment --comment "say \"hi\"" -j web
        -A INPUT -m set --match-set s src,dst -j ACCEPT
        -A INPUT ! -s 192.0.2.0/24 -p tcp -m multiport --dports 22,443 -m conntrack --ctstate NEW -g web
        -A web -m statistic --mode random --probability 0.5 -j DROP
        -A web -j ACCEPT
        COMMIT
        """;

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(text => NftRulesetParser.Parse(text), Fixture.Clean, Fixture.Text("constructs.json"));
        ParserProperties.TakesOrRefusesAnyText(
            text => IptablesSaveParser.Parse(text, 4, RulesetOrigin.Nftables, Ipsets), Saved, Fixture.Text("ufw.v4"));
        ParserProperties.TakesOrRefusesAnyText(text => IpsetParser.Parse(text), Ipsets);
        ParserProperties.TakesOrRefusesAnyText(
            text => NetworkParser.Parse(text, [text], [text]),
            """[{"ifname":"eth0","addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]"""
                .Replace("ifname", "dst\":\"default\",\"ifname", StringComparison.Ordinal));
    }

    [Fact]
    public void The_rules_of_a_long_listing_keep_their_order_in_each_chain()
    {
        Ruleset ruleset = NftRulesetParser.Parse(Long(5000));

        Assert.Equal(["a", "b"], ruleset.Chains.Select(chain => chain.Name));
        Assert.All(ruleset.Chains, chain =>
        {
            Assert.Equal(2500, chain.Rules.Count);
            Assert.Equal(Enumerable.Range(1, 2500), chain.Rules.Select(rule => rule.Position));
            Assert.Equal(chain.Rules.Select(rule => rule.Handle).Order(), chain.Rules.Select(rule => rule.Handle));
            Assert.All(chain.Rules, rule => Assert.Equal($"# {rule.Handle}", rule.Comment));
        });
    }

    [Fact]
    public void A_long_listing_with_one_rule_that_is_none_is_refused_with_the_reason()
    {
        string broken = Long(5000).Replace("\"handle\": 4321,", "\"handle\": \"x\",", StringComparison.Ordinal);

        ParseException error = Assert.Throws<ParseException>(() => NftRulesetParser.Parse(broken));

        Assert.StartsWith("not a listing of nftables: ", error.Problem, StringComparison.Ordinal);
    }

    private static string Long(int rules)
    {
        IEnumerable<string> objects = Enumerable.Range(1, rules).Select(index =>
            $$$"""{"rule": {"family": "inet", "table": "t", "chain": "{{{(index % 2 == 0 ? "a" : "b")}}}", "handle": {{{index}}}, "comment": "# {{{index}}}", "expr": [{"accept": null}]}}""");
        string chains = string.Join(
            ", ", ((string[])["a", "b"]).Select(name => $$$"""{"chain": {"family": "inet", "table": "t", "name": "{{{name}}}"}}"""));
        return $$$"""{"nftables": [{"table": {"family": "inet", "name": "t"}}, {{{chains}}}, {{{string.Join(", ", objects)}}}]}""";
    }

    [Theory]
    [InlineData("-A INPUT -p tcp -j ACCEPT", "-p tcp")]
    [InlineData("[0:0] -A\t INPUT -p tcp -j ACCEPT", "-p tcp")]
    [InlineData("-A \"INPUT\" -p tcp -g web", "-p tcp")]
    [InlineData("-A INPUT -m comment --comment \"a -j b\" -j ACCEPT", "-m comment --comment \"a -j b\"")]
    [InlineData("-A INPUT -s 192.0.2.0/24", "-s 192.0.2.0/24")]
    [InlineData("-A INPUT -j ACCEPT", "")]
    public void A_rule_of_iptables_shows_its_condition_and_itself(string line, string condition)
    {
        FirewallRule rule = Assert.Single(
            IptablesSaveParser.Parse($"*filter\n:INPUT DROP [0:0]\n:web - [0:0]\n{line}\nCOMMIT\n", 4, RulesetOrigin.Nftables).Rules);
        Assert.Equal(condition, string.Concat(rule.Matches));
        Assert.StartsWith("-A", rule.Source);
    }

    [Fact]
    public void Whatever_was_taken_can_be_judged()
    {
        ParserProperties.TakesOrRefusesAnyText(
            text =>
            {
                FirewallModel model = new(NftRulesetParser.Parse(text), new HostNetwork());
                return model.Hook("input") + model.Hook("prerouting");
            },
            Fixture.Clean);
    }

    [Fact]
    public void Every_construct_of_nftables_is_understood_or_named()
    {
        Ruleset ruleset = NftRulesetParser.Parse(Fixture.Text("constructs.json"));
        string[] With(Func<Statement, bool> wanted) => [.. ruleset.Rules
            .Where(rule => rule.Statements.Any(wanted))
            .Select(
                rule => (rule.Matches.Count > 0 ? rule.Matches[0] : rule.Source).Replace(" drop", string.Empty, StringComparison.Ordinal))];
        Assert.Equal(
            ["ip frag-off & 8191 != 0"],
            With(
                step =>
                    step is Statement.UnknownEffect
                        or Statement.AssignUnknown { Field: not PacketField.ConnectionMark }
                        or Statement.Test { Condition: Condition.Undecided }));
        Assert.Equal(
            ["limit rate 10/second", "update @dy { ip saddr limit rate 5/second }", "ct count over 5"],
            With(step => step is Statement.Test { Condition: Condition.Sometimes }));
    }

    [Theory]
    [InlineData("{\"nftables\":[{\"metainfo\":{\"json_schema_version\":2}}]}", "schema version 2")]
    [InlineData("{\"nftables\":[{\"rule\":{\"family\":\"inet\"", "not complete JSON")]
    [InlineData("{\"tables\":[]}", "not a listing")]
    public void A_foreign_or_cut_listing_is_refused_with_what_is_wrong(string json, string problem)
    {
        ParseException error = Assert.Throws<ParseException>(() => NftRulesetParser.Parse(json, "web-01"));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal("web-01", error.Server);
    }

    [Fact]
    public void An_unknown_expression_makes_only_its_own_space_unknown_and_is_named()
    {
        FirewallModel model = Rules.Model(Rules.Input(
            "drop",
            $$$"""{"match":{"op":"==","left":{"quantum":{"spin":"up"} },"right":1} },{{{Rules.Accept}}}"""
                .Replace("},{{{", "},", StringComparison.Ordinal),
            $"{Rules.Payload("tcp", "dport", "80")},{Rules.Accept}"));
        Assert.True(model.Judge(model.Hook("input"), Rules.Tcp("10.0.0.1", "10.0.0.2", 80)).Passes);
        Assert.Null(model.Judge(model.Hook("input"), Rules.Tcp("10.0.0.1", "10.0.0.2", 81)).Passes);
        Tracer tracer = new(model);
        Assert.Null(tracer.Run("input", Rules.Tcp("10.0.0.1", "10.0.0.2", 81)));
        Assert.Contains("quantum", tracer.Steps[^1].Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("icmp", 4)]
    [InlineData("icmpv6", 6)]
    public void A_rejection_by_one_version_s_errors_is_of_that_version(string type, int family)
    {
        FirewallModel model = Rules.Model(Rules.Input("accept", $$$"""{"reject":{"type":"{{{type}}}","expr":"port-unreachable"} }"""));
        foreach ((int version, string from, string to) in ((int, string, string)[])
        [
            (4, "192.0.2.1", "192.0.2.2"), (6, "2001:db8::1", "2001:db8::2"),
        ])
        {
            Assert.Equal(version != family, model.Judge(model.Hook("input"), Rules.Tcp(from, to, 22)).Passes);
        }
    }

    [Fact]
    public void Iptables_rules_do_what_they_say()
    {
        Ruleset ruleset = IptablesSaveParser.Parse(Saved, 4, RulesetOrigin.LegacyIptables, Ipsets);
        FirewallRule first = ruleset.Rules.First();
        Assert.Equal((3, 180, "say \"hi\"", "jump web"), (first.Packets, first.Bytes, first.Comment, first.Verdict));
        FirewallModel model = new(ruleset, new HostNetwork { Interfaces = ["eth0", "wg0"] });
        bool? Passes(string source, int port, string device)
        {
            Packet packet = Rules.Tcp(source, "192.0.2.1", port);
            packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of(device);
            bool? passes = model.Judge(model.Hook("input"), packet).Passes;
            Assert.Equal(passes, new Tracer(model).Run("input", packet));
            return passes;
        }

        Assert.Null(Passes("10.2.0.1", 80, "eth0"));
        Assert.True(Passes("10.2.0.1", 80, "wg0"));
        Assert.False(Passes("10.1.0.1", 80, "wg0"));
        Assert.Null(Passes("203.0.113.1", 443, "wg0"));
        Assert.False(Passes("192.0.2.9", 443, "wg0"));
    }

    [Theory]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n", "no COMMIT")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A nowhere -j DROP\nCOMMIT\n", "not declared")]
    [InlineData("hello\n", "*TABLE")]
    public void A_cut_or_foreign_save_is_refused(string text, string problem) =>
        Assert.Contains(
            problem,
            Assert.Throws<ParseException>(() => IptablesSaveParser.Parse(text, 4, RulesetOrigin.Nftables)).Message,
            StringComparison.Ordinal);

    // ufw's is with "limit 22/tcp", firewalld's with a rich rule under a limit, fail2ban's with a ban over each IP version,
    // docker's with a published port.
    [Theory]
    [InlineData("ufw")]
    [InlineData("firewalld")]
    [InlineData("fail2ban")]
    [InlineData("docker")]
    public void What_common_programs_make_is_decided_completely(string program)
    {
        RulesetText text = Made(program);
        Ruleset ruleset = text.Parse();
        FirewallModel model = new(ruleset, Fixture.Network);
        foreach (string hook in (string[])["prerouting", "input", "forward", "output", "postrouting"])
        {
            Match passing = model.Passing(model.Hook(hook));
            int unknown = model.Workspace.Diagram.Except(passing.May, passing.Must);
            Assert.True(unknown == Diagram.False, $"{hook}: {new SpaceText(model.Workspace.Diagram, model.Workspace.Atoms).Text(unknown)}");
        }

        Assert.Contains(ruleset.Rules, rule => rule.ManagedBy == program);
        Assert.DoesNotContain(
            FirewallControls.All.SelectMany(
                control => Fixture.Judge(control.Info.Id, Fixture.Facts(string.Empty, running: text, forwarding: true))),
            finding => finding.Status == FindingStatus.Unknown);
    }

    [Fact]
    public void What_is_accepted_under_a_rate_limit_is_open_and_the_limit_is_told()
    {
        const string Limit = """{"limit":{"rate":3,"burst":5,"per":"minute"} }""";
        FirewallModel model = Rules.Model(
            Rules.Input(
                "drop",
                $"{Rules.Payload("tcp", "dport", "22")},{Limit},{Rules.Accept}",
                $"{Rules.Payload("tcp", "dport", "23")},{Limit},{Rules.Drop}",
                Rules.Payload("tcp", "dport", "23") + "," + Rules.Accept));
        Match passing = model.Passing(model.Hook("input"));
        Assert.All(
            [22, 23], port => Assert.True(model.Workspace.Diagram.Contains(passing.Must, Rules.Tcp("192.0.2.1", "192.0.2.2", port))));
        Assert.False(model.Workspace.Diagram.Contains(passing.May, Rules.Tcp("192.0.2.1", "192.0.2.2", 24)));
        Assert.Null(model.Judge(model.Hook("input"), Rules.Tcp("192.0.2.1", "192.0.2.2", 22)).Passes);

        Finding[] found =
        [
            .. Fixture.Judge(
                "FW-001", Fixture.Facts(Fixture.WithFirst("services", $"{Rules.Payload("tcp", "dport", "8080")},{Limit},{Rules.Accept}")))
                .Where(finding => finding.Status != FindingStatus.Pass),
        ];
        Finding open = Assert.Single(found);
        Assert.Equal(FindingStatus.Fail, open.Status);
        Assert.StartsWith("inet filter services: tcp dport 8080 limit rate ", open.Target, StringComparison.Ordinal);
        Assert.Contains("within a limit accept (limit: depends on earlier traffic)", open.Evidence, StringComparison.Ordinal);
        Assert.Equal(
            FindingStatus.Warning,
            Assert.Single(
                Fixture.Judge("FW-002", Fixture.Facts(LimitedReplication(Limit))), finding => finding.Target == "flow replication").Status);
    }

    [Fact]
    public void What_stands_behind_an_unknown_match_stays_unknown_be_it_limited_or_not()
    {
        const string Limit = """{"limit":{"rate":3,"burst":5,"per":"minute"} }""";
        const string Foreign = """{"match":{"op":"==","left":{"quantum":{"spin":"up"} },"right":1} }""";
        FirewallModel model = Rules.Model(Rules.Input("drop", $"{Foreign},{Limit},{Rules.Accept}", $"{Limit},{Foreign},{Rules.Accept}"));
        Match passing = model.Passing(model.Hook("input"));
        Assert.Equal(
            (Diagram.False, true), (passing.Must, model.Workspace.Diagram.Contains(passing.May, Rules.Tcp("192.0.2.1", "192.0.2.2", 22))));
    }

    private static string LimitedReplication(string limit) => Fixture.Edit(Fixture.Clean, objects =>
    {
        foreach (System.Text.Json.Nodes.JsonArray expressions in objects.Select(item => item!["rule"])
            .Where(rule => rule?.ToJsonString().Contains("3306", StringComparison.Ordinal) == true)
            .Select(rule => rule!["expr"]!.AsArray()))
        {
            expressions.Insert(expressions.Count - 1, System.Text.Json.Nodes.JsonNode.Parse(limit));
        }
    });

    private static RulesetText Made(string program) => new()
    {
        Nftables = Fixture.Text($"{program}.json"),
        Iptables = program == "firewalld" ? string.Empty : Fixture.Text($"{program}.v4"),
        Ip6tables = program is "ufw" or "fail2ban" ? Fixture.Text($"{program}.v6") : string.Empty,
    };
}
