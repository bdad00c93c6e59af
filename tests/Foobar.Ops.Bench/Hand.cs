using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab;

namespace Foobar.Ops.Bench;

/// <summary>How a hand-written procedure talks to the servers.</summary>
internal interface IHand : IAsyncDisposable
{
    /// <summary>Runs statements on a database and gives the lines of their output.</summary>
    Task<IReadOnlyList<string>> SqlAsync(string server, string sql, CancellationToken cancel);

    /// <summary>Gives HAProxy a command.</summary>
    Task BalancerAsync(string command, CancellationToken cancel);
}

/// <summary>One <c>ssh SERVER mysql</c> a step, over connections shared by ControlMaster.</summary>
internal sealed class SharedHand(RaisedLab lab) : IHand
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hand-");

    public async Task<IReadOnlyList<string>> SqlAsync(string server, string sql, CancellationToken cancel) =>
        (await RunAsync(server, "mysql -N -B", sql, cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Task BalancerAsync(string command, CancellationToken cancel) =>
        RunAsync("lb-01", "socat - /run/haproxy/admin.sock", command + "\n", cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (string socket in Directory.GetFiles(_folder.FullName))
        {
            using Process exit = Process.Start(new ProcessStartInfo(
                "ssh", ["-O", "exit", "-o", $"ControlPath={socket}", "any"]) { RedirectStandardError = true })!;
            await exit.WaitForExitAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<string> RunAsync(string server, string command, string input, CancellationToken cancel)
    {
        string[] shared =
        [
            "-T",
            "-F",
            lab.SshConfig,
            "-o",
            "BatchMode=yes",
            "-o",
            "ControlMaster=auto",
            "-o",
            "ControlPersist=60",
            "-o",
            $"ControlPath={Path.Combine(_folder.FullName, "%n")}",
        ];
        using Process process = Process.Start(new ProcessStartInfo(
            "ssh", [.. shared, server, command]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await process.StandardInput.WriteAsync(input.AsMemory(), cancel);
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"ssh {server} {command}: exit code {process.ExitCode}");
    }
}

/// <summary>A client on each server, started before the switch and fed over standard input: a step costs one round trip.</summary>
internal sealed class HeldHand : IHand
{
    private readonly Dictionary<string, Process> _clients = [];
    private int _number;

    /// <summary>Starts the clients.</summary>
    public static async Task<HeldHand> StartAsync(RaisedLab lab, IReadOnlyList<string> members, CancellationToken cancel)
    {
        HeldHand hand = new();
        foreach ((string server, string command) in members.Select(static member => (member, "mysql -N -B -n"))
            .Append(("lb-01", "socat - /run/haproxy/admin.sock")))
        {
            hand._clients[server] = Process.Start(
                new ProcessStartInfo("ssh", ["-T", "-F", lab.SshConfig, "-o", "BatchMode=yes", "-o", "ControlPath=none", server, command])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                })!;
        }

        foreach (string member in members)
        {
            await hand.SqlAsync(member, "SELECT 1", cancel);
        }

        await hand.AskAsync("lb-01", "prompt", "> ", cancel);
        await hand.BalancerAsync("set timeout cli 3600", cancel);
        return hand;
    }

    public async Task<IReadOnlyList<string>> SqlAsync(string server, string sql, CancellationToken cancel)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $"end-of-{++_number}");
        string output = await AskAsync(server, $"{sql}; SELECT '{end}';", end + "\n", cancel);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != end)];
    }

    public Task BalancerAsync(string command, CancellationToken cancel) => AskAsync("lb-01", command, "> ", cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (Process client in _clients.Values)
        {
            client.StandardInput.Close();
            await client.WaitForExitAsync();
            client.Dispose();
        }
    }

    private async Task<string> AskAsync(string server, string text, string end, CancellationToken cancel)
    {
        Process client = _clients[server];
        await client.StandardInput.WriteAsync($"{text}\n".AsMemory(), cancel);
        await client.StandardInput.FlushAsync(cancel);
        char[] buffer = new char[4096];
        string answer = string.Empty;
        while (!answer.EndsWith(end, StringComparison.Ordinal))
        {
            int read = await client.StandardOutput.ReadAsync(buffer, cancel);
            answer += read > 0
                ? new string(buffer, 0, read)
                : throw new InvalidOperationException($"{server} ended after '{text}': {answer}");
        }

        return answer;
    }
}
