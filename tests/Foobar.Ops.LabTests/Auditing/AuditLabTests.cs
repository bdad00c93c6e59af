using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Auditing;

/// <summary>The audit of real servers: saved and live judged the same, one lost server no more than that, nothing written.</summary>
[Collection(LabCollection.Name)]
public sealed class AuditLabTests(LabFixture labs)
{
    [Fact]
    public async Task A_saved_snapshot_gets_the_same_judgement_and_a_second_one_does_not_differ()
    {
        RaisedLab lab = await labs.RequireAsync();
        Snapshot first = (await CollectAsync(lab)).Snapshot;
        Snapshot second = (await CollectAsync(lab)).Snapshot;

        Snapshot saved = SnapshotFile.Parse(SnapshotFile.Write(first), "saved.json");

        Assert.Equal(SnapshotFile.Write(first), SnapshotFile.Write(saved));
        Assert.Equal(Audit.Judge(first), Audit.Judge(saved));
        Assert.Empty(SnapshotComparison.Compare(first, second).Select(one => $"{one.Kind} {one.Server} {one.Source} {one.Target}: {one.Before} -> {one.After}"));
    }

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
            Assert.Empty(await lab.RunAsync(server.Name, "find /etc /usr /home /root /opt /srv -xdev -newer /run/before-the-audit -type f"));
            Assert.Empty((await lab.ExecAsync(server.Name, "pgrep -u operator -a | grep -vE 'systemd|sd-pam|sshd'")).Output);
        }
    }

    [Fact]
    public async Task A_server_that_is_cut_off_is_one_error_and_the_others_are_judged()
    {
        RaisedLab lab = await labs.RequireAsync();
        await lab.CutAsync("web-02");
        try
        {
            SnapshotResult result = await CollectAsync(lab);

            Assert.Equal(["web-02"], result.Errors.Select(error => error.Server));
            IReadOnlyList<Finding> findings = Audit.Judge(result.Snapshot, new AuditScope { Areas = [Area.Server] });
            Assert.All(findings.Where(finding => finding.Server == "web-02"), finding => Assert.Equal(FindingStatus.Unknown, finding.Status));
            Assert.All(findings.Where(finding => finding.Server == "lb-01"), finding => Assert.NotEqual(FindingStatus.Unknown, finding.Status));
        }
        finally
        {
            await lab.ReconnectAsync("web-02");
            await lab.ReadyAsync(CancellationToken.None);
        }
    }

    private static async Task<SnapshotResult> CollectAsync(RaisedLab lab)
    {
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        return await new SnapshotCollector(session).CollectAsync(TestContext.Current.CancellationToken);
    }
}
