using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that judge servers by the controls of some areas: the audit, narrowed.</summary>
public abstract class AreaTestCmdlet : SnapshotCmdlet
{
    /// <summary>The controls that are meant, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Control { get; set; } = [];

    /// <summary>The areas.</summary>
    private protected abstract IReadOnlyList<Area> Areas { get; }

    private protected override AuditScope Controls => new() { Areas = Areas, Controls = ControlIds.Expand(Control) };

    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output) =>
        output.WriteAll(Audit.Judge(snapshot, scope).Where(finding => Areas.Contains(finding.Area)));
}
