using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Bench;

/// <summary>
/// What an operator waits for: <c>Test-FoobarFirewall</c> with all controls in a real PowerShell, over SSH to a server with
/// 10,000 rules and a set of addresses, small or large, beside what the server needs to list the same rules over the same SSH.
/// Each figure comes from PowerShells of their own, in which the module has just been imported and never judged before; of the
/// memory that of a PowerShell which imported nothing is taken off. The server is a container of this machine and takes its
/// share of the processors. What is staged is what was built last: stage it in Release for figures that an operator would see.
/// </summary>
internal static class LiveFirewallBench
{
    private const int Rules = 10000;
    private const int Rounds = 3;
    private const string Server = "web-01";
    private const string Peer = "ssh web-01 nft -j list ruleset";
    private const string Memory = "(Get-Process -Id $PID).PeakWorkingSet64 / 1MB";

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite site, [EnumeratorCancellation] CancellationToken cancel)
    {
        RaisedLab lab = await site.LabAsync(DatabaseFlavour.MariaDb, cancel);
        string saved = await lab.RunAsync(Server, "cat /etc/nftables.conf", cancel: cancel);
        try
        {
            PowerShellHost shell = await PowerShellHost.FindAsync(cancel);
            double own = Median(
                await RepeatAsync(async () => (await RunAsync<double[]>(shell, lab, $"ConvertTo-Json -Compress @({Memory})", cancel))[0]));
            foreach (int elements in (int[])[Rules / 10, Rules * 10])
            {
                await LoadAsync(lab, LargeRuleset.Within(saved, Rules, elements), cancel);
                List<double[]> figures = await RepeatAsync(() => RunAsync<double[]>(shell, lab, Script, cancel));
                double peer = Median(await RepeatAsync(() => ListAsync(lab, cancel)));
                foreach ((int index, string name) in ((string[])["", ", again"]).Index())
                {
                    string what = $"Test-FoobarFirewall, {Rules} rules, a set of {elements}{name}";
                    double Figure(int number) => Median([.. figures.Select(run => run[(index * 3) + number])]);
                    yield return new(what, Figure(0), peer, Peer, "s");
                    yield return new($"{what}, processor time", Figure(1), peer, Peer, "s");
                    yield return new($"{what}, memory beyond PowerShell's own", Figure(2) - own, own, "PowerShell itself", "MB");
                }
            }
        }
        finally
        {
            await LoadAsync(lab, saved, CancellationToken.None);
        }
    }

    // Twice in one session; what was not judged took no time.
    private static string Script { get; } = $$"""
        $ErrorActionPreference = 'Stop'
        Import-Module '{{Checkout.Module}}'
        $figures = foreach ($round in 1, 2) {
            $used = (Get-Process -Id $PID).TotalProcessorTime
            $took = [System.Diagnostics.Stopwatch]::StartNew()
            $findings = Test-FoobarFirewall {{Server}}
            $took.Elapsed.TotalSeconds
            ((Get-Process -Id $PID).TotalProcessorTime - $used).TotalSeconds
            {{Memory}}
            if ('Unknown' -in $findings.Status -or 'FW-006' -notin $findings.ControlId) { throw 'a control has not judged' }
        }
        ConvertTo-Json -Compress @($figures)
        """;

    private static async Task LoadAsync(RaisedLab lab, string ruleset, CancellationToken cancel) =>
        _ = await lab.RunAsync(Server, "cat > /etc/nftables.conf && nft -f /etc/nftables.conf", ruleset, TimeSpan.FromMinutes(2), cancel);

    private static async Task<double> ListAsync(RaisedLab lab, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        _ = await BenchHost.RunAsync(["ssh", "-F", lab.SshConfig, Server, "sudo", "nft", "-j", "list", "ruleset"], cancel);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<T> RunAsync<T>(PowerShellHost shell, RaisedLab lab, string script, CancellationToken cancel)
    {
        ProcessStartInfo start = shell.Prepare("-Command", script);
        start.Environment["FOOBAR_INVENTORY"] = lab.Inventory;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
        string said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<T>(said)!
            : throw new InvalidOperationException($"PowerShell ended with {process.ExitCode}: {said} {await errors}");
    }

    private static async Task<List<T>> RepeatAsync<T>(Func<Task<T>> measure)
    {
        List<T> figures = [];
        for (int round = 0; round < Rounds; round++)
        {
            figures.Add(await measure());
        }

        return figures;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
