using System.Text.Json.Nodes;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tests.Firewall;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>A rule is accepted by what it says and opens: its place and handle are another rule's after the next load.</summary>
public sealed class FirewallBaselineTests
{
    private static readonly string Metrics =
        $"{Payload("ip", "saddr", "\"203.0.113.76\"")},{Payload("tcp", "dport", "9100")},{Accept}";

    private static readonly string Range = $"{Payload("tcp", "dport", """{"range":[3307,32767]}""")},{Accept}";

    [Theory]
    [InlineData("FW-001")]
    [InlineData("FW-006")]
    public void Another_rule_in_its_place_is_new_and_not_suppressed(string control)
    {
        Finding accepted = Bad(control, control == "FW-001" ? Fixture.WithFirst("services", Metrics) : Twice(Metrics));
        Finding other = Bad(control, control == "FW-001" ? Fixture.WithFirst("services", Range) : Twice(Range));

        Assert.Equal([other.Target], new Baseline([accepted]).New([other]).Select(static finding => finding.Target));
        Assert.True(Accepting(accepted).Holds(accepted));
        Assert.False(Accepting(accepted).Holds(other));
        Assert.DoesNotContain("handle", accepted.Target, StringComparison.Ordinal);
        Assert.Contains("handle 99", accepted.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_rule_with_another_place_and_handle_is_known()
    {
        string moved = Fixture.Edit(
            Fixture.WithFirst("services", Metrics).Replace("\"handle\":99", "\"handle\":118", StringComparison.Ordinal),
            static objects =>
            {
                JsonNode rule = objects.First(item => (int?)item!["rule"]?["handle"] == 118)!;
                objects.Remove(rule);
                objects.Add(rule);
            });
        Finding accepted = Bad("FW-001", Fixture.WithFirst("services", Metrics));
        Finding again = Bad("FW-001", moved);

        Assert.Contains("(handle 118)", again.Evidence, StringComparison.Ordinal);
        Assert.Empty(new Baseline([accepted]).New([again]));
        Assert.True(Accepting(accepted).Holds(again));
    }

    [Fact]
    public void The_same_rule_that_opens_more_is_new()
    {
        Finding accepted = Bad("FW-001", Fixture.Clean.Replace("\"len\": 28", "\"len\": 27", StringComparison.Ordinal));
        Finding wider = Bad("FW-001", Fixture.Clean.Replace("\"len\": 28", "\"len\": 26", StringComparison.Ordinal));

        Assert.Equal(accepted.Target, wider.Target);
        Assert.Single(new Baseline([accepted]).New([wider]));
    }

    [Fact]
    public void A_policy_of_accept_that_opens_more_is_new()
    {
        string[] closing = [$"{Payload("tcp", "dport", "9200")},{Drop}"];
        Finding accepted = Bad("FW-001", Input("accept", closing));
        Finding wider = Bad("FW-001", Input("accept"));

        Assert.Equal(accepted.Target, wider.Target);
        Assert.Single(new Baseline([accepted]).New([wider]));
    }

    [Fact]
    public void Another_difference_at_the_same_hook_is_new()
    {
        Finding Saved(string rule) => Assert.Single(
            Fixture.Judge("FW-008", Fixture.Facts(Fixture.Clean, persisted: Fixture.WithFirst("services", rule))));

        Assert.Equal(Saved(Metrics).Target, Saved(Range).Target);
        Assert.Single(new Baseline([Saved(Metrics)]).New([Saved(Range)]));
        Assert.Empty(new Baseline([Saved(Metrics)]).New([Saved(Metrics)]));
    }

    [Theory]
    [InlineData("-A INPUT -s 203.0.113.76/32 -p tcp -m tcp --dport 9100 -j ACCEPT", false)]
    [InlineData("-A INPUT -p tcp -m tcp --dport 3307:32767 -j ACCEPT", true)]
    public void So_it_is_with_rules_of_iptables(string now, bool isNew)
    {
        Finding accepted = BadOf("[5:300] -A INPUT -s 203.0.113.76/32 -p tcp -m tcp --dport 9100 -j ACCEPT");

        Assert.Equal(isNew, new Baseline([accepted]).New([BadOf(now)]).Any());
        Assert.Equal(!isNew, Accepting(accepted).Holds(BadOf(now)));
    }

    // As a container's end of a pair does.
    [Fact]
    public void An_interface_more_makes_nothing_new()
    {
        Finding Judged(params string[] interfaces) => Assert.Single(
            Fixture.Judge("FW-001", Fixture.Facts(Fixture.WithFirst("services", Metrics)) with
            {
                Network = Reading.Of(Fixture.Network with { Interfaces = [.. Fixture.Network.Interfaces, .. interfaces] }),
            }));

        Assert.Empty(new Baseline([Judged()]).New([Judged("veth0a1b2c3", "veth0a1b2c4")]));
    }

    [Fact]
    public void Of_a_long_rule_the_whole_counts()
    {
        string Long(int last) => Fixture.WithFirst(
            "services",
            $"{Payload("tcp", "dport", $$"""{"set":[{{string.Join(',', Enumerable.Range(0, 90).Select(static port => 7000 + (2 * port)))}},{{last}}]}""")},{Accept}");
        Finding accepted = Bad("FW-001", Long(8001));

        Assert.NotEqual(accepted.Target, Bad("FW-001", Long(8003)).Target);
        Assert.True(accepted.Target!.Length < 300);
    }

    private static Suppression Accepting(Finding finding) => new()
    {
        Control = finding.ControlId, Target = finding.Target, Reason = "agreed", Until = new DateOnly(2100, 1, 1),
    };

    // The second of two that say the same is shadowed.
    private static string Twice(string rule) => Fixture.Edit(Fixture.WithFirst("services", rule), static objects =>
    {
        JsonNode first = objects.First(item => (int?)item!["rule"]?["handle"] == 99)!;
        JsonNode second = first.DeepClone();
        second["rule"]!["handle"] = 100;
        objects.Insert(objects.IndexOf(first) + 1, second);
    });

    private static Finding Bad(string control, string listing) =>
        Fixture.Judge(control, Fixture.Facts(listing)).First(static finding => finding.Status is FindingStatus.Fail);

    private static Finding BadOf(string rule) => Fixture.Judge(
        "FW-001",
        Fixture.Facts(string.Empty, running: new RulesetText { Iptables = $"*filter\n:INPUT DROP [0:0]\n{rule}\nCOMMIT\n" }))
        .First(static finding => finding.Target!.Contains("INPUT", StringComparison.Ordinal));
}
