using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Foobar.Ops.Bench;

/// <summary>
/// All firewall controls on hosts with 100, 1,000 and 10,000 rules (and sets ten times as large), beside an nmap scan of
/// the same host. Ours answers for every source, protocol and port; the scan, as fast as it can be told to be, for one
/// source address and TCP. Each figure of ours comes from processes of their own: from one that has judged a host of 100
/// rules before, as at an interactive prompt; from one that judges for the first time, its code not yet compiled; and
/// from one that judges the same host five times, of which the best counts, since others use the machine too.
/// </summary>
internal static class FirewallBench
{
    private const string Peer = "nmap -Pn -n -sS -p- -T4 --min-rate 5000 --max-retries 1, one source, TCP only";
    private const int SmallRules = 100;

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite site, [EnumeratorCancellation] CancellationToken cancel)
    {
        string small = Path.GetTempFileName();
        try
        {
            await CopySmallAsync(small, cancel);
            foreach (int rules in (int[])[SmallRules, 1000, 10000])
            {
                using BenchHost host = new(LargeRuleset.Text(rules, rules * 10));
                string listing = await host.ListingAsync(cancel);
                JudgeFigures first = await JudgeAsync(cancel, listing, "1");
                JudgeFigures session = await JudgeAsync(cancel, listing, "1", small);
                JudgeFigures often = await JudgeAsync(cancel, listing, "5");
                (double seconds, double megabytes) = await host.ScanAsync(cancel);
                yield return new($"judge {rules} rules, after {SmallRules} in the same session", session.FirstSeconds, seconds, Peer, "s");
                yield return new($"judge {rules} rules, again", often.BestSeconds, seconds, Peer, "s");
                yield return new($"judge {rules} rules, again, processor time", often.BestProcessorSeconds, seconds, Peer, "s");
                yield return new($"judge {rules} rules, the first time in a process", first.FirstSeconds, seconds, Peer, "s");
                yield return new($"judge {rules} rules, peak memory of the process", first.PeakMegabytes, megabytes, Peer, "MB");
            }
        }
        finally
        {
            File.Delete(small);
        }
    }

    private static async Task CopySmallAsync(string path, CancellationToken cancel)
    {
        using BenchHost host = new(LargeRuleset.Text(SmallRules, SmallRules * 10));
        File.Copy(await host.ListingAsync(cancel), path, overwrite: true);
    }

    private static async Task<JudgeFigures> JudgeAsync(CancellationToken cancel, params string[] arguments)
    {
        string[] self = Environment.ProcessPath is { } path && !path.EndsWith("dotnet", StringComparison.Ordinal)
            ? [path]
            : ["dotnet", typeof(FirewallBench).Assembly.Location];
        return JsonSerializer.Deserialize<JudgeFigures>(await BenchHost.RunAsync([.. self, RulesetJudge.Command, .. arguments], cancel))!;
    }
}

/// <summary>What one process took to judge a listing.</summary>
/// <param name="FirstSeconds">The first judgement of it.</param>
/// <param name="BestSeconds">The fastest judgement.</param>
/// <param name="BestProcessorSeconds">The least processor time of a judgement, all threads.</param>
/// <param name="PeakMegabytes">The largest resident set the process had.</param>
internal sealed record JudgeFigures(double FirstSeconds, double BestSeconds, double BestProcessorSeconds, double PeakMegabytes);
