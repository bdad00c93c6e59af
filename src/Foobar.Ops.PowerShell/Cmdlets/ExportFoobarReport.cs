using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Auditing.Reports;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Writes findings to a file that other programs read: JUnit, SARIF, JSON or Markdown.</summary>
[Cmdlet(VerbsData.Export, "FoobarReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportFoobarReport : AsyncCmdlet
{
    private readonly List<Finding> _findings = [];

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The findings.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [FindingTransformation]
    public Finding[] Finding { get; set; } = [];

    /// <summary>The format; told by the file's name unless given.</summary>
    [Parameter]
    public ReportFormat? Format { get; set; }

    /// <summary>The name of the site in the report.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SiteName { get; set; } = "www.foobar.com";

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

    /// <summary>Whether an existing file is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _findings.AddRange(Finding);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_findings.Count == 0)
        {
            Try<int>(() => throw new FoobarException("ReportEmpty", ErrorKind.InvalidInput, $"There is no finding to report; {Path} is not written.")
            {
                Recommendation = "See why the audit gave none: its errors come before this one.",
            });
        }

        string path = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        ReportFormat format = Try(() => Format ?? Report.FormatOf(path));
        if (ShouldProcess(path, $"Write {_findings.Count} findings as {format}"))
        {
            WriteObject(Try(() => Save(path, format)));
        }
    }

    private FileInfo Save(string path, ReportFormat format)
    {
        Report report = new()
        {
            Site = SiteName,
            Findings = _findings,
            Controls = AuditRegistry.Controls,
            Gate = new AuditGate { Statuses = FailOn, MinimumSeverity = MinimumSeverity },
            ModuleVersion = SnapshotCollector.ModuleVersion,
            InventoryUri = InventoryUri,
        };
        report.Save(path, format, Force);
        return new FileInfo(path);
    }
}
