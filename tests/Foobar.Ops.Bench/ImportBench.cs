using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Bench;

/// <summary>
/// <c>Import-Module</c> of the staged module beside that of Pester, in the same PowerShell, by turns, each in a process of
/// its own. What is staged is what was built last: stage it in Release for figures that an operator would see.
/// </summary>
internal static class ImportBench
{
    private const int Rounds = 7;

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        PowerShellHost shell = await PowerShellHost.FindAsync(cancel);
        string module = Checkout.Module;
        List<double> ours = [];
        List<double> peer = [];
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(await ImportAsync(shell, module, cancel));
            peer.Add(await ImportAsync(shell, "Pester", cancel));
        }

        yield return new("import", Median(ours), Median(peer), "Import-Module Pester", "ms");
    }

    private static async Task<double> ImportAsync(PowerShellHost shell, string module, CancellationToken cancel)
    {
        // Measure-Command itself is loaded and compiled by the first call.
        using Process process = Process.Start(
            shell.Prepare(
                "-Command",
                $"$null = Measure-Command {{ 1 }}; (Measure-Command {{ Import-Module '{module}' -ErrorAction Stop "
                    + "}).TotalMilliseconds.ToString('R', [cultureinfo]::InvariantCulture)"))!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
        string said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 && double.TryParse(said, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds)
            ? milliseconds
            : throw new InvalidOperationException($"Importing {module} ended with {process.ExitCode}: {said} {await errors}");
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
