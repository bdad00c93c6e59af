using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;

namespace Foobar.Ops.Tests.Operations;

/// <summary>The ruleset that a policy asks of a server.</summary>
public sealed class PolicyRulesetTests
{
    private static readonly Site Site = TestSite.Create();

    [Fact]
    public void A_web_server_lets_in_its_flows_and_names_them()
    {
        string rules = Render("web-01");
        Assert.Contains("ip saddr { 198.51.100.10, 192.0.2.10 } ip daddr 192.0.2.11 tcp dport 80 accept comment \"Foobar.Ops FW-002 flow backends\"", rules, StringComparison.Ordinal);
        Assert.Contains("ip saddr 203.0.113.0/28 ip daddr 192.0.2.11 tcp dport 22 accept comment \"Foobar.Ops FW-002 flow operators\"", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("visitors", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_does_not_name_itself_as_a_sender() =>
        Assert.Contains("ip saddr 192.0.2.12 ip daddr 192.0.2.11 tcp dport 3306 accept", Render("web-01"), StringComparison.Ordinal);

    [Fact]
    public void The_internet_is_a_named_set_without_the_sites_own_addresses()
    {
        string rules = Render("lb-01");
        Assert.Contains("ip saddr @internet_ipv4 ip daddr { 198.51.100.10, 192.0.2.10 } tcp dport { 80, 443 } accept", rules, StringComparison.Ordinal);
        Assert.Contains("set internet_ipv4 {", rules, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input", "drop")]
    [InlineData("forward", "drop")]
    [InlineData("output", "accept")]
    public void Every_hook_has_one_chain_with_its_policy(string hook, string policy) =>
        Assert.Contains($"type filter hook {hook} priority filter; policy {policy};", Render("web-01"), StringComparison.Ordinal);

    [Fact]
    public void Only_a_network_firewall_forwards_and_only_what_no_network_joins()
    {
        Site site = Site with
        {
            Servers = [.. Site.Servers, new Server { Name = "fw-01", Roles = [Role.NetworkFirewall], Ssh = new SshEndpoint { Host = "fw-01" }, Addresses = [IPAddress.Parse("198.51.100.1")] }],
        };
        string forward = PolicyRuleset.Render(site, site.Find("fw-01")!).Split("chain forward")[1];
        Assert.Contains("flow visitors", forward, StringComparison.Ordinal);
        Assert.Contains("flow operators", forward, StringComparison.Ordinal);
        Assert.DoesNotContain("flow replication", forward, StringComparison.Ordinal);
        Assert.DoesNotContain("flow", Render("web-01").Split("chain forward")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_flows_name_can_not_end_its_comment()
    {
        Site site = TestSite.Create(new Policy { Flows = [TestSite.MakeFlow("a\" drop\n; x", "operator", "web", "tcp/22")] });
        Assert.Contains("comment \"Foobar.Ops FW-002 flow a_ drop__ x\"", PolicyRuleset.Render(site, site.Find("web-01")!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.10 50000 192.0.2.11 22", "192.0.2.10", 22)]
    [InlineData("::ffff:192.0.2.10 50000 ::ffff:192.0.2.11 2222", "192.0.2.10", 2222)]
    public void What_sshd_tells_of_a_session_is_read(string text, string client, int port)
    {
        SshFlow flow = SshFlow.Parse(text)!;
        Assert.Equal((IPAddress.Parse(client), port), (flow.Client, flow.Port));
        Assert.Null(SshFlow.Parse(""));
    }

    private static string Render(string server) => PolicyRuleset.Render(Site, Site.Find(server)!);
}
