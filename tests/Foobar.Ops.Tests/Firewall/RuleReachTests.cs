using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Rules that change nothing, held against a rule-by-rule run of every packet of a small universe.</summary>
public sealed class RuleReachTests
{
    private const int Ports = 6;
    private const int Hosts = 4;

    [Fact]
    public void Idle_rules_are_those_that_a_run_of_every_packet_shows_to_be()
    {
        Random random = new(5);
        for (int round = 0; round < 120; round++)
        {
            string[] rules = [.. Enumerable.Range(0, random.Next(2, 20)).Select(_ => Plain(random))];
            FirewallModel model = new(
                Foobar.Ops.Firewall.Nftables.NftRulesetParser.Parse(Input("drop", rules)), new HostNetwork(), namesRules: false);
            FirewallChain chain = Assert.Single(model.Ruleset.Chains);
            Dictionary<int, IdleKind> idle = RuleReach.Idle(model).ToDictionary(item => item.Rule.Position - 1, item => item.Kind);
            for (int index = 0; index < rules.Length; index++)
            {
                IdleKind? expected = !Packets().Any(packet => Decider(model, chain, packet) == index) ? IdleKind.Shadowed
                    : Packets().All(packet => Verdict(model, chain, packet, without: index) == Verdict(model, chain, packet))
                        ? IdleKind.Redundant
                    : null;
                Assert.True(
                    expected == (idle.TryGetValue(index, out IdleKind kind) ? kind : null),
                    $"round {round}, rule {index + 1}: expected {expected}\n{string.Join('\n', chain.Rules.Select(rule => rule.Source))}");
            }
        }
    }

    [Fact]
    public void Where_rules_mark_packets_none_is_called_idle_that_is_not()
    {
        Random random = new(6);
        int found = 0;
        for (int round = 0; round < 120; round++)
        {
            string[] rules =
            [
                .. Enumerable.Range(0, random.Next(3, 14)).Select(_ => random.Next(3) == 0 ? Marking(random) : Plain(random)),
            ];
            FirewallModel model = new(
                Foobar.Ops.Firewall.Nftables.NftRulesetParser.Parse(Input("drop", rules)), new HostNetwork(), namesRules: false);
            FirewallChain chain = Assert.Single(model.Ruleset.Chains);
            foreach (IdleRule idle in RuleReach.Idle(model))
            {
                found++;
                Assert.True(
                    Packets().All(
                        packet => Verdict(model, chain, packet, without: idle.Rule.Position - 1) == Verdict(model, chain, packet)),
                    $"round {round}, rule {idle.Rule.Position} {idle.Kind}\n{string.Join('\n', chain.Rules.Select(rule => rule.Source))}");
            }
        }

        Assert.True(found > 30, $"only {found} idle rules: the test sees nothing");
    }

    [Fact]
    public void A_copy_of_facts_with_another_ruleset_is_judged_by_that()
    {
        FirewallFacts facts = Fixture.Facts(Input("drop", Accept));
        Assert.Single(facts.Ruleset.Value!.Rules);
        FirewallFacts changed = facts with { Running = Reading.Of(new RulesetText { Nftables = Input("drop", Accept, Drop) }) };
        Assert.Equal(2, changed.Ruleset.Value!.Rules.Count());
        Assert.Single(facts.Ruleset.Value!.Rules);
    }

    private static string Plain(Random random)
    {
        List<string> parts = [];
        if (random.Next(4) > 0)
        {
            int first = random.Next(Ports);
            parts.Add(Payload("tcp", "dport", $$$"""{"range":[{{{first}}},{{{random.Next(first, Ports)}}}]}"""));
        }

        if (random.Next(3) == 0)
        {
            parts.Add(Payload("ip", "saddr", $"\"192.0.2.{random.Next(Hosts)}\"", random.Next(4) == 0 ? "!=" : "=="));
        }

        if (random.Next(4) == 0)
        {
            parts.Add(Mark(random.Next(2)));
        }

        return string.Join(',', parts.Append(random.Next(2) == 0 ? Accept : Drop));
    }

    private static string Marking(Random random) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{{{Payload("tcp", "dport", random.Next(Ports).ToString(CultureInfo.InvariantCulture))}}},{"mangle":{"key":{"meta":{"key":"mark"} },"value":{{{random.Next(2)}}}} }""");

    private static string Mark(int value) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""{"match":{"op":"==","left":{"meta":{"key":"mark"} },"right":{{{value}}}} }""");

    // Every combination of what the rules tell apart, and one value of each kind that none names.
    private static IEnumerable<Packet> Packets() =>
        from port in Enumerable.Range(0, Ports + 1)
        from host in Enumerable.Range(0, Hosts + 1)
        from mark in Enumerable.Range(0, 3)
        from protocol in (int[])[PacketValues.Tcp, PacketValues.Udp]
        from family in (int[])[4, 6]
        select Make(port, host, mark, protocol, family);

    private static Packet Make(int port, int host, int mark, int protocol, int family)
    {
        Packet packet = family == 4 ? Tcp($"192.0.2.{host}", "192.0.2.11", port) : Tcp("2001:db8::1", "2001:db8::2", port);
        packet[PacketField.Mark] = (UInt128)mark;
        packet[PacketField.Protocol] = (UInt128)protocol;
        return packet;
    }

    private static VerdictKind? Verdict(FirewallModel model, FirewallChain chain, Packet packet, int without = -1) =>
        Run(model, chain, packet, without) is { } at ? ((Statement.Verdict)chain.Rules[at].Statements[^1]).Kind : null;

    private static int? Decider(FirewallModel model, FirewallChain chain, Packet packet) => Run(model, chain, packet, -1);

    private static int? Run(FirewallModel model, FirewallChain chain, Packet start, int without)
    {
        Packet packet = start.Copy();
        for (int index = 0; index < chain.Rules.Count; index++)
        {
            FirewallRule rule = chain.Rules[index];
            bool matches = index != without && rule.Statements.OfType<Statement.Test>()
                .All(test => model.Workspace.Diagram.Contains(model.Conditions.Compile(test.Condition, chain).Must, packet));
            if (matches && rule.Statements[^1] is Statement.Verdict)
            {
                return index;
            }

            if (matches && rule.Statements[^1] is Statement.Assign assign)
            {
                packet[assign.Field] = (packet[assign.Field] & assign.Keep) ^ assign.Flip;
            }
        }

        return null;
    }
}
