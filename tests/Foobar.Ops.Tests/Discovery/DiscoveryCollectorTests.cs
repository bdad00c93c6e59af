using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Auditing;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Discovery;

public sealed class DiscoveryCollectorTests
{
    [Fact]
    public async Task A_server_that_answers_nothing_is_not_called_slow()
    {
        List<string> errors = [];
        DiscoveryCollector collector = new(
            new PretendSession(DiscoveryCollector.SiteOf([new DiscoveryTarget("fw-01", new() { Host = "fw-01", Port = 2222 })], null))
            {
                Connect = Hang,
            },
            new DiscoveryOptions
            {
                ServerTimeLimit = TimeSpan.FromMilliseconds(100),
                Failed = (_, error) => errors.Add(error.ErrorId),
            });

        ServerDiscovery found = Assert.Single(await collector.CollectAsync(TestContext.Current.CancellationToken));

        Assert.Equal("fw-01: no session within 0.1 s.", found.Failure);
        Assert.Equal(["ConnectTimeout"], errors);
    }

    [Fact]
    public async Task A_server_that_is_connected_and_hangs_is()
    {
        List<string> errors = [];
        Site site = DiscoveryCollector.SiteOf([new DiscoveryTarget("fw-01", new() { Host = "fw-01" })], null);
        await using FakeSiteSession connected = new(site);
        DiscoveryCollector collector = new(
            new PretendSession(site)
            {
                Connect = async token =>
                {
                    IServerSession server = await connected.GetServerAsync("fw-01", CancellationToken.None);
                    return token.IsCancellationRequested ? server : await Hang(token);
                },
            },
            new DiscoveryOptions
            {
                ServerTimeLimit = TimeSpan.FromMilliseconds(100),
                Failed = (_, error) => errors.Add(error.ErrorId),
            });

        ServerDiscovery found = Assert.Single(await collector.CollectAsync(TestContext.Current.CancellationToken));

        Assert.Equal("fw-01: not all facts were read within 0.1 s.", found.Failure);
        Assert.Equal(["ServerTimeout"], errors);
    }

    private static async Task<IServerSession> Hang(CancellationToken token)
    {
        await Task.Delay(Timeout.Infinite, token);
        throw new NotSupportedException();
    }
}
