using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>What a report is made of. The same contents give the same text, byte for byte.</summary>
public sealed record Report
{
    /// <summary>The name of the site.</summary>
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

    /// <summary>When the facts were read: the latest time of a finding, in UTC; <see langword="null"/> without findings.</summary>
    public DateTimeOffset? Time => Findings.Count == 0 ? null : Findings.Max(finding => finding.Time).ToUniversalTime();

    /// <summary>The controls that have findings, in the order of their ids.</summary>
    internal IReadOnlyList<ControlInfo> Used =>
        [.. Controls.Where(control => Findings.Any(finding => finding.ControlId == control.Id)).OrderBy(control => control.Id, StringComparer.Ordinal)];

    /// <summary>Writes the report to a file.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public void Save(string path, ReportFormat format, bool overwrite = false) => OutputFile.Write(path, Write(format), overwrite, ownerOnly: false);

    /// <summary>The format that a file's name asks for: <c>.xml</c>, <c>.sarif</c>, <c>.json</c> or <c>.md</c>.</summary>
    /// <exception cref="FoobarException"><c>ReportFormatUnknown</c>: another ending.</exception>
    public static ReportFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        _ when path.EndsWith(".sarif.json", StringComparison.OrdinalIgnoreCase) => ReportFormat.Sarif,
        ".xml" => ReportFormat.JUnit,
        ".sarif" => ReportFormat.Sarif,
        ".json" => ReportFormat.Json,
        ".md" => ReportFormat.Markdown,
        _ => throw new FoobarException("ReportFormatUnknown", ErrorKind.InvalidInput, $"The name {path} does not tell the format of a report.")
        {
            Recommendation = "Say -Format, or end the name in .xml (JUnit), .sarif, .json or .md.",
        },
    };

    /// <summary>Writes the report.</summary>
    public string Write(ReportFormat format) => format switch
    {
        ReportFormat.JUnit => JUnitReport.Write(this),
        ReportFormat.Sarif => SarifReport.Write(this),
        ReportFormat.Json => JsonReport.Write(this),
        ReportFormat.Markdown => MarkdownReport.Write(this),
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
}
