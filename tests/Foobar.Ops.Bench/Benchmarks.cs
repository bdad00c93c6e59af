using System.Runtime.CompilerServices;

namespace Foobar.Ops.Bench;

/// <summary>A benchmark by name.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Run">Measures on a site.</param>
internal sealed record Benchmark(string Name, Func<BenchSite, CancellationToken, IAsyncEnumerable<BenchResult>> Run);

/// <summary>All benchmarks; a new one is a line here and a file beside it.</summary>
internal static class Benchmarks
{
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        new("session", SessionBenchmark.RunAsync),
        new("firewall", FirewallBench.RunAsync),
        new("firewall-live", LiveFirewallBench.RunAsync),
        new("failover", static (site, cancel) => FailoverBench.RunAsync(site, 1, cancel)),
        new("failover-three", static (site, cancel) => FailoverBench.RunAsync(site, 2, cancel)),
        new("comparison", ComparisonBench.RunAsync),
        new("import", ImportBench.RunAsync),
        new("database", DatabaseBench.RunAsync),
        new("tls-scan", TlsScanBench.RunAsync),
        new("anomalies", AnomalyBench.RunAsync),
        new("log", LogBench.RunAsync),
        new("measure", MeasureBench.RunAsync),
        new("audit", static (site, cancel) => Each(site, AuditBench.RunAsync, cancel)),
        new("audit-many", static (site, cancel) => Each(site, ManyServersBench.RunAsync, cancel)),
    ];

    /// <summary>A benchmark that is measured on the site of an inventory.</summary>
    private static async IAsyncEnumerable<BenchResult> Each(
        BenchSite site,
        Func<string, CancellationToken, IAsyncEnumerable<BenchResult>> measure,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (BenchResult result in measure(await site.InventoryAsync(cancel), cancel))
        {
            yield return result;
        }
    }
}
