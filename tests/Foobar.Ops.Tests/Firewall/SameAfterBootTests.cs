using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>A server tells rules of its configuration that read as the running ones do by that alone; they are not sent twice.</summary>
public sealed class SameAfterBootTests
{
    private static readonly RulesetText Running = new() { Nftables = """{"nftables": []}""", Declarations = "table inet filter {" };

    [Fact]
    public void Rules_that_read_as_the_running_ones_are_the_running_ones()
    {
        PersistedFirewall persisted = Read("\n==> mechanism nftables\n\n==> nftables same\n\n==> iptables\n*filter\n");
        Reading<PersistedFirewall> whole = FirewallCollector.WithRunning(Reading.Of(persisted, "the next boot"), Reading.Of(Running));
        Assert.True(whole.TryGet(out PersistedFirewall? firewall));
        Assert.Equal((Running.Nftables, Running.Declarations), (firewall.Ruleset.Nftables, firewall.Ruleset.Declarations));
        Assert.Equal("*filter\n", firewall.Ruleset.Iptables);
        Assert.Equal("the next boot", whole.Source);
        Assert.False(Running.ListsAs(firewall.Ruleset));
    }

    [Fact]
    public void Without_the_running_rules_they_are_unknown()
    {
        Reading<RulesetText> unreadable = Reading.Unreadable<RulesetText>("nft was killed");
        Reading<PersistedFirewall> whole = FirewallCollector.WithRunning(Reading.Of(Read("\n==> nftables same\n")), unreadable);
        Assert.False(whole.TryGet(out _));
        Assert.Contains("nft was killed", whole.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_their_own_stay_so()
    {
        Reading<PersistedFirewall> persisted = Reading.Of(Read("\n==> nftables\n{\"nftables\": [1]}\n"));
        Assert.Same(persisted, FirewallCollector.WithRunning(persisted, Reading.Of(Running)));
        Assert.True(persisted.TryGet(out PersistedFirewall? firewall));
        Assert.Equal("{\"nftables\": [1]}\n", firewall.Ruleset.Nftables);
    }

    private static PersistedFirewall Read(string output) => FirewallCollector.ParsePersisted(new CommandResult
    {
        Server = "web-01",
        Command = "sh",
        Output = System.Text.Encoding.UTF8.GetBytes(output),
        Error = default,
        ExitCode = 0,
        Duration = TimeSpan.Zero,
    });

    [Fact]
    public void A_limit_that_only_one_of_both_has_is_a_difference()
    {
        const string Over = """{"limit":{"rate":1,"burst":1,"per":"hour","inv":true}}""";
        string limited = Fixture.WithFirst("input", $"{Rules.Payload("tcp", "dport", "80")},{Over},{Rules.Drop}");
        Finding finding = Assert.Single(Fixture.Judge("FW-008", Fixture.Facts(limited, persisted: Fixture.Clean)));

        Assert.Equal(FindingStatus.Fail, finding.Status);
        Assert.StartsWith("passes at times only, now or after the next boot but not both:", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("dport 80", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_not_be_told_of_both_is_unknown()
    {
        const string Foreign = """{"match":{"op":"==","left":{"quantum":{"spin":"up"} },"right":1} }""";
        string foreign = Fixture.WithFirst("input", $"{Rules.Payload("tcp", "dport", "80")},{Foreign},{Rules.Drop}");
        Finding finding = Assert.Single(Fixture.Judge("FW-008", Fixture.Facts(foreign, persisted: Fixture.Clean)));

        Assert.Equal(FindingStatus.Unknown, finding.Status);
        Assert.Contains("dport 80", finding.Reason, StringComparison.Ordinal);
    }
}
