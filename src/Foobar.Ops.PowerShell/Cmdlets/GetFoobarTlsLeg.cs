using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows how each leg of the ways through the site is protected, by configuration and on the wire.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarTlsLeg")]
[OutputType(typeof(TlsLeg))]
public sealed class GetFoobarTlsLeg : ServerCmdlet
{
    /// <summary>The legs that are meant; all unless told.</summary>
    [Parameter]
    public LegKind[] Kind { get; set; } = [];

    // A leg has two ends, so all servers are read whichever are shown.
    private protected override async Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        LegReader reader = new(site, ThrottleLimit, TimeSpan.FromSeconds(TimeoutSeconds));
        IReadOnlyList<TlsLeg> legs = await reader.ReadAsync(error => output.Fail(error), cancellationToken);
        output.WriteAll(
            legs.Where(leg => servers.Any(server => server.Name == leg.Server) && (Kind.Length == 0 || Kind.Contains(leg.Kind))));
    }
}
