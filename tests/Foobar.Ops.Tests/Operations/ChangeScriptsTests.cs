using System.Diagnostics;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations;

/// <summary>What a certificate change runs apart from its session, run by a shell of this machine in a directory of its own.</summary>
public sealed class ChangeScriptsTests : IDisposable
{
    private readonly DirectoryInfo _store = Directory.CreateTempSubdirectory("foobar-store-");

    public void Dispose() => _store.Delete(recursive: true);

    [Fact]
    public async Task An_undo_waits_for_a_step_that_still_runs_and_is_not_told_what_came_of_that()
    {
        _store.CreateSubdirectory("pending.1");
        Task<(int, string)> step = RunAsync("d=$1; alone; : > $d/begun; sleep 1; echo new > $d/file; end 'done step'");
        while (!File.Exists(Path.Combine(_store.FullName, "pending.1", "begun")))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        (int, string) undo = await RunAsync("d=$1; alone; echo old > $d/file; end 'done undo'");

        Assert.Equal((0, "done undo\n"), undo);
        Assert.Equal((0, "done step\n"), await step);
        Assert.Equal("old\n", await File.ReadAllTextAsync(
            Path.Combine(_store.FullName, "pending.1", "file"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_refused_is_told()
    {
        _store.CreateSubdirectory("pending.1");

        Assert.Equal((9, "refused: no\n"), await RunAsync("end 'refused: no'"));
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string script)
    {
        string Here(string text) => text.Replace("/var/lib/foobar-ops/certificate", _store.FullName, StringComparison.Ordinal);
        RemoteCommand command = ChangeScripts.Apart(Here(ChangeScripts.Tools) + script, "1", []);
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", Here(command.Script)])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        await shell.StandardInput.WriteAsync(System.Text.Encoding.UTF8.GetString(command.Input.Span));
        shell.StandardInput.Close();
        string output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (shell.ExitCode, output);
    }
}
