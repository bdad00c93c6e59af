using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Judges the servers' firewalls against the policy: computes what they let through, and shows a packet for each difference.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarFirewall")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarFirewall : ServerCmdlet
{
    /// <summary>The controls, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ControlId { get; set; } = ["*"];

    private protected override async Task ProcessServerAsync(ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        FirewallFacts facts = await new FirewallCollector().CollectAsync(site, server, cancellationToken);
        ServerCase<FirewallFacts> judged = new(server, site.Site, facts, DateTimeOffset.UtcNow);
        foreach (Control<ServerCase<FirewallFacts>> control in FirewallControls.All.Where(control => Named(control.Info.Id)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            output.WriteAll(control.Apply(judged, server.Name, judged.Time));
        }
    }

    private bool Named(string id) => Array.Exists(ControlId, pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(id));
}
