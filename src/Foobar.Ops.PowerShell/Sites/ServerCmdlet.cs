using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>
/// The base of cmdlets that work on servers over their sessions: gathers the servers meant, and works on all of them at
/// once when the pipeline has ended.
/// </summary>
public abstract class ServerCmdlet : ServerChoiceCmdlet
{
    /// <summary>How many servers are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long the work on one server may take, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IReadOnlyList<Server> servers = ChooseServers(FindSite());
        List<Server> approved = [.. servers.Where(Approve)];
        if (approved.Count > 0)
        {
            ISiteSession site = OpenSite();
            Run((output, token) => ProcessServersAsync(site, OwnOf(site, approved), output, token));
        }
    }

    /// <summary>Asks for what needs asking, on the pipeline thread, before any work begins.</summary>
    private protected virtual bool Approve(Server server) => true;

    /// <summary>Works on the servers; each for itself unless overridden by a cmdlet that needs them together.</summary>
    private protected virtual Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken) =>
        new ServerFanOut(ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds))
            .RunAsync(servers, output, (server, token) => ProcessServerAsync(site, server, output, token), cancellationToken);

    /// <summary>Works on one server. What it throws is an error of that server, and the others go on.</summary>
    private protected virtual Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken) => Task.CompletedTask;
}
