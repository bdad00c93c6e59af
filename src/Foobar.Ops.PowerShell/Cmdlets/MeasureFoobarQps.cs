using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Measures requests and statements a second at HAProxy, nginx and the databases over one window that all servers share.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "FoobarQps")]
[OutputType(typeof(TrafficRate))]
public sealed class MeasureFoobarQps : ServerCmdlet
{
    private const int Margin = 60;

    /// <summary>How long to count, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600.0)]
    public double IntervalSeconds { get; set; } = 5;

    /// <summary>Where counts are wanted from.</summary>
    [Parameter]
    public TrafficOrigin[] Origin { get; set; } = [];

    private protected override async Task ProcessServersAsync(ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        output.Progress.Report("counting");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(Math.Max(TimeoutSeconds, IntervalSeconds + Margin)));
        TrafficMeasurement measured = await TrafficMeter.MeasureAsync(site, servers, TimeSpan.FromSeconds(IntervalSeconds), [], limit.Token);
        foreach (FoobarException error in measured.Errors)
        {
            output.Fail(error);
        }

        output.WriteAll(measured.Rates.Where(rate => Origin.Length == 0 || Origin.Contains(rate.Origin)));
    }
}
