using System.Management.Automation;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Ends a failover that an earlier run began and did not end.</summary>
[Cmdlet(VerbsLifecycle.Resume, "FoobarFailover", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(FailoverResult))]
public sealed class ResumeFoobarFailover : FailoverCmdlet
{
    /// <summary>Whether that run was another machine's, which is lost with its journal.</summary>
    [Parameter]
    public SwitchParameter TakeOver { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        ResumeOperation operation = new(site);
        string what = TakeOver
            ? $"End what another machine began, and the connections it still has: {Run((_, token) => operation.DescribeLostAsync(token))}"
            : $"End the {Try(operation.DescribeLeft)}";
        if (ShouldProcess(site.Site.Name, what))
        {
            Perform(
                (progress, token) =>
                    TakeOver ? operation.TakeOverAsync(Limits(), progress, token) : operation.ResumeAsync(Limits(), progress, token));
        }
    }
}
