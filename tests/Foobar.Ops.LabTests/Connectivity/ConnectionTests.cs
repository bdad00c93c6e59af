using System.Diagnostics;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Connectivity;

/// <summary>Real probes between real servers: what a clean site says, and who is named where something stops or lets pass.</summary>
[Collection(LabCollection.Name)]
public sealed class ConnectionTests(LabFixture labs)
{
    private static readonly ConnectionTestOptions Replication = new()
    {
        From = ["web-01"],
        To = ["web-02"],
        Ports = [new PortRange(TransportProtocol.Tcp, 3306, 3306)],
    };

    [Fact]
    public async Task A_clean_site_connects_as_declared_and_as_computed_and_nothing_is_left_on_its_servers()
    {
        RaisedLab lab = await labs.RequireAsync();

        ConnectionTestResult result = await RunAsync(lab, new ConnectionTestOptions());

        Finding[] trouble = [.. result.Findings.Where(static finding => finding.Status != FindingStatus.Pass)];
        Assert.True(
            trouble.Length == 0 && result.Errors.Count == 0,
            string.Join('\n', trouble.Select(LabAudit.Text).Concat(result.Errors.Select(static error => error.Message))));
        Assert.True(result.Probes > 100, $"{result.Probes} probes");
        foreach ((string from, string to) in ((string, string)[])
        [
            ("outside", "198.51.100."),
            ("outside", "2001:db8:"),
            ("operator", "198.51.100."),
            ("operator", "2001:db8:"),
            ("lb-01", "192.0.2."),
            ("web-01", "2001:db8:"),
            ("lb-01", "udp/123"),
        ])
        {
            Assert.Contains(
                result.Findings,
                finding =>
                    finding.ControlId == "FW-020"
                        && finding.Target!.StartsWith($"{from} to ", StringComparison.Ordinal)
                        && finding.Target.Contains(to, StringComparison.Ordinal));
        }

        await AssertNothingRunsAsync(lab);
    }

    [Fact]
    public async Task What_opens_to_the_internet_is_found_from_the_vantage_that_stands_for_it()
    {
        RaisedLab lab = await labs.RequireAsync();
        await lab.RunAsync("fw-01", "nft insert rule inet filter forward oifname public tcp dport 22 accept");
        await lab.RunAsync("lb-01", "nft insert rule inet filter input tcp dport 22 accept");
        try
        {
            Finding[] findings = await FindAsync(
                lab,
                new ConnectionTestOptions
                {
                    From = ["internet"],
                    To = ["lb-01"],
                    Family = System.Net.Sockets.AddressFamily.InterNetwork,
                    Ports = [ProbePorts.Parse("22"), ProbePorts.Parse("443")],
                });
            Assert.All(findings, static finding => Assert.StartsWith("outside to 198.51.100.", finding.Target, StringComparison.Ordinal));
            Assert.Equal(
                ["FW-020 Pass", "FW-021 Fail", "FW-022 Pass", "FW-022 Pass"],
                findings.Select(static finding => $"{finding.ControlId} {finding.Status}").Order());
        }
        finally
        {
            await lab.RunAsync("fw-01", "nft -f /etc/nftables.conf");
            await lab.RunAsync("lb-01", "nft -f /etc/nftables.conf");
        }
    }

    [Fact]
    public async Task A_port_that_legacy_iptables_drops_fails_by_the_policy_with_that_rule_and_agrees_with_the_model()
    {
        RaisedLab lab = await labs.RequireAsync();
        await lab.RunAsync("web-02", "iptables-legacy -I INPUT -p tcp --dport 3306 -j DROP");
        try
        {
            Finding[] findings = await FindAsync(lab, Replication with { Family = System.Net.Sockets.AddressFamily.InterNetwork });
            Assert.Equal(
                [("FW-020", FindingStatus.Fail), ("FW-022", FindingStatus.Pass)],
                findings.Select(static finding => (finding.ControlId, finding.Status)));
            Assert.Contains("filter INPUT rule 1", findings[0].Evidence, StringComparison.Ordinal);
        }
        finally
        {
            await lab.RunAsync("web-02", "iptables-legacy -F INPUT");
        }
    }

    [Fact]
    public async Task A_filter_between_the_servers_that_no_ruleset_shows_is_a_disagreement_with_the_model()
    {
        RaisedLab lab = await labs.RequireAsync();
        string bridges = $"foobar-{lab.Plan.Options.Name}";
        await HostAsync(
            $"ip netns exec {bridges} nft 'add table bridge hidden; add chain bridge hidden f {{ type filter hook forward priority 0; }}; "
                + "add rule bridge hidden f meta protocol ip tcp dport 3306 drop'");
        try
        {
            Finding[] findings = await FindAsync(lab, Replication);
            Assert.Equal(
                ["FW-020", "FW-022"],
                findings.Where(static finding => finding.Status == FindingStatus.Fail).Select(static finding => finding.ControlId));
            Assert.All(
                findings.Where(static finding => finding.Status == FindingStatus.Fail),
                static finding => Assert.Contains("web-01 to 192.0.2.", finding.Target, StringComparison.Ordinal));
            Assert.Equal(2, findings.Count(static finding => finding.Status == FindingStatus.Pass));
        }
        finally
        {
            await HostAsync($"ip netns exec {bridges} nft delete table bridge hidden");
        }
    }

