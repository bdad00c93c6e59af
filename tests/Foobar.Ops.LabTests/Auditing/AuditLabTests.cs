using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Auditing;

/// <summary>
/// The audit of real servers writes nothing, and what changed on them shows. That a server which is not reached is one error is for
/// the Pester tests.
/// </summary>
[Collection(LabCollection.Name)]
public sealed class AuditLabTests(LabFixture labs)
{
    [Fact]
    public async Task An_audit_writes_no_configuration_and_leaves_no_process()
    {
        RaisedLab lab = await labs.RequireAsync();
        foreach (Server server in InventoryLoader.Load(lab.Inventory).Servers)
        {
            await lab.RunAsync(server.Name, "touch /run/before-the-audit");
        }

        await CollectAsync(lab);

        foreach (Server server in InventoryLoader.Load(lab.Inventory).Servers)
        {
            Assert.Empty(
                await lab.RunAsync(server.Name, "find /etc /usr /home /root /opt /srv -xdev -newer /run/before-the-audit -type f"));
            Assert.Empty((await lab.ExecAsync(server.Name, "pgrep -u operator -a | grep -vE 'systemd|sd-pam|sshd'")).Output);
        }
    }

    [Fact]
    public async Task What_changed_between_two_snapshots_is_told_in_the_sites_terms_and_a_saved_one_is_judged_as_the_live_one()
    {
        RaisedLab lab = await labs.RequireAsync();
        Snapshot before = (await CollectAsync(lab)).Snapshot;
        Snapshot saved = SnapshotFile.Parse(SnapshotFile.Write(before), "before.json");
        Snapshot after;
        try
        {
            foreach (string fault in (string[])
            [
                "fw-open-port", "stray-listener", "agent-stopped", "replication-stopped", "certificate-of-a-stranger",
            ])
            {
                await lab.BreakAsync(fault);
            }

            after = (await CollectAsync(lab)).Snapshot;
        }
        finally
        {
            await lab.HealAllAsync();
        }

        IReadOnlyList<SnapshotDifference> differences = SnapshotComparison.Compare(saved, after);

        Assert.Equal(Audit.Judge(before), Audit.Judge(saved));
        Assert.Contains(
            differences,
            one =>
                one is { Kind: DifferenceKind.Flow, Target: "web-02 -> web-01", Before: null }
                    && one.After!.Contains("dport 8080", StringComparison.Ordinal));
        Assert.Contains(
            differences, one => one is { Kind: DifferenceKind.Listener, Server: "web-01", Target: "tcp/8000 on 0.0.0.0", Before: null });
        Assert.Contains(differences, one => one is { Kind: DifferenceKind.Agent, Server: "web-02", After: "does not run" });
        Assert.Contains(
            differences,
            one =>
                one is { Kind: DifferenceKind.Replication, Server: "web-02", Before: "runs", After: "receiver Running, applier Stopped" });
        Assert.Contains(differences, one => one is { Kind: DifferenceKind.Certificate, Server: "lb-01", Before: "trusted" });
        Assert.DoesNotContain(differences, one => one is { Kind: DifferenceKind.Role } or { Kind: DifferenceKind.Inventory });
        Assert.Contains(differences, one => one is { Kind: DifferenceKind.Finding, Source: "DB-003", IsTrouble: true });
    }

    /// <summary>
    /// A session reads again what has changed, of all that it need not read again otherwise: files that decide a command's output.
    /// </summary>
    [Fact]
    public async Task What_changes_between_two_audits_of_one_session_is_seen_by_the_next_and_so_is_its_end()
    {
        string[] names =
            [
                "restart-pending", "root-password-login", "nginx-not-at-boot", "fw-file-not-loaded", "private-key-readable",
                "app-version-differs", "no-health-check",
            ];
        Fault[] faults = [.. names.Select(FaultCatalog.Find)];
        RaisedLab lab = await labs.RequireAsync();
        await using SiteSession session = LabAudit.Connect(lab);
        await LabAudit.FindTroubleAsync(session, AuditScope.Everything);
        await LabAudit.FindTroubleAsync(session, AuditScope.Everything);
        IReadOnlyList<Finding> broken, healed;
        try
        {
            foreach (string name in names)
            {
                await lab.BreakAsync(name);
            }

            broken = await LabAudit.FindTroubleAsync(session, AuditScope.Everything);
        }
        finally
        {
            await lab.HealAllAsync();
        }

        healed = await LabAudit.FindTroubleAsync(session, AuditScope.Everything);

        Assert.All(
            faults,
            fault => Assert.Contains(broken, finding => finding.ControlId == fault.Control && finding.Status == FindingStatus.Fail));
        Assert.DoesNotContain(healed, finding => faults.Any(fault => fault.Control == finding.ControlId));
    }

    /// <summary>
    /// Collectors ask HAProxy for its version and the database for its options while others look which of them run: these
    /// processes have the names of services, and are none.
    /// </summary>
    [Fact]
    public async Task A_program_that_only_tells_its_version_or_options_is_no_service()
    {
        const string Stop = "pkill -f '^/bin/sh /run/told/' || true; rm -rf /run/told";
        RaisedLab lab = await labs.RequireAsync();
        Snapshot before = await SettledAsync(lab), after;
        string[] servers = ["lb-01", "web-01"];
        try
        {
            foreach (string server in servers)
            {
                await lab.RunAsync(server, """
                    mkdir -p /run/told; cd /run/told
                    for name in mariadbd mysqld haproxy; do printf '#!/bin/sh\nsleep 60\n' > $name; chmod 755 $name; done
                    for call in 'mariadbd --print-defaults' 'mysqld --version' 'haproxy -v' 'haproxy -c -f /etc/haproxy/other.cfg'; do
                        setsid /run/told/$call < /dev/null > /dev/null 2>&1 &
                    done
                    """);
            }

            after = (await CollectAsync(lab)).Snapshot;
            Assert.Equal("4", (await lab.RunAsync("lb-01", "pgrep -c -f '^/bin/sh /run/told/'")).Trim());
        }
        finally
        {
            foreach (string server in servers)
            {
                await lab.RunAsync(server, Stop);
            }
        }

        Assert.Empty(SnapshotComparison.Compare(before, after));
    }

    /// <summary>A database keeps the connection of a replica that is gone for a while: an earlier test may have left one.</summary>
    private static async Task<Snapshot> SettledAsync(RaisedLab lab)
    {
        Snapshot last = (await CollectAsync(lab)).Snapshot;
        for (int round = 0; round < 15; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            Snapshot next = (await CollectAsync(lab)).Snapshot;
            if (SnapshotComparison.Compare(last, next).Count == 0)
            {
                return next;
            }

            last = next;
        }

        return last;
    }

    private static async Task<SnapshotResult> CollectAsync(RaisedLab lab)
    {
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        return await new SnapshotCollector(session).CollectAsync(TestContext.Current.CancellationToken);
    }
}
