using Foobar.Ops.Auditing;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Auditing;

/// <summary>
/// The audit of real servers writes nothing. That it is judged the same when saved, and that a server which is not reached
/// is one error, is for the Pester tests.
/// </summary>
[Collection(OtherLabCollection.Name)]
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
            Assert.Empty(await lab.RunAsync(server.Name, "find /etc /usr /home /root /opt /srv -xdev -newer /run/before-the-audit -type f"));
            Assert.Empty((await lab.ExecAsync(server.Name, "pgrep -u operator -a | grep -vE 'systemd|sd-pam|sshd'")).Output);
        }
    }

    private static async Task<SnapshotResult> CollectAsync(RaisedLab lab)
    {
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        return await new SnapshotCollector(session).CollectAsync(TestContext.Current.CancellationToken);
    }
}
