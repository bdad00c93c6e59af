using Foobar.Ops.Inventory;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>Where visitors and the load balancer reach a site by TLS: every address, every name.</summary>
public sealed class SiteEndpointsTests
{
    [Fact]
    public void Endpoints_follow_the_policy()
    {
        Site edge = TestSite.Create();
        Site encrypted = TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Tls = new TlsPolicy { Backends = BackendEncryption.Tls },
        });
        Site web = TestSite.Create(new Policy { Flows = TestSite.DefaultFlows, Tls = new TlsPolicy { EndsAt = Role.Web } });

        Assert.Equal(["lb-01 443 Visitors"], Endpoints(edge));
        Assert.Equal(["lb-01 443 Visitors", "web-01 80 LoadBalancer", "web-02 80 LoadBalancer"], Endpoints(encrypted));
        Assert.Equal(["lb-01 443 Visitors", "web-01 80 Visitors", "web-02 80 Visitors"], Endpoints(web));

        static IEnumerable<string> Endpoints(Site site) =>
            site.Servers.SelectMany(server => SiteEndpoints.Of(server, site))
                .Select(endpoint => $"{endpoint.Via} {endpoint.Port} {endpoint.Audience}");
    }

    [Theory]
    [InlineData(
        "tcp LISTEN 0 511 198.51.100.10:443 0.0.0.0:*\ntcp LISTEN 0 511 198.51.100.11:443 0.0.0.0:*\n"
            + "tcp LISTEN 0 511 [2001:db8::10]:443 [::]:*\n",
        "198.51.100.10:443",
        "198.51.100.11:443",
        "[2001:db8::10]:443")]
    [InlineData("tcp LISTEN 0 511 0.0.0.0:443 0.0.0.0:*\ntcp LISTEN 0 511 [::]:443 [::]:*\n", "198.51.100.10:443", "[2001:db8::10]:443")]
    [InlineData("tcp LISTEN 0 511 *:443 *:*\n", "198.51.100.10:443")]
    [InlineData(
        "tcp LISTEN 0 511 198.51.100.10:443 0.0.0.0:*\ntcp LISTEN 0 511 0.0.0.0:443 0.0.0.0:*\n",
        "198.51.100.10:443",
        "192.0.2.10:443")]
    [InlineData("tcp LISTEN 0 511 127.0.0.1:443 0.0.0.0:*\n", "198.51.100.10:443")]
    [InlineData("", "198.51.100.10:443")]
    public async Task An_endpoint_is_looked_at_at_each_address_that_may_lead_elsewhere(string sockets, params string[] endpoints)
    {
        Site site = TestSite.Create();
        Server server = site.Find("lb-01")! with
        {
            Addresses = [.. site.Find("lb-01")!.Addresses, System.Net.IPAddress.Parse("2001:db8::10")],
        };
        FakeServerSession session = new FakeServerSession(server).On("ss -H", sockets);

        Assert.Equal(
            endpoints,
            (await SiteEndpoints.LocateAsync(session, server, site, TestContext.Current.CancellationToken)).Select(each => $"{each}"));
    }

    [Fact]
    public async Task Each_name_of_the_site_is_asked_for_at_each_address()
    {
        Site site = TestSite.Create(new Policy
        {
            Flows = TestSite.DefaultFlows,
            Tls = new TlsPolicy { Names = ["foobar.com", "shop.foobar.com", "www.foobar.com", "*.foobar.com"] },
        });
        FakeServerSession session = new FakeServerSession(site.Find("lb-01")!).On(
            "ss -H", "tcp LISTEN 0 511 198.51.100.10:443 0.0.0.0:*\ntcp LISTEN 0 511 [2001:db8::10]:443 [::]:*\n");
        IReadOnlyList<TlsEndpoint> all = await SiteEndpoints.LocateAsync(
            session, site.Find("lb-01")!, site, TestContext.Current.CancellationToken);
        IReadOnlyList<TlsEndpoint> few = await SiteEndpoints.LocateFewAsync(
            session, site.Find("lb-01")!, site, TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                "198.51.100.10:443", "198.51.100.10:443 (foobar.com)", "198.51.100.10:443 (shop.foobar.com)",
                "[2001:db8::10]:443", "[2001:db8::10]:443 (foobar.com)", "[2001:db8::10]:443 (shop.foobar.com)",
            ],
            all.Select(endpoint => $"{endpoint}"));
        Assert.Equal(
            ["198.51.100.10:443", "[2001:db8::10]:443", "198.51.100.10:443 (foobar.com)", "198.51.100.10:443 (shop.foobar.com)"],
            few.Select(endpoint => $"{endpoint}"));
        Assert.Equal(["www.foobar.com", "foobar.com", "shop.foobar.com"], all.Take(3).Select(endpoint => endpoint.ServerName));
    }
}
