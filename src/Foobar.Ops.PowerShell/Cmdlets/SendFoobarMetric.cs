using System.Management.Automation;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Sends measurements to a monitoring service, and what waits for it since it was down.</summary>
[Cmdlet(VerbsCommunications.Send, "FoobarMetric", SupportsShouldProcess = true)]
[OutputType(typeof(SendResult))]
public sealed class SendFoobarMetric : SendCmdlet
{
    /// <summary>The measurements.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public object[] InputObject { get; set; } = [];

    private protected override string What => "metric";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (object value in InputObject)
        {
            Take(value);
        }
    }
}
