using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Reporting;
using Foobar.Ops.Topology;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Writes findings, and what was measured, to a file: an HTML page, JUnit, NUnit 3, SARIF, JSON, Markdown or CSV.</summary>
[Cmdlet(VerbsData.Export, "FoobarReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportFoobarReport : SiteCmdlet
{
    private const string AnySite = "www.foobar.com";

    private readonly List<Finding> _findings = [];
    private readonly List<TrafficRate> _rates = [];
    private readonly List<ReplicationStatus> _statuses = [];
    private SiteTopology? _topology;

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>Findings, and what was measured.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Finding")]
    [AllowEmptyCollection]
    [ReportInputTransformation]
    public object[] InputObject { get; set; } = [];

    /// <summary>The format; told by the file's name unless given.</summary>
    [Parameter]
    public ReportFormat? Format { get; set; }

    /// <summary>Earlier audits: JSON reports and snapshots, by path or wildcard, or snapshots at hand.</summary>
    [Parameter]
    [ValidateNotNull]
    [SupportsWildcards]
    public object[] Previous { get; set; } = [];

    /// <summary>For how many days back the rates that this machine kept are plotted.</summary>
    [Parameter]
    [ValidateRange(1, 400)]
    public int HistoryDays { get; set; }

    /// <summary>The name of the site in the report.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SiteName { get; set; }

    /// <summary>The statuses that the report shows as failures.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public FindingStatus[] FailOn { get; set; } = [.. AuditGate.Default.Statuses];

    /// <summary>The lowest severity that the report shows as a failure.</summary>
    [Parameter]
    public Severity MinimumSeverity { get; set; } = Severity.Info;

    /// <summary>The inventory's path in the repository, beside which code scanning services show results.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string InventoryUri { get; set; } = "foobar.json";

    /// <summary>Whether a report of no finding is written: beside a baseline there may be nothing new.</summary>
    [Parameter]
    public SwitchParameter AllowEmpty { get; set; }

    /// <summary>Whether an existing file is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _findings.AddRange(InputObject.OfType<Finding>());
        _rates.AddRange(InputObject.OfType<TrafficRate>());
        _statuses.AddRange(InputObject.OfType<ReplicationStatus>());
        _topology = InputObject.OfType<SiteTopology>().LastOrDefault() ?? _topology;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_findings.Count == 0 && !AllowEmpty)
        {
            Try<int>(
                () => throw new FoobarException(
                    "ReportEmpty", ErrorKind.InvalidInput, $"There is no finding to report; {Path} is not written.")
                {
                    Recommendation =
                        "See why the audit gave none: its errors come before this one. Where there may be none, as with -Baseline, add "
                            + "-AllowEmpty.",
                });
        }

        string path = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        ReportFormat format = Try(() => Format ?? Report.FormatOf(path));
        if (!ShouldProcess(path, $"Write {_findings.Count} findings as {format}"))
        {
            return;
        }

        if ((format is not (ReportFormat.Html or ReportFormat.Json) && _rates.Count + _statuses.Count > 0)
            || (format != ReportFormat.Html && _topology is not null))
        {
            WriteVerbose($"{format} holds findings only; what was measured or drawn is left out.");
        }

        (string Name, Func<EarlierAudit> Load)[] previous = [.. Previous.SelectMany(Locate)];
        Site? kept = IsGiven(nameof(HistoryDays)) ? FindSite() : null;
        Run((output, token) =>
        {
            Report report = Make(Load(previous, output, token), kept is null ? [] : History(kept));
            report.Save(path, format, Force);
            return Task.CompletedTask;
        });
        WriteFile(path);
    }

    private Report Make(IReadOnlyList<EarlierAudit> previous, IReadOnlyList<TrafficSeries> history) => new()
    {
        Site = SiteName ?? SitesOfFindings(),
        Findings = _findings,
        Controls = AuditRegistry.Controls,
        Gate = new AuditGate { Statuses = FailOn, MinimumSeverity = MinimumSeverity },
        ModuleVersion = SnapshotCollector.ModuleVersion,
        InventoryUri = InventoryUri,
        Previous = previous,
        Traffic = TrafficSeries.Join([.. history, .. TrafficSeries.Of(_rates)]),
        Replication = [.. _statuses.Select(ReplicationSample.Of)],
        TopologySvg = _topology is null ? null : TopologyFile.Write(_topology, _findings, TopologyFormat.Svg),
    };

    private string SitesOfFindings()
    {
        string[] sites = [.. _findings.Select(finding => finding.Site).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        return sites.Length == 0 ? AnySite : string.Join(", ", sites);
    }

    // What can't be read is an error, and the report is made of the others.
    private static List<EarlierAudit> Load(
        IEnumerable<(string Name, Func<EarlierAudit> Load)> previous, CmdletOutput output, CancellationToken cancellationToken)
    {
        List<EarlierAudit> audits = [];
        foreach ((string name, Func<EarlierAudit> load) in previous)
        {
            cancellationToken.ThrowIfCancellationRequested();
            output.Progress.Report($"reading {name}");
            try
            {
                audits.Add(load());
            }
            catch (FoobarException error)
            {
                output.Fail(error, name);
            }
        }

        return audits;
    }

    private (string Name, Func<EarlierAudit> Load)[] Locate(object given)
    {
        object value = given is PSObject wrapped ? wrapped.BaseObject : given;
        try
        {
            return value switch
            {
                Snapshot snapshot => [(snapshot.Site.Name, () => EarlierAudit.Of(snapshot))],
                FileInfo file => [(file.FullName, () => ReportFile.Load(file.FullName))],
                PathInfo path => [(path.ProviderPath, () => ReportFile.Load(path.ProviderPath))],
                string text => [
                    .. SessionState.Path.GetResolvedProviderPathFromPSPath(text, out _)
                        .Select(file => (file, (Func<EarlierAudit>)(() => ReportFile.Load(file)))),
                ],
                _ => throw new FoobarException("ReportInvalid", ErrorKind.InvalidInput, $"'{value}' is no earlier audit.")
                {
                    Recommendation = "Give the path of a JSON report or of a snapshot, or a snapshot.",
                },
            };
        }
        catch (Exception error) when (error is SessionStateException or FoobarException)
        {
            Fail(
                error as FoobarException
                    ?? new FoobarException("ReportNotFound", ErrorKind.NotFound, $"There is no earlier audit '{value}'.", error),
                value);
            return [];
        }
    }

    private IReadOnlyList<TrafficSeries> History(Site site)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using RateStore store = RateStore.Open(site, now);
        return
        [
            .. store.Series()
                .Select(series => TrafficSeries.Of(series, store.Read(series, now, TimeSpan.FromDays(HistoryDays))))
                .Where(series => series.Points.Count > 0),
        ];
    }
}
