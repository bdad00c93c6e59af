using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Measures how busy servers are: CPU, memory, disks, network and load over an interval, on all at once.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarMetric")]
[OutputType(typeof(ServerMetric))]
public sealed class GetFoobarMetric : ServerCmdlet
{
    private const int Margin = 60;

    /// <summary>How long to measure, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600.0)]
    public double IntervalSeconds { get; set; } = 1;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();

        // The limit is on the work around the interval; who asks for an hour means an hour.
        TimeoutSeconds = Math.Max(TimeoutSeconds, (int)IntervalSeconds + Margin);
    }

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken) =>
        output.Write(
            await MetricReader.MeasureAsync(
                await site.GetServerAsync(server.Name, cancellationToken), TimeSpan.FromSeconds(IntervalSeconds), cancellationToken));
}
