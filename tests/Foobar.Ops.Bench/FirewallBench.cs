using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Foobar.Ops.Bench;

/// <summary>
/// All firewall controls on hosts with 100, 1,000 and 10,000 rules (and sets ten times as large), beside an nmap scan of
/// the same host. Ours answers for every source, protocol and port; the scan, as fast as it can be told to be, for one
/// source address and TCP. Each figure of ours comes from a process of its own.
/// </summary>
internal static class FirewallBench
{
    private const string Peer = "nmap -Pn -n -sS -p- -T4 --min-rate 5000 --max-retries 1, one source, TCP only";

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite site, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (int rules in (int[])[100, 1000, 10000])
        {
            using BenchHost host = new(LargeRuleset.Text(rules, rules * 10));
            JudgeFigures ours = await JudgeAsync(host, cancel);
            (double seconds, double megabytes) = await host.ScanAsync(cancel);
            yield return new($"judge {rules} rules", ours.Seconds, seconds, Peer, "s");
            yield return new($"judge {rules} rules, the first time in a process", ours.FirstSeconds, seconds, Peer, "s");
            yield return new($"judge {rules} rules, peak memory of the process", ours.PeakMegabytes, megabytes, Peer, "MB");
        }
    }

    private static async Task<JudgeFigures> JudgeAsync(BenchHost host, CancellationToken cancel)
    {
        string[] self = Environment.ProcessPath is { } path && !path.EndsWith("dotnet", StringComparison.Ordinal)
            ? [path]
            : ["dotnet", typeof(FirewallBench).Assembly.Location];
        JudgeFigures once = await RunAsync("1");
        JudgeFigures often = await RunAsync("5");
        return once with { Seconds = often.Seconds };

        async Task<JudgeFigures> RunAsync(string times) => JsonSerializer.Deserialize<JudgeFigures>(
            await BenchHost.RunAsync([.. self, RulesetJudge.Command, await host.ListingAsync(cancel), times], cancel))!;
    }
}

/// <summary>What one process took to judge a listing.</summary>
/// <param name="FirstSeconds">The first judgement, the code not yet compiled.</param>
/// <param name="Seconds">The median of all judgements of the process.</param>
/// <param name="PeakMegabytes">The largest resident set the process had.</param>
internal sealed record JudgeFigures(double FirstSeconds, double Seconds, double PeakMegabytes);
