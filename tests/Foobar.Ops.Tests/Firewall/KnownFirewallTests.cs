using Foobar.Ops.Firewall;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>
/// A firewall that reads as it did in the session before is the same facts, with all that was worked out of them; whatever changed,
/// the rules that run, those that the next boot loads, an interface or a setting of the kernel, makes new ones.
/// </summary>
public sealed class KnownFirewallTests
{
    private const string Table = """{"nftables": [{"table": {"family": "inet", "name": "filter", "handle": 1}}]}""";

    private readonly FakeSiteSession _site = new(TestSite.Create());

    private readonly Dictionary<string, string> _says = new()
    {
        ["unshare"] = "==> mechanism nftables\n\n==> nftables same\n",
        ["rules()"] = $"\n==> nftables\n{Table}\n\n==> declarations\ntable inet filter \n",
        ["ip -json address"] = """
            ==> addresses
            [{"ifname":"eth0","addr_info":[{"local":"192.0.2.11","prefixlen":24,"valid_life_time":3600,"preferred_life_time":1800}]}]

            ==> routes
            [{"dst":"192.0.2.0/24","dev":"eth0","flags":[]}]

            ==> routes6
            []

            ==> rules4
            [{"priority":32766,"src":"all","table":"main"}]

            ==> rules6
            [{"priority":32766,"src":"all","table":"main"}]

            """,
        ["ss -H -tulnp"] = """tcp LISTEN 0 128 192.0.2.11:80 0.0.0.0:* users:(("nginx",pid=10,fd=6))""" + "\n",
        ["rp_filter"] = "ipv4/ip_forward:0\nipv6/conf/all/forwarding:0\nipv4/conf/eth0/rp_filter:1\n",
    };

    public KnownFirewallTests()
    {
        foreach (string part in _says.Keys)
        {
            _site.Server("web-01").On(part, _ => (_says[part], 0, ""));
        }
    }

    [Fact]
    public async Task The_same_texts_are_the_same_facts()
    {
        FirewallFacts first = await CollectAsync();

        Assert.Equal(Table + "\n", first.Running.Value!.Nftables);
        Assert.True(first.Ruleset.TryGet(out _));
        Assert.Same(first, await CollectAsync());
    }

    [Fact]
    public async Task So_are_those_of_an_address_whose_lease_has_less_time_left()
    {
        FirewallFacts first = await CollectAsync();
        _says["ip -json address"] = _says["ip -json address"].Replace("3600", "3599", StringComparison.Ordinal);

        Assert.Same(first, await CollectAsync());

        _says["ip -json address"] = _says["ip -json address"].Replace("192.0.2.11", "192.0.2.12", StringComparison.Ordinal);

        Assert.NotSame(first, await CollectAsync());
    }

    [Theory]
    [InlineData("rules()", "\n==> nftables\n{\"nftables\": []}\n\n==> declarations\n\n")]
    [InlineData(
        "unshare", "==> mechanism nftables\n\n==> failed load nftables\n\n==> nftables\n{\"nftables\": []}\n\n==> declarations\n\n")]
    [InlineData("ss -H -tulnp", "")]
    [InlineData("rp_filter", "ipv4/ip_forward:1\nipv6/conf/all/forwarding:0\nipv4/conf/eth0/rp_filter:1\n")]
    [InlineData("rp_filter", "ipv4/ip_forward:0\nipv4/conf/eth0/rp_filter:0\n")]
    public async Task What_changed_is_seen(string part, string text)
    {
        FirewallFacts before = await CollectAsync();
        _says[part] = text;

        FirewallFacts after = await CollectAsync();

        Assert.NotSame(before, after);
        Assert.NotEqual(Shown(before), Shown(after));
        Assert.Equal(Shown(after), Shown(await CollectAsync()));
    }

    [Fact]
    public async Task Another_site_s_server_of_the_same_name_has_facts_of_its_own()
    {
        FirewallFacts first = await CollectAsync();
        FakeSiteSession other = new(TestSite.Create());
        foreach (string part in _says.Keys)
        {
            other.Server("web-01").On(part, _ => (_says[part], 0, ""));
        }

        Assert.NotSame(first, await CollectAsync(other));
    }

    private static string Shown(FirewallFacts facts) => string.Join('|',
        facts.Running.Value?.Nftables, facts.Persisted.Value?.Ruleset.Nftables, string.Join(
            ' ', facts.Persisted.Value?.LoadFailures ?? []), facts.Sockets.Value?.Count,
        facts.Forwarding.Value, string.Join(' ', facts.ReversePath.Value ?? []));

    private Task<FirewallFacts> CollectAsync(FakeSiteSession? site = null)
    {
        FakeSiteSession from = site ?? _site;
        ISiteSession round = new ReadingRound(from, TestContext.Current.CancellationToken).For();
        return new FirewallCollector().CollectAsync(round, from.Site.Find("web-01")!, TestContext.Current.CancellationToken);
    }
}
