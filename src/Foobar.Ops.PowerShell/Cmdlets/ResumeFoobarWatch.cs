using System.Management.Automation;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Lets the guards of a site act again: ends a suspension, and acknowledges the last failover.</summary>
[Cmdlet(VerbsLifecycle.Resume, "FoobarWatch", SupportsShouldProcess = true)]
[OutputType(typeof(WatchStanding))]
public sealed class ResumeFoobarWatch : SiteCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        if (ShouldProcess(site.Site.Name, "Acknowledge the last failover, and let another one begin by itself"))
        {
            WatchChange change = Run((_, token) => new WatchSwitch(site).ResumeAsync(token));
            if (change.Warning is { } warning)
            {
                WriteWarning(warning);
            }

            WriteObject(change.Standing);
        }
    }
}
