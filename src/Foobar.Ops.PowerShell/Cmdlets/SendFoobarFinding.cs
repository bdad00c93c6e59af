using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Sends findings to a monitoring service, and what waits for it since it was down.</summary>
[Cmdlet(VerbsCommunications.Send, "FoobarFinding", SupportsShouldProcess = true)]
[OutputType(typeof(SendResult))]
public sealed class SendFoobarFinding : SendCmdlet
{
    /// <summary>The findings.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [FindingTransformation]
    public Finding[] Finding { get; set; } = [];

    private protected override string What => "finding";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (Finding finding in Finding)
        {
            Take(finding);
        }
    }
}
