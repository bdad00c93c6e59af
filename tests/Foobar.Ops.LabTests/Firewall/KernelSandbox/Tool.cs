using System.Diagnostics;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>Runs a system tool in the network namespace of the calling thread, which a child process inherits.</summary>
internal static class Tool
{
    /// <summary>Runs a tool that must succeed, and gives its standard output.</summary>
    public static string Run(string tool, string input, params string[] arguments)
    {
        (int exitCode, string output, string error) = Try(tool, input, arguments);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)}: exit code {exitCode}: {error}\n{input}");
    }

    /// <summary>Runs a tool and gives its exit code, output and error.</summary>
    public static (int ExitCode, string Output, string Error) Try(string tool, string input, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill();
            throw new TimeoutException($"{tool} took more than 30 s.");
        }

        return (process.ExitCode, output.Result, error.Result);
    }
}
