using System.Management.Automation;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Judges the databases and their replication.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarReplication")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarReplication : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Database];

    private protected override Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        ReplicationSurvey.Require(site.Site);
        return base.ProcessServersAsync(site, servers, output, cancellationToken);
    }
}
