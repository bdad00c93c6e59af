using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Traffic;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Testing;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.LabTests.Monitoring;

/// <summary>What a Prometheus counts beside a sender who knows when it sent each request, on the lab of the agents' tests.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class PrometheusTests(LabFixture labs) : IAsyncDisposable
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(2);

    /// <summary>Longer than from one scrape of the lab's Prometheus to the next.</summary>
    private static readonly TimeSpan Scrape = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>These are the last tests that need the agents.</summary>
    public async ValueTask DisposeAsync() => await labs.RetireAsync(static options => options.Agents);

    /// <summary>
    /// A Prometheus knows a counter only at its scrapes, here every two seconds. Over a window that begins before the first
    /// request and ends after the last its count is exact; over a window within the load it is what it finds between scrapes.
    /// </summary>
    [Fact]
    public async Task A_Prometheus_counts_what_the_sender_sent()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb, agents: true);
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        using DeclaredService service = DeclaredService.Open(
            session.Site, "prometheus", ServiceKeys.None, TimeSpan.FromSeconds(10), log: null);

        // Of a lab that has just been raised Prometheus has scraped nothing yet.
        for (int attempt = 0; attempt < 20
            && (await service.MeasureAsync(DateTimeOffset.UtcNow - Scrape, DateTimeOffset.UtcNow, Cancel))
                .SingleOrDefault(IsHttps) is not { CountUpper: not null }; attempt++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        }

        foreach ((int rate, int seconds) in Sample.IsAll ? [(50, 60), (500, 60), (5000, 30)] : ((int, int)[])[(500, 6)])
        {
            DateTimeOffset before = DateTimeOffset.UtcNow;
            await Task.Delay(Scrape, Cancel);
            await using RequestSender sender = await RequestSender.StartAsync(
                lab, rate, TimeSpan.FromSeconds(seconds), Math.Clamp(rate / 100, 2, 16));
            TrafficTruth truth = new(await sender.SentAsync(), sender.Tag);
            DateTimeOffset first = truth.Sent.Min(request => request.Sent), last = truth.Sent.Max(request => request.Sent);

            TrafficRate all = await WholeAsync(service, before);
            TrafficRate some = Assert.Single(await service.MeasureAsync(first + Before, last - Before, Cancel), IsHttps);
            int answered = truth.Sent.Count(request => request.Answered is not null);
            Assert.True(
                all.IsExact && all.Count >= answered && all.Count <= truth.Sent.Count,
                $"{answered} of {truth.Sent.Count} requests were answered from {first:O} to {last:O}; {all}");
            truth.Holds(some);
            if (Sample.IsAll)
            {
                truth.IsNear(some);
            }
        }
    }

    // A busy machine may scrape late: the count is exact once a scrape came after the last request.
    private static async Task<TrafficRate> WholeAsync(DeclaredService service, DateTimeOffset since)
    {
        TrafficRate? all = null;
        for (int attempt = 0; attempt < 5 && all is not { IsExact: true }; attempt++)
        {
            await Task.Delay(Scrape, Cancel);
            all = Assert.Single(await service.MeasureAsync(since, DateTimeOffset.UtcNow, Cancel), IsHttps);
        }

        return all!;
    }

    private static bool IsHttps(TrafficRate rate) => rate.Name.Contains("www-https", StringComparison.Ordinal);
}