    [Fact]
    public async Task A_port_that_a_rule_opens_fails_by_the_policy_whether_or_not_something_listens()
    {
        RaisedLab lab = await labs.RequireAsync();
        await lab.RunAsync(
            "web-02",
            "nft insert rule inet filter input tcp dport '{ 33060, 8099 }' accept; systemd-run --quiet --unit=foobar-test-listener python3 "
                + "-m http.server 8099; for i in 1 2 3 4 5 6 7 8 9; do ss -Hltn sport = 8099 | grep -q . && break; sleep 0.2; done");
        try
        {
            Finding[] findings = await FindAsync(
                lab,
                new ConnectionTestOptions
                {
                    From = ["lb-01"],
                    To = ["web-02"],
                    Family = System.Net.Sockets.AddressFamily.InterNetwork,
                    Ports = [ProbePorts.Parse("8099"), ProbePorts.Parse("33060")],
                });
            Assert.Equal(
                ["FW-021 Fail", "FW-021 Fail", "FW-022 Pass", "FW-022 Pass"],
                findings.Select(static finding => $"{finding.ControlId} {finding.Status}").Order());
            Assert.Contains(
                findings,
                static finding =>
                    finding.Actual!.StartsWith("connected", StringComparison.Ordinal)
                        && finding.Target!.EndsWith("tcp/8099", StringComparison.Ordinal));
            Assert.Contains(
                findings,
                static finding =>
                    finding.Actual!.StartsWith("reaches the server", StringComparison.Ordinal)
                        && finding.Target!.EndsWith("tcp/33060", StringComparison.Ordinal));
        }
        finally
        {
            await lab.RunAsync("web-02", "systemctl stop foobar-test-listener; nft -f /etc/nftables.conf");
        }
    }

    [Fact]
    public async Task A_cut_cable_fails_the_flows_over_it_and_leaves_the_model_undecided()
    {
        RaisedLab lab = await labs.RequireAsync();
        await lab.CutAsync("web-02");
        try
        {
            ConnectionTestResult result = await RunAsync(
                lab, Replication with { ServerTimeLimit = TimeSpan.FromSeconds(8) }, TimeSpan.FromSeconds(6));
            Assert.Contains(result.Findings, static finding => finding.ControlId == "FW-020" && finding.Status == FindingStatus.Fail);
            Assert.All(
                result.Findings.Where(static finding => finding.ControlId == "FW-022"),
                static finding => Assert.Equal(FindingStatus.Unknown, finding.Status));
            Assert.Contains(result.Errors, static error => error.Server == "web-02");
        }
        finally
        {
            await lab.ReconnectAsync("web-02");
            await lab.ReadyAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Cancelling_ends_the_probes_on_the_servers()
    {
        RaisedLab lab = await labs.RequireAsync();
        using CancellationTokenSource stop = new();
        ConnectionTestOptions patient = Replication with
        {
            Ports = [ProbePorts.Parse("100-140")],
            Probing = new ProbeOptions { Wait = TimeSpan.FromSeconds(50) },
        };
        Task<ConnectionTestResult> running = RunAsync(lab, patient, cancellationToken: stop.Token);
        await UntilAsync(lab, "web-01", "pgrep -f 'protocol address port datagram' >/dev/null");

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await AssertNothingRunsAsync(lab);
    }

    private static async Task<Finding[]> FindAsync(RaisedLab lab, ConnectionTestOptions options) =>
        [.. (await RunAsync(lab, options)).Findings];

    private static async Task<ConnectionTestResult> RunAsync(
        RaisedLab lab, ConnectionTestOptions options, TimeSpan? connect = null, CancellationToken? cancellationToken = null)
    {
        await using SiteSession session = new(
            InventoryLoader.Load(lab.Inventory), new SessionOptions { ConnectTimeLimit = connect ?? TimeSpan.FromSeconds(60) });
        return await new ConnectionTest(session, options).RunAsync(cancellationToken ?? TestContext.Current.CancellationToken);
    }

    private static async Task AssertNothingRunsAsync(RaisedLab lab)
    {
        foreach (string server in (string[])["fw-01", "lb-01", "web-01", "web-02"])
        {
            await UntilAsync(lab, server, "! pgrep -f '[p]rotocol address port datagram' >/dev/null");
        }
    }

    private static async Task UntilAsync(RaisedLab lab, string server, string condition)
    {
        ToolResult said = await lab.ExecAsync(
            server,
            $"for i in $(seq 50); do {condition} && exit 0; sleep 0.1; done; ps -ef | grep -c protocol; exit 1",
            cancel: TestContext.Current.CancellationToken);
        Assert.True(said.ExitCode == 0, $"{server}: not so within 5 s: {condition}");
    }

    private static async Task HostAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
