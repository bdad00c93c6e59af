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
/// server beside those at 3 servers. A few at a time, since a few machines stand behind all of them. Then one that answers nothing is
/// added to 30: it costs its time limit once.
/// </summary>
internal static class ManyServersBench
{
    private const int AtOnce = 6;

    private const int BesideDead = 30;

    /// <summary>A port that no rule of the lab's accepts: its packets are dropped, so that whoever connects waits.</summary>
    private const int DroppedPort = 2222;

    private static readonly TimeSpan DeadLimit = TimeSpan.FromSeconds(20);

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
            yield return new BenchResult(
                $"audit of {count} servers, each", seconds / count, few.Value.Seconds, $"each of {Counts[0]}", "s");
            yield return new BenchResult(
                $"audit of {count} servers, allocated for each", megabytes / count, few.Value.Megabytes, $"each of {Counts[0]}", "MB");
        }

        (double longest, double last) = await BesideDeadAsync(site, cancel);
        string name = $"audit of {BesideDead} servers and a dead one";
        yield return new BenchResult($"{name}, until its error", longest, DeadLimit.TotalSeconds, "its time limit", "s");
        yield return new BenchResult(name, last, few!.Value.Seconds * BesideDead, $"{BesideDead} times each of {Counts[0]}", "s");
    }

    private static async Task<(double Dead, double All)> BesideDeadAsync(Site site, CancellationToken cancel)
    {
        Site many = Aliases(site, BesideDead);
        Server dead = many.Servers[0] with { Name = "dead", Ssh = many.Servers[0].Ssh with { Port = DroppedPort } };
        await using SiteSession session = new(
            many with { Servers = [dead, .. many.Servers] }, new SessionOptions { ConnectTimeLimit = DeadLimit });
        double gaveUp = 0;
        long start = Stopwatch.GetTimestamp();
        CollectOptions options = new()
        {
            ThrottleLimit = AtOnce,
            ServerTimeLimit = TimeSpan.FromMinutes(5),
            Progress = progress => gaveUp = progress.Server == dead.Name ? Stopwatch.GetElapsedTime(start).TotalSeconds : gaveUp,
        };
        SnapshotResult result = await new LiveAudit(session, Scope, options).RunAsync(static _ => { }, cancel);
        return result.Errors is [{ Server: "dead" }]
            ? (gaveUp, Stopwatch.GetElapsedTime(start).TotalSeconds)
            : throw new InvalidOperationException(
                $"One error of the dead server was expected: {string.Join(' ', result.Errors.Select(static error => error.Message))}");
    }

    private static AuditScope Scope { get; } = new() { Areas = [Area.Server, Area.Firewall] };

    private static async Task<(double Seconds, double Megabytes)> MeasureAsync(Site site, int count, CancellationToken cancel)
    {
        Site many = Aliases(site, count);
        CollectOptions options = new() { ThrottleLimit = AtOnce, ServerTimeLimit = TimeSpan.FromMinutes(5) };
        long allocated = GC.GetTotalAllocatedBytes();
        long start = Stopwatch.GetTimestamp();
        int done = 0;

        // Sessions are ended in between: what is measured is the audit, not how many processes the machine bears.
        foreach (Server[] some in many.Servers.Chunk(AtOnce))
        {
            await using SiteSession session = new(
                many with { Servers = some }, new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(2) });
            SnapshotResult result = await new LiveAudit(session, Scope, options).RunAsync(static _ => { }, cancel);
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
