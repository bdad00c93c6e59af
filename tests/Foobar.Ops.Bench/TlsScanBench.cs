using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Bench;

/// <summary>
/// A scan of the load balancer beside sslscan and a full run of testssl.sh: how long each takes, and how many connections
/// HAProxy counted meanwhile. Ours runs in this process, by turns with sslscan; its first run, with code not yet compiled,
/// is told apart.
/// </summary>
internal static class TlsScanBench
{
    private const int Rounds = 5;

    private const string Sslscan = "sslscan";

    private const string Testssl = "testssl.sh, all checks";

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        Site site = await bench.SiteAsync(cancel);
        Server balancer = site.WithRole(Role.LoadBalancer).First();
        await using SiteSession sessions = new(site);
        IServerSession session = await sessions.GetServerAsync(balancer.Name, cancel);
        TlsEndpoint endpoint = (await SiteScan.EndpointsAsync(session, balancer, site, cancel))[0];
        string[] sslscan = ["sslscan", $"--sni-name={endpoint.ServerName}", endpoint.ToString()];
        string[] testssl =
            ["testssl", "--quiet", "--warnings", "off", "--ip", endpoint.Host,
                string.Create(CultureInfo.InvariantCulture, $"https://{endpoint.ServerName}:{endpoint.Port}/")];

        Figures first = await MeasureAsync(session, () => ScanAsync(endpoint, cancel), cancel);
        List<Figures> ours = [], peer = [];
        for (int round = 0; round < Rounds; round++)
        {
            peer.Add(await MeasureAsync(session, () => RunAsync(sslscan, cancel), cancel));
            ours.Add(await MeasureAsync(session, () => ScanAsync(endpoint, cancel), cancel));
        }

        Figures thorough = await MeasureAsync(session, () => RunAsync(testssl, cancel), cancel);
        double seconds = Median(ours, static each => each.Seconds), connections = Median(ours, static each => each.Connections);
        yield return new("tls-scan", seconds, Median(peer, static each => each.Seconds), Sslscan, "s");
        yield return new("tls-scan, the first time in a process", first.Seconds, Median(peer, static each => each.Seconds), Sslscan, "s");
        yield return new("tls-scan, connections", connections, Median(peer, static each => each.Connections), Sslscan, "connections");
        yield return new("tls-scan", seconds, thorough.Seconds, Testssl, "s");
        yield return new("tls-scan, connections", connections, thorough.Connections, Testssl, "connections");
    }

    private static async Task ScanAsync(TlsEndpoint endpoint, CancellationToken cancel)
    {
        async Task<Stream> ConnectAsync(CancellationToken token)
        {
            TcpClient client = new();
            await client.ConnectAsync(endpoint.Host, endpoint.Port, token);
            return client.GetStream();
        }

        await TlsScanner.ScanAsync(endpoint, ConnectAsync, new ScanOptions(), null, cancel);
    }

    private static async Task<Figures> MeasureAsync(IServerSession balancer, Func<Task> run, CancellationToken cancel)
    {
        double before = await ConnectionsAsync(balancer, cancel);
        long started = Stopwatch.GetTimestamp();
        await run();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new(seconds, await ConnectionsAsync(balancer, cancel) - before);
    }

    /// <summary>How many connections HAProxy took on its TLS listeners since it started.</summary>
    private static async Task<double> ConnectionsAsync(IServerSession balancer, CancellationToken cancel)
    {
        CommandResult result = await balancer.RunAsync(
            RemoteCommand.FromScript("echo 'show info' | socat - /run/haproxy/admin.sock"), cancel);
        string line = result.OutputText.Split('\n').First(static each => each.StartsWith("CumSslConns:", StringComparison.Ordinal));
        return double.Parse(line.Split(':')[1], CultureInfo.InvariantCulture);
    }

    private static async Task RunAsync(string[] command, CancellationToken cancel)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(
                command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
        await process.StandardOutput.ReadToEndAsync(cancel);
        await errors;
        await process.WaitForExitAsync(cancel);
    }

    private static double Median(List<Figures> figures, Func<Figures, double> of) =>
        figures.Select(of).Order().ElementAt(figures.Count / 2);

    private sealed record Figures(double Seconds, double Connections);
}
