using Foobar.Ops.Auditing;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Lab.Demo;

/// <summary>Audits by calling the library, where there is no PowerShell.</summary>
internal sealed class LibraryAuditor : IAuditor
{
    /// <inheritdoc/>
    public string Name => "the library directly, since this machine has no pwsh with the staged module";

    /// <inheritdoc/>
    public string Module => "Foobar.Ops";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AuditLine>> AuditAsync(string inventory, CancellationToken cancel)
    {
        await using SiteSession session = new(InventoryLoader.Load(inventory));
        SnapshotResult result = await new SnapshotCollector(session).CollectAsync(cancel);
        return [.. Audit.Judge(result.Snapshot).Select(finding => new AuditLine(
            finding.ControlId, finding.Title, finding.Status.ToString(), finding.Server, finding.Target, finding.Expected, finding.Actual))];
    }
}
