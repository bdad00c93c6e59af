using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>What a report is made of. The same contents give the same text, byte for byte.</summary>
public sealed record Report
{
    /// <summary>The name of the site; of findings that name none, and of the report as a whole.</summary>
    public required string Site { get; init; }

    /// <summary>The findings, in the order they are written.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What is known of controls; those without a finding are left out.</summary>
    public required IReadOnlyList<ControlInfo> Controls { get; init; }

    /// <summary>Which findings fail.</summary>
    public AuditGate Gate { get; init; } = AuditGate.Default;

    /// <summary>The version of the module that made the findings.</summary>
    public string? ModuleVersion { get; init; }

    /// <summary>The inventory's address relative to the repository that is checked, for services that show results beside a file.</summary>
    public string InventoryUri { get; init; } = "foobar.json";

    /// <summary>Earlier audits, which trends are told from; those of other sites and those that are not earlier are passed over.</summary>
    public IReadOnlyList<EarlierAudit> Previous { get; init; } = [];

    /// <summary>Rates over time (QPS), which are plotted.</summary>
    public IReadOnlyList<TrafficSeries> Traffic { get; init; } = [];

    /// <summary>What members of the database were at some time, which is plotted together with what earlier audits saw.</summary>
    public IReadOnlyList<ReplicationSample> Replication { get; init; } = [];

    /// <summary>A picture of the site as an SVG element; <see langword="null"/> for none.</summary>
    public string? TopologySvg { get; init; }

    /// <summary>When the facts were read: the latest time of a finding, in UTC; <see langword="null"/> without findings.</summary>
    public DateTimeOffset? Time => Findings.Count == 0 ? null : Findings.Max(finding => finding.Time).ToUniversalTime();

    /// <summary>The controls that have findings, in the order of their ids.</summary>
    internal IReadOnlyList<ControlInfo> Used
    {
        get
        {
            HashSet<string> ids = [.. Findings.Select(finding => finding.ControlId)];
            return [.. Controls.Where(control => ids.Contains(control.Id)).OrderBy(control => control.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>The sites that the findings are of, by name.</summary>
    internal IReadOnlyList<string> Sites => [.. Findings.Select(SiteOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The site of a finding.</summary>
    internal string SiteOf(Finding finding) => finding.Site ?? Site;

    /// <summary>Tells whether a finding fails.</summary>
    internal bool Stops(Finding finding) => Gate.Stops(finding);

    /// <summary>Writes the report to a file.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public void Save(string path, ReportFormat format, bool overwrite = false) =>
        OutputFile.Write(path, Write(format), overwrite, ownerOnly: false);

    /// <summary>
    /// The format that a file's name asks for: <c>.html</c>, <c>.xml</c> (JUnit), <c>.nunit.xml</c>, <c>.sarif</c>, <c>.json</c>,
    /// <c>.md</c> or <c>.csv</c>.
    /// </summary>
    /// <exception cref="FoobarException"><c>ReportFormatUnknown</c>: another ending.</exception>
    public static ReportFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        _ when path.EndsWith(".sarif.json", StringComparison.OrdinalIgnoreCase) => ReportFormat.Sarif,
        _ when path.EndsWith(".nunit.xml", StringComparison.OrdinalIgnoreCase) => ReportFormat.NUnit,
        ".html" or ".htm" => ReportFormat.Html,
        ".xml" => ReportFormat.JUnit,
        ".sarif" => ReportFormat.Sarif,
        ".json" => ReportFormat.Json,
        ".md" => ReportFormat.Markdown,
        ".csv" => ReportFormat.Csv,
        _ => throw new FoobarException(
            "ReportFormatUnknown", ErrorKind.InvalidInput, $"The name {path} does not tell the format of a report.")
        {
            Recommendation = "Say -Format, or end the name in .html, .xml (JUnit), .nunit.xml, .sarif, .json, .md or .csv.",
        },
    };

    /// <summary>Writes the report.</summary>
    public string Write(ReportFormat format) => format switch
    {
        ReportFormat.JUnit => JUnitReport.Write(this),
        ReportFormat.Sarif => SarifReport.Write(this),
        ReportFormat.Json => JsonReport.Write(this),
        ReportFormat.Markdown => MarkdownReport.Write(this),
        ReportFormat.Html => Html.HtmlReport.Write(this),
        ReportFormat.NUnit => NUnitReport.Write(this),
        ReportFormat.Csv => CsvReport.Write(this),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format."),
    };
}

/// <summary>What a report may be written as.</summary>
public enum ReportFormat
{
    /// <summary>JUnit XML, one test case a control and target, for the test views of CI services.</summary>
    JUnit,

    /// <summary>SARIF 2.1.0 (OASIS), for code scanning views.</summary>
    Sarif,

    /// <summary>The findings as they are, as JSON.</summary>
    Json,

    /// <summary>A page for people: what fails first, then everything in a table.</summary>
    Markdown,

    /// <summary>One self-contained page for a browser, with trends and plots.</summary>
    Html,

    /// <summary>NUnit 3 XML, for services that read no JUnit.</summary>
    NUnit,

    /// <summary>The findings as comma-separated values, for spreadsheets.</summary>
    Csv,
}
