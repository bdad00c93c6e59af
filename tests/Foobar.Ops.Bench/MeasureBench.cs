using System.Globalization;
using System.Runtime.CompilerServices;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Bench;

/// <summary>
/// What measuring costs the balancer: the processor time of the HAProxy process at one sample a second, beside the hundredth of a core that
/// it may take.
/// </summary>
internal static class MeasureBench
{
    private const int Seconds = 30;

    private const double TicksPerSecond = 100, MostPercent = 1;

    private const string Ticks =
        """for p in $(pidof haproxy); do sed 's/.*) //' "/proc/$p/stat"; done | awk '{ sum += $12 + $13 } END { print sum }'""";

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        RaisedLab lab = await bench.LabAsync(DatabaseFlavour.MariaDb, cancel);
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        Server[] balancers = [.. session.Site.WithRole(Role.LoadBalancer)];
        double idle = await PercentAsync(lab, () => Task.Delay(TimeSpan.FromSeconds(Seconds), cancel), cancel);
        double measured = await PercentAsync(lab, async () =>
        {
            await foreach (TrafficMeasurement _ in TrafficMeter.StreamAsync(
                session, balancers, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(Seconds), [], cancel))
            {
            }
        }, cancel);
        yield return new("HAProxy while measured, of a core", Math.Max(measured - idle, 0.01), MostPercent, "the limit", "%");
    }

    private static async Task<double> PercentAsync(RaisedLab lab, Func<Task> work, CancellationToken cancel)
    {
        double before = await TicksAsync(lab, cancel);
        long started = Environment.TickCount64;
        await work();
        return 100 * (await TicksAsync(lab, cancel) - before) / TicksPerSecond / ((Environment.TickCount64 - started) / 1000.0);
    }

    private static async Task<double> TicksAsync(RaisedLab lab, CancellationToken cancel) =>
        double.Parse((await lab.RunAsync("lb-01", Ticks, cancel: cancel)).Trim(), CultureInfo.InvariantCulture);
}
