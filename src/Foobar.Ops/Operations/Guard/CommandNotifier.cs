using System.ComponentModel;
using System.Diagnostics;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Guard;

/// <summary>
/// Tells a program of the operator's about events: it is started without arguments or a shell, reads one line of JSON
/// (<see cref="WatchLog.Line"/>) from its standard input, and must end with 0 within ten seconds; else it is tried twice more.
/// Of the environment it gets only what finds programs and files.
/// </summary>
/// <param name="program">The program's path.</param>
public sealed class CommandNotifier(string program)
{
    private const int Tries = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromSeconds(2);

    private static readonly string[] Needed = ["PATH", "HOME", "LANG", "USER", "TMPDIR", "SystemRoot", "USERPROFILE", "TEMP"];

    /// <summary>Tells it.</summary>
    /// <exception cref="FoobarException"><c>NotifyFailed</c>: it could not be started, or failed three times.</exception>
    public async Task NotifyAsync(WatchEvent each, CancellationToken cancellationToken)
    {
        string why = "";
        for (int attempt = 1; attempt <= Tries; attempt++)
        {
            if (attempt > 1)
            {
                await Task.Delay(Pause, cancellationToken);
            }

            if (await TryAsync(WatchLog.Line(each), cancellationToken) is not { } failure)
            {
                return;
            }

            why = failure;
        }

        throw new FoobarException("NotifyFailed", ErrorKind.Failed, $"'{program}' was not told of the event {each.Kind}: {why}.")
        {
            Recommendation = "See that it can be run by this account, reads its standard input, and ends with 0.",
        };
    }

    private async Task<string?> TryAsync(string line, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Except(Needed, StringComparer.OrdinalIgnoreCase).ToArray())
        {
            start.Environment.Remove(name);
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(
                limit.Token), errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteLineAsync(line.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            _ = await output;
            string said = (await errors).Trim();
            return process.ExitCode == 0 ? null : $"it ended with {process.ExitCode}{(said.Length > 0 ? $": {said}" : "")}";
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            return error.Message.TrimEnd('.');
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it did not end within {Limit.TotalSeconds:0} s";
        }
        finally
        {
            if (process is { HasExited: false })
            {
                process.Kill(entireProcessTree: true);
            }

            process?.Dispose();
        }
    }
}
