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
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Measures requests and statements a second at HAProxy, nginx and the databases over windows that all servers share, or counts
/// those in log files.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "FoobarQps", DefaultParameterSetName = SiteSet)]
[OutputType(typeof(TrafficRate), typeof(TrafficDifference))]
public sealed class MeasureFoobarQps : ServerCmdlet
{
    private const string SiteSet = "Site", PathSet = "Path";

    private const int Margin = 60;
    private const int ServiceMargin = 120;

    private readonly List<DeclaredService> _services = [];
    private ServiceKeys? _keys;

    // As those of an audit: docs/exit-codes.md.
    private const int Alerted = 1, NotMeasured = 3;

    private readonly List<string> _paths = [];
    private bool _measured, _alerted;

    /// <summary>The log files, by path or wildcard.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The length of a window, in seconds.</summary>
    [Parameter]
    [Alias("Interval")]
    [ValidateRange(0.1, 86400.0)]
    public double IntervalSeconds { get; set; } = 5;

    /// <summary>How long to go on measuring, in seconds.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    [Alias("Duration")]
    [ValidateRange(0.1, double.MaxValue)]
    public double DurationSeconds { get; set; }

    /// <summary>Measures until it is stopped.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    public SwitchParameter Continuous { get; set; }

    /// <summary>Where counts are wanted from.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    public TrafficOrigin[] Origin { get; set; } = [];

    /// <summary>Monitoring services to ask for what they counted, as the inventory declares them; wildcards.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    [ArgumentCompleter(typeof(AskedServiceCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Service { get; set; } = [];

    /// <summary>The keys of the services.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    public IDictionary? ServiceCredential { get; set; }

    /// <summary>Explains instead why the counts of the components differ.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    public SwitchParameter Explain { get; set; }

    /// <summary>The anomalies that are alerts.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    [ValidateNotNullOrEmpty]
    public AnomalyKind[] AlertOn { get; set; } = [];

    /// <summary>What becomes of the measurement when an alert begins.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    public TrafficAlertAction AlertAction { get; set; }

    /// <summary>The variable that is set to the exit code for a pipeline.</summary>
    [Parameter(ParameterSetName = SiteSet)]
    [ValidatePattern("^((global|script|local):)?[A-Za-z_][A-Za-z0-9_]*$")]
    public string? ExitCodeVariable { get; set; }

    private bool IsStream => Continuous || IsGiven(nameof(DurationSeconds)) || IsGiven(nameof(AlertOn));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        SetExitCode(ExitCodeVariable, NotMeasured);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == PathSet)
        {
            foreach (string path in Path)
            {
                Resolve(path);
            }
        }
        else
        {
            base.ProcessRecord();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName != PathSet)
        {
            MeasureSite();
        }
        else if (_paths.Count > 0)
        {
            TimeSpan? interval = IsGiven(nameof(IntervalSeconds)) ? TimeSpan.FromSeconds(IntervalSeconds) : null;
            Run(async (output, token) => output.WriteAll(await LogMeter.MeasureAsync([.. _paths.Distinct()], interval, token)));
        }
    }

    private void MeasureSite()
    {
        if (Service.Length > 0)
        {
            OpenServices(FindSite());
        }

        try
        {
            base.EndProcessing();
        }
        catch (PipelineStoppedException) when (_alerted)
        {
            SetExitCode(ExitCodeVariable, Alerted);
            throw;
        }
        finally
        {
            _services.ForEach(static service => service.Dispose());
            _keys?.Dispose();
        }

        SetExitCode(ExitCodeVariable, _measured ? 0 : NotMeasured);
    }

    private protected override async Task ProcessServersAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CmdletOutput output, CancellationToken cancellationToken)
    {
        output.Progress.Report("counting");
        TimeSpan interval = TimeSpan.FromSeconds(IntervalSeconds);
        TimeSpan patience = interval + TimeSpan.FromSeconds(Math.Max(TimeoutSeconds, Margin) + (_services.Count > 0 ? ServiceMargin : 0));
        TimeSpan? duration = Continuous || (IsStream && !IsGiven(nameof(DurationSeconds)))
            ? null
            : TimeSpan.FromSeconds(Math.Max(DurationSeconds, IntervalSeconds));
        using TrafficWatch? watch = IsStream
            ? TrafficWatch.Open(
                site.Site, new AnomalyOptions { Zone = TimeZoneInfo.Local }, DateTimeOffset.UtcNow, output.Warn,
                await HistoryAsync(output, cancellationToken))
            : null;
        TrafficAlarm alarm = new(watch, AlertOn, AlertAction, output);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        await foreach (TrafficMeasurement sample in TrafficMeter.StreamAsync(
            site, ServersToRead(servers), interval, duration, [.. _services], limit.Token))
        {
            limit.CancelAfter(patience);
            foreach (FoobarException error in sample.Errors)
            {
                output.Fail(error);
            }

            if (Explain)
            {
                output.WriteAll(TrafficReconciliation.Explain(site.Site, sample.Rates));
            }
            else
            {
                _measured |= sample.Rates.Any(rate => rate.Count is not null);
                _alerted = true;
                alarm.Take(sample.Rates, rate => Origin.Length == 0 || Origin.Contains(rate.Origin));
                _alerted = false;
            }
        }
    }

    // Without it rates are judged by what this machine has seen itself.
    private async Task<Dictionary<RateSeries, IReadOnlyList<RateBucket>>> HistoryAsync(
        CmdletOutput output, CancellationToken cancellationToken)
    {
        Dictionary<RateSeries, IReadOnlyList<RateBucket>> history = [];
        foreach (DeclaredService service in _services)
        {
            try
            {
                foreach ((RateSeries series, IReadOnlyList<RateBucket> buckets) in await service.HistoryAsync(
                    DateTimeOffset.UtcNow, SeasonalBaseline.Reach, cancellationToken))
                {
                    history[series] = buckets;
                }
            }
            catch (FoobarException error)
            {
                output.Warn($"What {service.Name} kept of earlier weeks could not be read: {error.Message}");
            }
        }

        return history;
    }

    private void Resolve(string path)
    {
        try
        {
            _paths.AddRange(SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider));
            if (provider.Name != "FileSystem")
            {
                throw new FoobarException("LogUnreadable", ErrorKind.InvalidInput, $"'{path}' is not in the file system.");
            }
        }
        catch (Exception error) when (error is SessionStateException or FoobarException)
        {
            Fail(error as FoobarException ?? new FoobarException("LogUnreadable", ErrorKind.NotFound, $"There is no log '{path}'."), path);
        }
    }

    /// <summary>None where only services are wanted: they are asked without a connection to a server.</summary>
    private IReadOnlyList<Server> ServersToRead(IReadOnlyList<Server> servers) =>
        Origin.Length > 0
            && Array.TrueForAll(
                Origin,
                static origin =>
                    origin is TrafficOrigin.Prometheus or TrafficOrigin.Datadog or TrafficOrigin.NewRelic or TrafficOrigin.SumoLogic)
            ? []
            : servers;

    private void OpenServices(Site site)
    {
        MonitoringService[] asked = [.. Service.SelectMany(name => ServicesOf(site, name)).Distinct()];
        _keys = Try(() => ServiceKeyFinder.Find(this, ServiceCredential, asked));
        foreach (MonitoringService service in asked)
        {
            // One that can't be opened is an error; the others are measured all the same.
            try
            {
                _services.Add(
                    DeclaredService.Open(
                        site, service.Name, _keys, TimeSpan.FromSeconds(Math.Min(30, TimeoutSeconds)), ActivityRelay.Shared));
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
