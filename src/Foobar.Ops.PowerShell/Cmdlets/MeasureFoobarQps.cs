using System.Collections;
using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Measures requests and statements a second at HAProxy, nginx and the databases over one window that all servers share.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "FoobarQps")]
[OutputType(typeof(TrafficRate))]
public sealed class MeasureFoobarQps : ServerCmdlet
{
    private const int Margin = 60;
    private const int ServiceMargin = 120;

    private readonly List<DeclaredService> _services = [];
    private ServiceKeys? _keys;

    /// <summary>How long to count, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600.0)]
    public double IntervalSeconds { get; set; } = 5;

    /// <summary>Where counts are wanted from.</summary>
    [Parameter]
    public TrafficOrigin[] Origin { get; set; } = [];

    /// <summary>Monitoring services to ask for what they counted, as the inventory declares them; wildcards.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AskedServiceCompleter))]
    [SupportsWildcards]
    public string[] Service { get; set; } = [];

    /// <summary>The keys of the services.</summary>
    [Parameter]
    public IDictionary? ServiceCredential { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Service.Length > 0)
        {
            OpenServices(FindSite());
        }

        try
        {
            base.EndProcessing();
        }
        finally
        {
            _services.ForEach(static service => service.Dispose());
            _keys?.Dispose();
        }
    }

    private protected override async Task ProcessServersAsync(ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        output.Progress.Report("counting");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(Math.Max(TimeoutSeconds, IntervalSeconds + Margin + (_services.Count > 0 ? ServiceMargin : 0))));
        TrafficMeasurement measured = await TrafficMeter.MeasureAsync(site, servers, TimeSpan.FromSeconds(IntervalSeconds), [.. _services], limit.Token);
        foreach (FoobarException error in measured.Errors)
        {
            output.Fail(error);
        }

        output.WriteAll(measured.Rates.Where(rate => Origin.Length == 0 || Origin.Contains(rate.Origin)));
    }

    private void OpenServices(Site site)
    {
        MonitoringService[] asked = [.. Service.SelectMany(name => ServicesOf(site, name)).Distinct()];
        _keys = Try(() => ServiceKeyFinder.Find(this, ServiceCredential, asked));
        foreach (MonitoringService service in asked)
        {
            // One that can't be opened is an error; the others are measured all the same.
            try
            {
                _services.Add(DeclaredService.Open(site, service.Name, _keys, TimeSpan.FromSeconds(Math.Min(30, TimeoutSeconds)), ActivityRelay.Shared));
            }
            catch (FoobarException error)
            {
                Fail(error, service.Name);
            }
        }
    }

    /// <summary>The services that a name means: with wildcards, those that can be asked.</summary>
    private IEnumerable<MonitoringService> ServicesOf(Site site, string name) => Wildcards.Test(name) is { } test
        ? site.Policy.Monitoring.AllServices.Where(service => service.CanBeAsked && test(service.Name))
        : [Try(() => DeclaredService.Find(site, name))];
}
