using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the servers of HAProxy's backends: state, health check, weight, sessions.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarBackend")]
[OutputType(typeof(BackendServer))]
public sealed class GetFoobarBackend : ServerCmdlet
{
    /// <summary>The backends, by name or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Backend { get; set; } = ["*"];

    // Only a load balancer has backends; piping all servers in is no error.
    private protected override bool Approve(Server server) => server.Is(Foobar.Ops.Inventory.Role.LoadBalancer);

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        WildcardPattern[] patterns = [.. Backend.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase))];
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        IReadOnlyList<BackendServer> servers = await LoadBalancerCollector.ReadServersAsync(
            session, site.Site.Policy.LoadBalancing.AdminSocket, cancellationToken);
        output.WriteAll(servers.Where(one => Array.Exists(patterns, pattern => pattern.IsMatch(one.Backend))));
    }
}
