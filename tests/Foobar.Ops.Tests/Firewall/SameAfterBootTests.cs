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
}
