using System.Diagnostics;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Images;

/// <summary>
/// Runs the script that builds an image or a layer. The whole build runs in its own process and mount namespaces on a leash: its
/// first process ends as soon as ours does, and the kernel then ends all others and drops all mounts, so that a killed
/// build leaves nothing but a directory that the next one removes.
/// </summary>
internal static class BuildProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>Waits for the build ($@) or for the end of standard input, whichever comes first.</summary>
    private const string Leash = """
        exec 3<&0
        "$@" </dev/null &
        build=$!
        cat <&3 >/dev/null &
        wait -n
        kill -0 "$build" 2>/dev/null && exit 99
        wait "$build"
        """;

    /// <summary>Runs a shell script with the proxy that apt uses.</summary>
    /// <param name="name">What it builds, for the message of an error.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments; the last one is the path of its log.</param>
    /// <param name="mirror">The mirror it reads from, for the message of an error.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="LabException">It failed; the message holds the end of its log.</exception>
    public static async Task RunAsync(string name, string script, IReadOnlyList<string> arguments, string mirror, CancellationToken cancel)
    {
        ProcessStartInfo start = Tool.Prepare(
            "unshare",
            [
                "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", Leash, "leash",
                "sh", "-c", script, "build", .. arguments,
            ]);
        if (await DebianMirror.FindProxyAsync(cancel) is string proxy)
        {
            start.Environment["http_proxy"] = proxy;
        }

        int exitCode = await RunAsync(start, cancel);
        if (exitCode != 0)
        {
            string log = arguments[^1];
            string[] lines = File.Exists(log) ? await File.ReadAllLinesAsync(log, cancel) : [];
            throw LabException.Failed(
                $"The {name} could not be built (exit code {exitCode}):\n{string.Join('\n', lines.TakeLast(15))}",
                $"The whole log is {log}. Is the mirror {mirror} reachable?");
        }
    }

    private static async Task<int> RunAsync(ProcessStartInfo start, CancellationToken cancel)
    {
        using Process process = Process.Start(start)!;
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timer.CancelAfter(Limit);
        try
        {
            // Nothing is written to it; that it stays open is what keeps the build alive.
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(timer.Token), process.StandardError.ReadToEndAsync(timer.Token));
            await process.WaitForExitAsync(timer.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }
}
