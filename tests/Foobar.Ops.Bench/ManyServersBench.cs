using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>
/// An audit of 3, 30 and 200 servers, which are aliases of the site's own, each with a connection of its own: time and memory a
/// server beside those at 3 servers. A few at a time, since a few machines stand behind all of them.
/// </summary>
internal static class ManyServersBench
{
    private const int AtOnce = 6;

    private static readonly int[] Counts = [3, 30, 200];

    public static async IAsyncEnumerable<BenchResult> RunAsync(string inventory, [EnumeratorCancellation] CancellationToken cancel)
    {
        Site site = InventoryLoader.Load(inventory);
        await MeasureAsync(site, Counts[0], cancel);
        (double Seconds, double Megabytes)? few = null;
        foreach (int count in Counts)
        {
            (double seconds, double megabytes) = await MeasureAsync(site, count, cancel);
            few ??= (seconds / count, megabytes / count);
            yield return new BenchResult($"audit of {count} servers, each", seconds / count, few.Value.Seconds, $"each of {Counts[0]}", "s");
            yield return new BenchResult($"audit of {count} servers, allocated for each", megabytes / count, few.Value.Megabytes, $"each of {Counts[0]}", "MB");
        }
    }

    private static async Task<(double Seconds, double Megabytes)> MeasureAsync(Site site, int count, CancellationToken cancel)
    {
        Site many = Aliases(site, count);
        CollectOptions options = new() { ThrottleLimit = AtOnce, ServerTimeLimit = TimeSpan.FromMinutes(5) };
        AuditScope scope = new() { Areas = [Area.Server, Area.Firewall] };
        long allocated = GC.GetTotalAllocatedBytes();
        long start = Stopwatch.GetTimestamp();
        int done = 0;

        // Sessions are ended in between: what is measured is the audit, not how many processes the machine bears.
        foreach (Server[] some in many.Servers.Chunk(AtOnce))
        {
            await using SiteSession session = new(many with { Servers = some }, new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(2) });
            SnapshotResult result = await new LiveAudit(session, scope, options).RunAsync(static _ => { }, cancel);
            done += result.Errors.Count > 0 ? throw result.Errors[0] : some.Length;
        }

        return done == count
            ? (Stopwatch.GetElapsedTime(start).TotalSeconds, (GC.GetTotalAllocatedBytes() - allocated) / 1e6)
            : throw new InvalidOperationException($"{done} of {count} servers were audited.");
    }

    private static Site Aliases(Site site, int count)
    {
        Server[] machines = [.. site.Servers.Where(static server => !server.Is(Role.NetworkFirewall))];
        return site with
        {
            Policy = new Policy(),
            Vantages = [],
            Servers =
            [
                .. Enumerable.Range(0, count).Select(index => new Server
                {
                    Name = $"alias-{index}",
                    Roles = [Role.Code],
                    Ssh = machines[index % machines.Length].Ssh,
                    Addresses = [new IPAddress([10, 9, (byte)(index / 250), (byte)((index % 250) + 1)])],
                }),
            ],
        };
    }
}
