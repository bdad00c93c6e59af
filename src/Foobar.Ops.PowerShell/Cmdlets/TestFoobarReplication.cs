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
public sealed class TestFoobarReplication : ServerCmdlet
{
    private protected override async Task ProcessServersAsync(ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(site, limit.Token);
        output.WriteAll(DatabaseControls.All
            .SelectMany(control => control.Apply(facts, null, facts.Time))
            .Where(finding => finding.Server is null || servers.Any(server => server.Name == finding.Server)));
    }
}
