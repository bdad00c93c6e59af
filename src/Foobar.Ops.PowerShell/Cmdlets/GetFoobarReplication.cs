using System.Management.Automation;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows who replicates from whom, how far behind, and which transactions each member holds.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarReplication")]
[OutputType(typeof(ReplicationStatus))]
public sealed class GetFoobarReplication : ServerCmdlet
{
    // A member's lag and errant transactions are seen beside its source only, so all are read whichever are shown.
    private protected override async Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(site, limit.Token, error => output.Fail(error));
        SourceEvidence.Keep(OperationStore.Of(site.Site), facts);
        output.WriteAll(ReplicationStatus.Of(facts).Where(status => servers.Any(server => server.Name == status.Server)));
    }
}
