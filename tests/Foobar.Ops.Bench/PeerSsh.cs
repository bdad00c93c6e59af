using System.Diagnostics;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Bench;

/// <summary>The <c>ssh</c> of an operator's script, timed.</summary>
internal sealed class PeerSsh(Site site) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-");

    /// <summary>The time of one <c>ssh SERVER true</c> that makes its own connection, in milliseconds.</summary>
    public Task<double> ColdAsync(Server server, CancellationToken cancel) =>
        TimeAsync([.. Options(), "-o", "ControlPath=none", server.Ssh.Host, "true"], cancel);

    /// <summary>The mean time of <c>ssh SERVER true</c> over a shared connection, in milliseconds.</summary>
    public async Task<double> SharedAsync(Server server, int times, CancellationToken cancel)
    {
        string[] shared =
        [
            .. Options(), "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-o", $"ControlPath={Path.Combine(_folder.FullName, "c")}",
        ];
        await TimeAsync([.. shared, server.Ssh.Host, "true"], cancel);
        double sum = 0;
        for (int number = 0; number < times; number++)
        {
            sum += await TimeAsync([.. shared, server.Ssh.Host, "true"], cancel);
        }

        await TimeAsync([.. shared, "-O", "exit", server.Ssh.Host], cancel);
        return sum / times;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<double> TimeAsync(string[] arguments, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(
            "ssh", arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(started).TotalMilliseconds
            : throw new InvalidOperationException($"ssh {string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }

    private IEnumerable<string> Options() =>
        ["-T", "-o", "BatchMode=yes", .. site.SshConfig is string config ? (string[])["-F", config] : []];
}
