using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Profiles;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>Audits a lab as <c>Invoke-FoobarAudit</c> does: over SSH, with every control.</summary>
internal static class LabAudit
{
    /// <summary>What is wrong: every finding that fails or could not be decided.</summary>
    public static async Task<IReadOnlyList<Finding>> FindTroubleAsync(RaisedLab lab, AuditScope? scope = null)
    {
        await using SiteSession session = Connect(lab);
        return await FindTroubleAsync(session, scope);
    }

    /// <summary>The same over connections that are there already.</summary>
    public static async Task<IReadOnlyList<Finding>> FindTroubleAsync(SiteSession session, AuditScope? scope = null)
    {
        CollectOptions patient = new() { ServerTimeLimit = TimeSpan.FromMinutes(3) };
        SnapshotResult result = await new SnapshotCollector(session, scope, patient).CollectAsync(TestContext.Current.CancellationToken);
        return [.. Audit.Judge(result.Snapshot, scope).Where(finding => finding.Status is FindingStatus.Fail or FindingStatus.Unknown)];
    }

    /// <summary>What is wrong by scans of the endpoints of all servers, which an audit does not make.</summary>
    public static async Task<IReadOnlyList<Finding>> ScanForTroubleAsync(RaisedLab lab)
    {
        await using SiteSession session = Connect(lab);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        List<Finding> findings = [];
        foreach (Server server in session.Site.Servers.Where(server => SiteScan.AppliesTo(server, session.Site)))
        {
            IServerSession connection = await session.GetServerAsync(server.Name, cancel);
            foreach (TlsEndpoint endpoint in await SiteScan.EndpointsAsync(connection, server, session.Site, cancel))
            {
                EndpointScan prepared = await SiteScan.PrepareAsync(
                    connection, endpoint, new ScanOptions(), session.Site.Policy.Tls.TrustedAuthorities, cancel);
                TlsScan scan = await prepared.RunAsync(null, cancel);
                findings.AddRange(
                    ScanControls.Judge(new ScanCase(scan, MozillaProfile.Of(session.Site.Policy.Tls.Profile)), static _ => true));
            }
        }

        return [.. findings.Where(static finding => finding.Status is FindingStatus.Fail or FindingStatus.Unknown)];
    }

    /// <summary>Connections to a lab's servers, with long limits: a busy machine is no finding.</summary>
    public static SiteSession Connect(RaisedLab lab) =>
        new(InventoryLoader.Load(lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(2) });

    /// <summary>One line for a message.</summary>
    public static string Text(Finding finding) =>
        $"{finding.ControlId} {finding.Status} {finding.Server} {finding.Target}: expected {finding.Expected}, actual {finding.Actual} "
            + $"{finding.Reason}";
}
