using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Monitoring;

/// <summary>Agents of Debian that run, report and are scraped: node_exporter, mysqld_exporter, HAProxy's endpoint, collectd, Zabbix agent
/// 2, Netdata, and a Prometheus.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class AgentTests(LabFixture labs, KeptSessions sessions) : IClassFixture<KeptSessions>
{
    private static readonly AuditScope Monitoring = new() { Areas = [Area.Monitoring] };

    /// <summary>One of two faults for each control besides the sample: stopped, blocked by a firewall, a wrong endpoint, stale data, and
    /// what Prometheus lacks.</summary>
    public static TheoryData<string> Faults => new(Sample.IsAll
        ? AgentFaults.All.Select(static fault => fault.Name).Concat(["agent-stopped", "agent-hangs", "agent-not-at-boot"])
        : ["reports-blocked", "zabbix-blocked", "reports-stand-still", "reports-elsewhere", "agent-credentials-readable", "scrape-fails",
            "component-unwatched", "alert-missing", "figures-dropped", "alerts-reach-nobody", "rule-fails", "agent-stopped"]);

    [Fact]
    public async Task A_clean_lab_with_agents_has_nothing_wrong()
    {
        RaisedLab lab = await RequireAsync();

        // Whether Prometheus verifies node_exporter's certificate stands in its configuration, which no leg reads.
        Finding[] trouble = [.. (await SettledAsync(lab, AuditScope.Everything, static found => found.All(IsLegOfPrometheus)))
            .Where(static finding => !IsLegOfPrometheus(finding))];

        Assert.True(trouble.Length == 0, string.Join('\n', trouble.Select(LabAudit.Text)));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_of_agents_is_seen_by_its_control_and_by_no_other(string name)
    {
        RaisedLab lab = await RequireAsync();
        Fault fault = FaultCatalog.Find(name);
        IReadOnlyList<Finding> trouble;
        await lab.BreakAsync(name);
        try
        {
            trouble = await SettledAsync(lab, Monitoring, found => FaultVerdict.Of([fault], found) is null);
        }
        finally
        {
            await lab.HealAsync(name);
        }

        string? verdict = FaultVerdict.Of([fault], trouble);
        Assert.True(verdict is null, verdict);
    }

    [Fact]
    public async Task Web_server_and_database_are_seen_to_compete_for_the_disk()
    {
        RaisedLab lab = await RequireAsync();
        await using SiteSession session = LabAudit.Connect(lab);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        IServerSession web = await session.GetServerAsync("web-01", cancel);

        Task<Foobar.Ops.Lab.Host.ToolResult>[] writers = [.. new[] { "nginx", "mariadb" }.Select(service => lab.ExecAsync(
            "web-01",
            $"echo $$ > /sys/fs/cgroup/system.slice/{service}.service/cgroup.procs && timeout 5 dd if=/dev/zero "
                + $"of=/var/tmp/fight-{service} bs=256k oflag=dsync; rm -f /var/tmp/fight-{service}"))];
        await Task.Delay(TimeSpan.FromSeconds(1), cancel);
        ServerMetric metric = await MetricReader.MeasureAsync(web, TimeSpan.FromSeconds(2), cancel);
        await Task.WhenAll(writers);

        foreach (string service in new[] { "nginx.service", "mariadb.service" })
        {
            ServiceMetric used = metric.Services.Single(one => one.Service == service);
            Assert.True(used.WrittenBytesPerSecond > 256 * 1024, $"{service}: {used}");
            Assert.True(used.IoPressure?.SomePercent > 1, $"{service}: {used.IoPressure}");
        }

        Assert.True(metric.Services.Single(one => one.Service == "chrony.service").IoPressure?.SomePercent < 1);
    }

    private Task<RaisedLab> RequireAsync() => labs.RequireAsync(DatabaseFlavour.MariaDb, agents: true);

    private static bool IsLegOfPrometheus(Finding finding) => finding is { ControlId: "TLS-041", Status: FindingStatus.Unknown,
        Target: { } leg } && leg.StartsWith("monitoring -> ", StringComparison.Ordinal);

    // An agent that was just started has nothing to show yet, and Prometheus scrapes every two seconds.
    private async Task<IReadOnlyList<Finding>> SettledAsync(RaisedLab lab, AuditScope scope, Func<IReadOnlyList<Finding>, bool> isSettled)
    {
        IReadOnlyList<Finding> trouble = await sessions.FindTroubleAsync(lab, scope);
        for (int again = 0; again < 20 && !isSettled(trouble); again++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

            // Now and then over new connections: a fault may have cut those.
            await (again % 3 == 2 ? sessions.ForgetAsync(lab) : ValueTask.CompletedTask);
            trouble = await sessions.FindTroubleAsync(lab, scope);
        }

        return trouble;
    }
}
