using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Auditing;

/// <summary>The audit of real servers: a clean lab passes, each fault is seen, nothing is written.</summary>
[Collection(LabCollection.Name)]
public sealed class AuditLabTests(LabFixture labs)
{
    [Theory]
    [InlineData("MySql", "Edge")]
    [InlineData("MySql", "Reencrypt")]
    [InlineData("MySql", "Web")]
    [InlineData("MariaDb", "Edge")]
    [InlineData("MariaDb", "Reencrypt")]
    [InlineData("MariaDb", "Web")]
    public async Task A_clean_lab_has_nothing_that_fails_or_is_unknown(string database, string tls)
    {
        RaisedLab lab = await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));

        SnapshotResult result = await CollectAsync(lab);

        Assert.Empty(result.Errors.Select(error => error.Message));
        IReadOnlyList<Finding> findings = Audit.Judge(result.Snapshot);
        Assert.Empty(findings.Where(finding => finding.Status is FindingStatus.Fail or FindingStatus.Unknown).Select(Line));
        Assert.True(findings.Count(finding => finding.Status == FindingStatus.Pass) > 100);
    }

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

    private static string Line(Finding finding) =>
        $"{finding.Status} {finding.ControlId} {finding.Server} {finding.Target}: expected {finding.Expected}, found {finding.Actual} {finding.Reason}";
}
