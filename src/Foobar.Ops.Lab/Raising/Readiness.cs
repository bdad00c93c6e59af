using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Raising;

/// <summary>
/// Waits until a lab does what it is for: all units of all servers run, replication runs, and the site answers through fw-01 and lb-01 with
/// a row from the database.
/// </summary>
internal sealed class Readiness(LabPlan plan)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for all of it.</summary>
    /// <exception cref="LabException">Something did not come up within 90 s; the message says what and why.</exception>
    public async Task WaitAsync(CancellationToken cancel)
    {
        Stopwatch time = Stopwatch.StartNew();
        await Task.WhenAll([
            .. plan.Servers.Select(server => WaitForAsync(time, () => ServerTroubleAsync(server, cancel), cancel)),
            WaitForAsync(time, () => ReplicationTroubleAsync(cancel), cancel),
            WaitForAsync(time, () => BalancerTroubleAsync(cancel), cancel),
            WaitForAsync(time, () => PairTroubleAsync(cancel), cancel),
            WaitForAsync(time, () => SiteTroubleAsync(cancel), cancel),
            WaitForAsync(time, () => ScrapeTroubleAsync(cancel), cancel),
            WaitForAsync(time, () => OutsideTroubleAsync(cancel), cancel),
        ]);
    }

    /// <summary>What is wrong with a server, or <see langword="null"/>.</summary>
    public async Task<string?> ServerTroubleAsync(LabServer server, CancellationToken cancel)
    {
        Container container = new(plan.Options.Name, server);
        if (container.FindInit() is null)
        {
            return container.IsRunning
                ? $"{server.Name}: is booting"
                : $"{server.Name}: does not run; its console says: {container.LastWords()}";
        }

        ToolResult state = await container.ExecuteAsync("systemctl is-system-running", cancel: cancel);
        if (state.Output.Trim() != "running")
        {
            ToolResult failed = await container.ExecuteAsync(
                "systemctl list-units --failed --plain --no-legend --no-pager; systemctl list-jobs --no-legend --no-pager", cancel: cancel);
            return $"{server.Name}: {state.Output.Trim()} {state.Error.Trim()} {failed.Output.Trim()}".TrimEnd();
        }

        // The clocks count as synchronised once chronyd has a source.
        ToolResult clock = await container.ExecuteAsync("chronyc -n tracking | grep -q 'Leap status.*Normal'", cancel: cancel);
        return clock.Succeeded ? null : $"{server.Name}: chronyd has no time source yet";
    }

    /// <summary>What is wrong with replication, or <see langword="null"/>.</summary>
    public async Task<string?> ReplicationTroubleAsync(CancellationToken cancel)
    {
        int replicas = 0;
        foreach (LabServer server in plan.Members)
        {
            Container container = new(plan.Options.Name, server);
            if (container.FindInit() is not null
                && (await container.ExecuteAsync(DatabaseDialect.Of(plan.Options).ReplicationRuns, cancel: cancel)).Succeeded)
            {
                replicas++;
            }
        }

        int wanted = plan.Options.Replicas + (plan.Options.Cluster == ClusterVariant.None ? 0 : 1);
        return replicas >= wanted ? null : $"replication: runs on {replicas} database servers, not on {wanted}";
    }

    /// <summary>What is wrong with the addresses that a pair of load balancers shares, or <see langword="null"/>.</summary>
    public async Task<string?> PairTroubleAsync(CancellationToken cancel)
    {
        foreach (LabServer server in plan.IsPair ? plan.Balancers : [])
        {
            Container container = new(plan.Options.Name, server);
            string wanted = server.Name == plan.Balancer.Name ? "2" : "0";
            ToolResult found = container.FindInit() is null ? new ToolResult(1, "", "does not run")
                : await container.ExecuteAsync(
                    $"ip -4 -o address | grep -c -F -e ' {plan.Addresses.Virtual(LabNetworkName.Public)}/' -e ' "
                        + $"{plan.Addresses.Virtual(LabNetworkName.Internal)}/'",
                    cancel: cancel);
            if (found.Output.Trim() != wanted)
            {
                return $"{server.Name}: has {found.Output.Trim()} of the addresses that move, not {wanted} {found.Error.Trim()}".TrimEnd();
            }
        }

        return null;
    }

    /// <summary>What the load balancers find wrong with the servers behind them, or <see langword="null"/>.</summary>
    public async Task<string?> BalancerTroubleAsync(CancellationToken cancel)
    {
        foreach (LabServer server in plan.Balancers)
        {
            if (await BalancerTroubleAsync(server, cancel) is { } trouble)
            {
                return trouble;
            }
        }

        return null;
    }

    private async Task<string?> BalancerTroubleAsync(LabServer server, CancellationToken cancel)
    {
        Container container = new(plan.Options.Name, server);
        if (container.FindInit() is null)
        {
            return $"{server.Name}: does not run";
        }

        ToolResult down = await container.ExecuteAsync(
            "echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f1,2,18 | grep -E ',(DOWN|no check)'", cancel: cancel);
        return down.Output.Length == 0 && down.Error.Length == 0
            ? null
            : $"{server.Name}: {down.Output.Trim().Replace('\n', ' ')}{down.Error.Trim()}";
    }

    /// <summary>Which targets Prometheus did not scrape yet, in a lab with agents, or <see langword="null"/>.</summary>
    public async Task<string?> ScrapeTroubleAsync(CancellationToken cancel)
    {
        foreach (LabServer server in plan.Options.Agents ? plan.Servers.Where(static server => server.Is(Role.Monitoring)) : [])
        {
            Container container = new(plan.Options.Name, server);
            if (container.FindInit() is null)
            {
                return $"{server.Name}: does not run";
            }

            // A target is scraped once an interval; until the first time its health is unknown.
            ToolResult targets = await container.ExecuteAsync(
                $"curl -fsS -m 5 'http://127.0.0.1:{AgentFiles.PrometheusPort}/api/v1/targets?state=active'", cancel: cancel);
            if (!targets.Succeeded)
            {
                return $"{server.Name}: prometheus does not answer: {targets.Error.Trim()}";
            }

            using JsonDocument answer = JsonDocument.Parse(targets.Output);
            string[] missing =
            [
                .. from target in answer.RootElement.GetProperty("data").GetProperty("activeTargets").EnumerateArray()
                   where target.GetProperty("health").GetString() != "up"
                   select $"{target.GetProperty("scrapeUrl")} is {target.GetProperty("health")} {target.GetProperty("lastError")}".TrimEnd(),
            ];
            if (missing.Length > 0)
            {
                return $"{server.Name}: prometheus: {string.Join(", ", missing)}";
            }
        }

        return null;
    }

    /// <summary>What is wrong with the site as seen from outside, or <see langword="null"/>.</summary>
    public async Task<string?> SiteTroubleAsync(CancellationToken cancel)
    {
        using SocketsHttpHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        client.Timeout = TimeSpan.FromSeconds(3);
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"https://{LabPlan.SiteName}/healthz"), cancel);
            return response.IsSuccessStatusCode
                ? null
                : $"https://{LabPlan.SiteName}/healthz: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}";
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return $"https://{LabPlan.SiteName}/healthz: {unreachable.GetBaseException().Message}";
        }
    }

    /// <summary>What is wrong with the outside vantage, or <see langword="null"/>.</summary>
    public async Task<string?> OutsideTroubleAsync(CancellationToken cancel)
    {
        try
        {
            using TcpClient client = new(AddressFamily.InterNetwork);
            await client.ConnectAsync(plan.Addresses.Visitor.V4, 22, cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(3), cancel);
            return null;
        }
        catch (Exception unreachable) when (unreachable is SocketException or TimeoutException)
        {
            return $"{OutsideHost.Name}: sshd does not answer: {unreachable.Message}";
        }
    }

    private SocketsHttpHandler Handler()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(File.ReadAllText(plan.Files.RootCertificate)));
        return new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = async (_, cancel) =>
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(plan.SitePublic.V4, 443, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }

    private static async Task WaitForAsync(Stopwatch time, Func<Task<string?>> trouble, CancellationToken cancel)
    {
        while (await trouble() is string reason)
        {
            if (time.Elapsed > Limit)
            {
                throw LabException.Failed(
                    $"Not up after {Limit.TotalSeconds:0} s: {reason}", "Look into it with 'exec', or run 'down' and 'up' again.");
            }

            await Task.Delay(Pause, cancel);
        }
    }
}
