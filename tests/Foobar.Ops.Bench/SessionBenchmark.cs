using System.Diagnostics;
using System.Runtime.CompilerServices;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>Sessions beside the <c>ssh</c> that an operator's script calls: short commands, and connecting to all servers.</summary>
internal static class SessionBenchmark
{
    private const int Commands = 1000;
    private const int PeerCommands = 50;
    private const int Rounds = 5;

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        Site site = await bench.SiteAsync(cancel);
        using PeerSsh peer = new(site);
        Server server = site.WithRole(Role.LoadBalancer).FirstOrDefault() ?? site.Servers[0];
        double shared = await peer.SharedAsync(server, PeerCommands, cancel);
        yield return new(
            "command without output", await OursAsync(site, server, "true", cancel), shared, "ssh with ControlMaster, true", "ms");
        yield return new(
            "command with output", await OursAsync(site, server, "echo hello", cancel), shared, "ssh with ControlMaster, true", "ms");
        yield return new(
            "program with output",
            await OursAsync(site, server, "cat /proc/loadavg", cancel),
            shared, "ssh with ControlMaster, true", "ms");
        yield return await ConnectAsync(site, peer, cancel);
    }

    /// <summary>The mean time of one command, of a thousand one after another.</summary>
    private static async Task<double> OursAsync(Site site, Server server, string script, CancellationToken cancel)
    {
        await using SiteSession sessions = new(site);
        IServerSession session = await sessions.GetServerAsync(server.Name, cancel);
        RemoteCommand command = RemoteCommand.FromScript(script);
        for (int warm = 0; warm < 100; warm++)
        {
            await session.RunAsync(command, cancel);
        }

        long started = Stopwatch.GetTimestamp();
        for (int number = 0; number < Commands; number++)
        {
            await session.RunAsync(command, cancel);
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / Commands;
    }

    /// <summary>
    /// Medians of several rounds, ours and the peer's by turns: all servers at once, and the slowest server's single ssh.
    /// </summary>
    private static async Task<BenchResult> ConnectAsync(Site site, PeerSsh peer, CancellationToken cancel)
    {
        List<double> ours = [];
        Dictionary<Server, List<double>> single = site.Servers.ToDictionary(server => server, _ => new List<double>());
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Server server in site.Servers)
            {
                single[server].Add(await peer.ColdAsync(server, cancel));
            }

            await using SiteSession sessions = new(site);
            long started = Stopwatch.GetTimestamp();
            IReadOnlyList<ConnectOutcome> outcomes = await sessions.ConnectAllAsync(cancellationToken: cancel);
            ours.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (outcomes.FirstOrDefault(outcome => outcome.Error is not null)?.Error is Exception error)
            {
                throw error;
            }
        }

        return new($"connect to {site.Servers.Count} servers", Median(ours), single.Values.Max(Median), "slowest single ssh", "ms");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
