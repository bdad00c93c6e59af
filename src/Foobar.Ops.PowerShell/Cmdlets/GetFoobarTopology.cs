using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Topology;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the setup as found: servers, components, who talks to whom, and where writes go.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarTopology")]
[OutputType(typeof(SiteTopology))]
public sealed class GetFoobarTopology : SnapshotCmdlet
{
    private IReadOnlyList<Server> _servers = [];

    /// <summary>A snapshot, or the path of a saved one, to take it from instead of the live site.</summary>
    [Parameter]
    [SnapshotTransformation]
    public SnapshotSource? Snapshot { get; set; }

    private protected override AuditScope Controls => new() { Areas = [Area.Topology] };

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Snapshot is null)
        {
            base.EndProcessing();
            return;
        }

        Snapshot snapshot = Try(Snapshot.Load);
        _servers = ChooseServers(snapshot.Site);
        if (_servers.Count > 0)
        {
            Run((output, _) =>
            {
                Take(snapshot, Controls, output);
                return Task.CompletedTask;
            });
        }
    }

    private protected override Task ProcessServersAsync(
        Remoting.ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        _servers = servers;
        return base.ProcessServersAsync(site, servers, output, cancellationToken);
    }

    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
        SiteTopology topology = SnapshotTopology.Of(snapshot);
        output.Write(
            _servers.Count == snapshot.Site.Servers.Count ? topology : topology.Around([.. _servers.Select(static server => server.Name)]));
    }
}
