using System.ComponentModel;
using System.Diagnostics;

namespace Foobar.Ops.Lab.Host;

/// <summary>What a program of the machine said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>Whether the exit code was zero.</summary>
    public bool Succeeded => ExitCode == 0;
}

/// <summary>
/// Runs programs of the machine: arguments as a list (never through a shell), a time limit, and a kill of all it started when that runs
/// out.
/// </summary>
internal static class Tool
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program and returns its standard output.</summary>
    /// <exception cref="LabException">The exit code is not zero, the program is missing, or the time ran out.</exception>
    public static async Task<string> RunAsync(
        string program, IReadOnlyList<string> arguments, string? input = null, TimeSpan? limit = null, CancellationToken cancel = default)
    {
        ToolResult result = await TryAsync(program, arguments, input, limit, cancel);
        return result.Succeeded
            ? result.Output
            : throw LabException.Failed($"{Shown(program, arguments)}: exit code {result.ExitCode}: {Excerpt(result)}");
    }

    /// <summary>Runs a program and returns what it said, whatever its exit code.</summary>
    /// <exception cref="LabException">The program is missing, or the time ran out.</exception>
    public static Task<ToolResult> TryAsync(
        string program,
        IReadOnlyList<string> arguments,
        string? input = null,
        TimeSpan? limit = null,
        CancellationToken cancel = default) =>
        TryAsync(Prepare(program, arguments), input, limit, cancel);

    /// <summary>Runs a prepared program and returns what it said, whatever its exit code.</summary>
    /// <exception cref="LabException">The program is missing, or the time ran out.</exception>
    public static async Task<ToolResult> TryAsync(
        ProcessStartInfo start, string? input = null, TimeSpan? limit = null, CancellationToken cancel = default)
    {
        using Process process = Start(start);
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timer.CancelAfter(limit ?? DefaultLimit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(timer.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(timer.Token);
            await FeedAsync(process, input);
            await process.WaitForExitAsync(timer.Token);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            throw LabException.Failed(
                $"{Shown(start.FileName, start.ArgumentList)}: not finished after {(limit ?? DefaultLimit).TotalSeconds:0} s");
        }
    }

    /// <summary>Prepares the start of a program with its three streams redirected.</summary>
    public static ProcessStartInfo Prepare(string program, IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        return start;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw LabException.Failed($"{start.FileName} could not be started: {missing.Message}", cause: missing);
        }
    }

    private static async Task FeedAsync(Process process, string? input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input ?? string.Empty);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of it; its exit code and standard error say why.
        }
    }

    private static string Shown(string program, IEnumerable<string> arguments)
    {
        string line = string.Join(' ', [program, .. arguments]);
        return line.Length <= 200 ? line : line[..200] + "…";
    }

    private static string Excerpt(ToolResult result)
    {
        string text = (string.IsNullOrWhiteSpace(result.Error) ? result.Output : result.Error).Trim();
        return text.Length <= 2000 ? text : "…" + text[^2000..];
    }
}
