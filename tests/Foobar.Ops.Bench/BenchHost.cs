using System.Diagnostics;
using System.Globalization;
using System.Net;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Bench;

/// <summary>
/// A host with a ruleset and a neighbour that can scan it, each a network namespace of its own with a cable between them;
/// removed at the end. Needs root, nft and nmap.
/// </summary>
internal sealed class BenchHost : IDisposable
{
    /// <summary>The host's address.</summary>
    public const string Address = "192.0.2.11";

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-bench-").FullName;
    private readonly string _host = $"foobar-bench-{Environment.ProcessId}-h";
    private readonly string _neighbour = $"foobar-bench-{Environment.ProcessId}-n";

    public BenchHost(string ruleset)
    {
        string rules = Path.Combine(_folder, "rules.nft");
        File.WriteAllText(rules, ruleset);
        Run($"ip netns add {_host}");
        Run($"ip netns add {_neighbour}");
        Run($"ip -n {_host} link add eth0 type veth peer name eth0 netns {_neighbour}");
        Run($"ip -n {_host} address add {Address}/24 dev eth0");
        Run($"ip -n {_neighbour} address add 192.0.2.250/24 dev eth0");
        Run($"ip -n {_host} link set eth0 up");
        Run($"ip -n {_neighbour} link set eth0 up");
        Run($"ip netns exec {_host} nft -f {rules}");
    }

    /// <summary>The host's addresses and routes.</summary>
    public static HostNetwork Network { get; } = new()
    {
        Interfaces = ["lo", "eth0"],
        Addresses = [new("lo", IPAddress.Loopback, 8), new("eth0", IPAddress.Parse(Address), 24)],
        Routes = [new(IPAddress.Any, 0, "eth0"), new(IPAddress.Parse("192.0.2.0"), 24, "eth0")],
    };

    /// <summary>A file with the ruleset as the kernel lists it.</summary>
    public async Task<string> ListingAsync(CancellationToken cancel)
    {
        string path = Path.Combine(_folder, "rules.json");
        await File.WriteAllTextAsync(path, await RunAsync(["ip", "netns", "exec", _host, "nft", "-j", "list", "ruleset"], cancel), cancel);
        return path;
    }

    /// <summary>Scans the host from its neighbour: the time in seconds and the scanner's largest resident set in MB.</summary>
    public async Task<(double Seconds, double Megabytes)> ScanAsync(CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        using Process scan = Start([
            "ip", "netns", "exec", _neighbour, "nmap", "-Pn", "-n", "-sS", "-p-", "-T4", "--min-rate", "5000", "--max-retries", "1",
            Address,
        ]);
        Task<string> output = scan.StandardOutput.ReadToEndAsync(cancel);
        double peak = 0;
        while (!scan.HasExited)
        {
            peak = Math.Max(peak, Resident(scan));
            await Task.WhenAny(scan.WaitForExitAsync(cancel), Task.Delay(20, cancel));
        }

        return scan.ExitCode == 0 && (await output).Contains("1 host up", StringComparison.Ordinal)
            ? (Stopwatch.GetElapsedTime(started).TotalSeconds, peak)
            : throw new InvalidOperationException($"nmap ended with {scan.ExitCode}: {await output}");
    }

    public void Dispose()
    {
        Run($"ip netns delete {_host}");
        Run($"ip netns delete {_neighbour}");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs a program and gives its output.</summary>
    public static async Task<string> RunAsync(string[] command, CancellationToken cancel)
    {
        using Process process = Start(command);
        string output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}.");
    }

    private static void Run(string command) => RunAsync(command.Split(' '), CancellationToken.None).GetAwaiter().GetResult();

    private static Process Start(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{command[0]} did not start.");

    private static double Resident(Process process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process.Id}/status")
                .FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(':', 'k')[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
