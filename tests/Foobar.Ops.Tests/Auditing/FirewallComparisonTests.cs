using Foobar.Ops.Auditing;
using Foobar.Ops.Firewall;
using Foobar.Ops.Tests.Firewall;

namespace Foobar.Ops.Tests.Auditing;

public sealed class FirewallComparisonTests
{
    private static readonly string Http = $"{Rules.Payload("tcp", "dport", "80")},{Rules.Accept}";
    private static readonly string Https = $"{Rules.Payload("tcp", "dport", "443")},{Rules.Accept}";
    private static readonly FirewallFacts Before = Fixture.Facts(Rules.Input("drop", Http, Https));

    [Fact]
    public void Rules_in_another_order_or_written_as_a_set_are_no_difference()
    {
        Assert.Empty(FirewallComparison.Compare(Before, Fixture.Facts(Rules.Input("drop", Https, Http))));
        Assert.Empty(
            FirewallComparison.Compare(
                Before, Fixture.Facts(Rules.Input("drop", $"{Rules.Payload("tcp", "dport", """{"set":[80,443]}""")},{Rules.Accept}"))));
    }

    [Fact]
    public void One_more_port_is_exactly_that_space_running_and_persisted()
    {
        FirewallFacts after = Fixture.Facts(
            Rules.Input("drop", Http, Https, $"{Rules.Payload("tcp", "dport", "8080")},{Rules.Accept}"),
            persisted: Rules.Input("drop", Http, Https));

        FactDifference[] differences = [.. FirewallComparison.Compare(Before, after)];

        Assert.All(differences, difference => Assert.Equal(("running.input.opened", null), (difference.Path, difference.Before)));
        Assert.All(differences, difference => Assert.Contains("8080", difference.After, StringComparison.Ordinal));
        Assert.NotEmpty(differences);
        Assert.All(
            FirewallComparison.Compare(after, Before),
            difference => Assert.Equal(("running.input.closed", null), (difference.Path, difference.After)));
    }

    [Fact]
    public void One_widened_network_is_exactly_the_new_half_of_it()
    {
        string wider = Fixture.Clean.Replace("\"len\": 28", "\"len\": 27", StringComparison.Ordinal);

        FactDifference[] differences = [.. FirewallComparison.Compare(Fixture.Facts(Fixture.Clean), Fixture.Facts(wider))];

        Assert.Equal(
            [("running.input.opened", null), ("persisted.input.opened", null)], differences.Select(static one => (one.Path, one.Before)));
        Assert.All(
            differences,
            static one => Assert.EndsWith(" meta l4proto tcp dport 22 ip saddr 203.0.113.16/28", one.After, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_not_a_ruleset_is_compared_by_structure()
    {
        FactDifference[] differences =
        [
            .. FirewallComparison.Compare(Before, Before with { Forwarding = Findings.Reading.Of(new ForwardingSettings(true, false)) }),
        ];

        Assert.Equal([("forwarding.value.ipv4", "false", "true")], differences.Select(one => (one.Path, one.Before, one.After)));
    }

    [Fact]
    public void A_ruleset_that_can_no_longer_be_read_is_a_difference()
    {
        FirewallFacts after = new()
        {
            Running = Findings.Reading.Unreadable<Ops.Firewall.Collection.RulesetText>("no nft"),
            Persisted = Before.Persisted,
            Network = Before.Network,
            Sockets = Before.Sockets,
            Forwarding = Before.Forwarding,
        };

        Assert.Contains(
            FirewallComparison.Compare(Before, after), one => one is { Path: "running", Before: "read", After: "not read: no nft" });
    }
}
