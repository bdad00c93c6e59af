using System.Diagnostics;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Images;

/// <summary>
/// Builds a base image with mmdebstrap. The whole build runs in its own process and mount namespaces on a leash: its
/// first process ends as soon as ours does, and the kernel then ends all others and drops all mounts, so that a killed
/// build leaves nothing but a directory that the next one removes.
/// </summary>
internal static class ImageBuilder
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

    /// <summary>
    /// The build. The date until which a release file is valid is not checked, since a mirror may be a snapshot of former days;
    /// its signature is.
    /// </summary>
    private const string Build = """
        set -eu
        root=$1 suite=$2 mirror=$3 packages=$4 files=$5 log=$6
        exec >"$log" 2>&1
        mmdebstrap --variant=minbase --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$root" "$mirror"
        cp -r "$files/." "$root/"
        mount -t proc proc "$root/proc"
        chroot "$root" /bin/sh /build/prepare.sh
        umount "$root/proc"
        rm -rf "$root/build"
        """;

    /// <summary>Builds into a directory that does not exist yet.</summary>
    /// <exception cref="LabException">The build failed; the message holds the end of its log.</exception>
    public static async Task BuildAsync(ImageFlavour flavour, string root, string mirror, string log, CancellationToken cancel)
    {
        string files = root + ".files";
        foreach ((string path, string content) in flavour.Files)
        {
            string target = files + path;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllTextAsync(target, content, cancel);
        }

        ProcessStartInfo start = Tool.Prepare(
            "unshare",
            [
                "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", Leash, "leash",
                "sh", "-c", Build, "build", root, flavour.Suite, mirror, string.Join(',', flavour.Packages), files, log,
            ]);
        if (await DebianMirror.FindProxyAsync(cancel) is string proxy)
        {
            start.Environment["http_proxy"] = proxy;
        }

        int exitCode = await RunAsync(start, cancel);
        if (exitCode != 0)
        {
            string[] lines = File.Exists(log) ? await File.ReadAllLinesAsync(log, cancel) : [];
            throw LabException.Failed(
                $"The {flavour.Name} image could not be built (exit code {exitCode}):\n{string.Join('\n', lines.TakeLast(15))}",
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
