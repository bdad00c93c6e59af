using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;
using Foobar.Ops.Topology;

namespace Foobar.Ops.LabTests.Topology;

/// <summary>The topology of real servers, and a pair of load balancers.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class TopologyTests(LabFixture labs)
{
    private static readonly AuditScope Scope = new() { Areas = [Area.Topology] };

    [Fact]
    public async Task The_setup_is_found_as_it_stands()
    {
        RaisedLab lab = await labs.RequireAsync();

        SiteTopology found = SnapshotTopology.Of(await CollectAsync(lab));

        Assert.All(found.Servers, static server => Assert.Empty(server.Unread));
        Assert.All(
            found.Components,
            static component => Assert.True(component is { IsRunning: true, IsDeclared: true }, $"{component}: {component.Evidence}"));
        Assert.Equal(
            [ComponentKind.Firewall, ComponentKind.Web, ComponentKind.App, ComponentKind.Database, ComponentKind.Agent],
            found.Find("web-01")!.Components.Select(static component => component.Kind));
        Assert.Equal([MemberRole.Primary, MemberRole.Replica], found.Databases.Select(static member => member.DatabaseRole!.Value).Order());
        string primary = found.Databases.Single(static member => member.DatabaseRole == MemberRole.Primary).Server;
        Assert.Equal([primary], found.Writes!.LeadsTo);

        TopologyLink visitors = found.Links.Single(static link => link is { From: "internet", To: "lb-01", Ports.First: 443 });
        Assert.Equal((LinkState.Open, "fw-01 lb-01"), (visitors.State, string.Join(' ', visitors.Firewalls)));
        TopologyLink replication = found.Links.Single(static link => link.ConfiguredBy.Contains("replication"));
        Assert.Equal(primary, replication.To);
        Assert.True(replication.Connections > 0, $"{replication}: {replication.Connections}");
        Assert.DoesNotContain(found.Links, static link => link.IsUndeclared || link.State is LinkState.Closed or LinkState.Unknown);
    }

    [Fact]
    public async Task Of_a_pair_the_other_load_balancer_takes_the_address_and_the_visitors()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb, balancers: 2);
        try
        {
            IReadOnlyList<Finding> trouble = await LabAudit.FindTroubleAsync(lab);
            Assert.True(trouble.Count == 0, string.Join('\n', trouble.Select(LabAudit.Text)));
            Assert.Equal("lb-01", await HolderAsync(lab));

            await lab.RunAsync("lb-01", "systemctl stop haproxy");
            await lab.RunAsync(
                "lb-02",
                $"for i in $(seq 100); do ip -4 -o address | grep -q -F ' {lab.Plan.SitePublic.V4}/' && exit 0; sleep 0.1; done; exit 1");

            Assert.Equal("lb-02", await HolderAsync(lab));
            Assert.True(
                (await lab.ExecOutsideAsync(
                    $"curl --silent --show-error --fail --insecure --max-time 10 https://{LabPlan.SiteName}/healthz")).Succeeded);
            await lab.RunAsync("lb-01", "systemctl start haproxy");
            await lab.ReadyAsync(TestContext.Current.CancellationToken);

            Fault fault = FaultCatalog.Find("keepalived-stopped");
            await lab.BreakAsync(fault.Name);
            string? verdict = FaultVerdict.Of([fault], await LabAudit.FindTroubleAsync(lab, Scope));
            Assert.True(verdict is null, verdict);
        }
        finally
        {
            await labs.RetireAsync(static options => options.Balancers > 1);
        }
    }

    private static async Task<string?> HolderAsync(RaisedLab lab)
    {
        SiteTopology found = SnapshotTopology.Of(await CollectAsync(lab));
        return Assert.Single(found.Servers, server => server.Addresses.Contains(lab.Plan.SitePublic.V4)).Server;
    }

    private static async Task<Snapshot> CollectAsync(RaisedLab lab)
    {
        await using SiteSession session = LabAudit.Connect(lab);
        return (await new SnapshotCollector(session, Scope).CollectAsync(TestContext.Current.CancellationToken)).Snapshot;
    }
}
