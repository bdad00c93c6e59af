using System.Management.Automation;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Writes through the application's own path for a while, and says how that fared.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "FoobarWrite")]
[OutputType(typeof(WriteMeasurement))]
public sealed class MeasureFoobarWrite : SiteCmdlet
{
    /// <summary>The canary's database account.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? CanaryCredential { get; set; }

    /// <summary>How long to write, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 86400.0)]
    public double DurationSeconds { get; set; } = 10;

    /// <summary>How often to write, in milliseconds.</summary>
    [Parameter]
    [ValidateRange(1, 60000)]
    public int IntervalMilliseconds { get; set; } = 5;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        using Secret password = CanaryCredential!.TakeSecret();
        WriteObject(Run((output, token) =>
        {
            output.Progress.Report("writing");
            output.Verbose(
                $"writes to foobar_ops.canary every {IntervalMilliseconds} ms through "
                    + $"{site.Site.Policy.Database?.WriteEndpoint?.Address ?? "no declared address"}");
            return new WriteMeter(site).MeasureAsync(
                new DatabaseLogin(
                    CanaryCredential!.UserName, password), TimeSpan.FromMilliseconds(
                        IntervalMilliseconds), TimeSpan.FromSeconds(DurationSeconds), token);
        }));
    }
}
