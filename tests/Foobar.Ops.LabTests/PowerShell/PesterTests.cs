using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Foobar.Ops.Lab;
using Foobar.Ops.LabTests.Lab;

namespace Foobar.Ops.LabTests.PowerShell;

/// <summary>
/// Runs the module's Pester tests on a real PowerShell, where there is one with Pester 5: the offline ones anywhere, those
/// tagged Lab on a lab. Their own counts go to TestResults/pester.counts.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class PesterTests(LabFixture labs)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task The_staged_module_passes_its_offline_Pester_tests()
    {
        await RequirePesterAsync();

        await RunAsync(inventory: null, "-ExcludeTag", "Lab");
    }

    [Fact]
    public async Task The_staged_module_passes_its_Pester_tests_on_the_lab()
    {
        await RequirePesterAsync();
        RaisedLab lab = await labs.RequireAsync();

        await RunAsync(lab.Inventory, "-Tag", "Lab");
    }

    private static async Task RequirePesterAsync()
    {
        try
        {
            (int exitCode, _) = await PowerShellAsync(null, "-Command", "exit [int](-not (Get-Module Pester -ListAvailable | Where-Object Version -GE '5.0'))");
            Assert.SkipWhen(exitCode != 0, "pwsh is here, but not Pester 5 or later: Install-PSResource Pester.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no pwsh on this machine.");
        }
    }

    private static async Task RunAsync(string? inventory, params string[] filter)
    {
        string root = Root();
        string[] arguments = ["-File", Path.Combine(root, "tests", "Pester", "Invoke-Tests.ps1"), "-CountsPath", Path.Combine(root, "TestResults", "pester.counts"), .. filter];

        (int exitCode, string said) = await PowerShellAsync(inventory, arguments);

        Assert.True(exitCode == 0, said);
    }

    private static async Task<(int ExitCode, string Said)> PowerShellAsync(string? inventory, params string[] arguments)
    {
        ProcessStartInfo start = new("pwsh", ["-NoProfile", "-NonInteractive", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["FOOBAR_INVENTORY"] = inventory;
        start.Environment["NO_COLOR"] = "1";
        StringBuilder said = new();
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, said.ToString());

        void Add(string? line)
        {
            lock (said)
            {
                said.AppendLine(line);
            }
        }
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
