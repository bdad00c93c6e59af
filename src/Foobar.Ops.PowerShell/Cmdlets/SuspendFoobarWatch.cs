using System.Management.Automation;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Tells all guards of a site to begin no failover for a while.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "FoobarWatch", SupportsShouldProcess = true)]
[OutputType(typeof(WatchStanding))]
public sealed class SuspendFoobarWatch : SiteCmdlet
{
    /// <summary>For how long, in minutes.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateRange(1, 10080)]
    public int Minutes { get; set; }

    /// <summary>Why.</summary>
    [Parameter(Position = 1)]
    [ValidateLength(1, 255)]
    public string Reason { get; set; } = "";

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        if (ShouldProcess(site.Site.Name, $"Suspend automatic failovers for {Minutes} minutes"))
        {
            WatchChange change = Run((_, token) => new WatchSwitch(site).SuspendAsync(TimeSpan.FromMinutes(Minutes), Reason, token));
            if (change.Warning is { } warning)
            {
                WriteWarning(warning);
            }

            WriteObject(change.Standing);
        }
    }
}
