using System.Globalization;
using System.Text;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes a page in GitHub's Markdown: counts, what is new and mended since earlier audits, what fails with all that is known of it,
/// then every finding in a table.
/// </summary>
internal static class MarkdownReport
{
    private static readonly FindingStatus[] Worst = [FindingStatus.Fail, FindingStatus.Unknown, FindingStatus.Warning];

    public static string Write(Report report)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# Audit of {Cell(report.Site)}\n\n");
        if (report.Time is { } time)
        {
            text.Append(CultureInfo.InvariantCulture, $"Facts of {time:yyyy-MM-dd HH:mm:ss} UTC. ");
        }

        Finding[] counted = [.. report.Findings.Where(FindingText.Counts)];
        text.AppendJoin(
            ", ",
            Enum.GetValues<FindingStatus>().Select(status => $"{counted.Count(finding => finding.Status == status)} {status}"))
            .Append(".\n");
        bool sites = report.Sites.Count > 1;
        Trend(text, report, sites);
        foreach (FindingStatus status in Worst)
        {
            Details(
                text, status,
                [.. counted.Where(finding => finding.Status == status).OrderByDescending(finding => finding.Severity)],
                report, sites);
        }

        Suppressed(text, [.. report.Findings.Where(finding => finding.Suppressed is not null)], report, sites);
        text.Append("\n## All findings\n\n")
            .Append(sites ? "| Site " : string.Empty)
            .Append("| Control | Status | Severity | Where | Rule |\n|---|---|---|---|---|")
            .Append(sites ? "---|\n" : "\n");
        foreach (Finding finding in report.Findings)
        {
            text.Append(sites ? $"| {Cell(report.SiteOf(finding))} " : string.Empty)
                .Append(
                    CultureInfo.InvariantCulture,
                    $"| {Cell(finding.ControlId)} | {(finding.Suppressed is null ? string.Empty : "suppressed ")}{finding.Status}{(finding.Change is { } change ? $", {change.ToString().ToLowerInvariant()}" : string.Empty)} | {finding.Severity} | {Cell(FindingText.Place(finding) ?? report.SiteOf(finding))} | {Cell(finding.Title)} |\n");
        }

        return text.ToString();
    }

    private static void Trend(StringBuilder text, Report report, bool sites)
    {
        FindingTrend trend = new(report);
        if (trend.Audits.Count == 0)
        {
            return;
        }

        text.Append("\n## Since earlier audits\n\n| Audit (UTC) | Fail | Unknown | Warning | Pass |\n|---|---|---|---|---|\n");
        foreach (AuditCounts audit in trend.Counts)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {audit.Time:yyyy-MM-dd HH:mm} | {audit.Counts[FindingStatus.Fail]} | {audit.Counts[FindingStatus.Unknown]} | {audit.Counts[FindingStatus.Warning]} | {audit.Counts[FindingStatus.Pass]} |\n");
        }

        List(text, "New", trend.New, sites, report);
        List(text, "Mended", trend.Mended, sites, report);
    }

    private static void List(StringBuilder text, string heading, IReadOnlyList<Finding> findings, bool sites, Report report)
    {
        if (findings.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {heading}\n\n");
            foreach (Finding finding in findings)
            {
                string place = FindingText.Place(finding) ?? "the site";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"- {Cell(finding.ControlId)} {finding.Status} at {Cell(sites ? $"{report.SiteOf(finding)} {place}" : place)}: {Cell(finding.Title)}\n");
            }
        }
    }

    private static void Suppressed(StringBuilder text, Finding[] findings, Report report, bool sites)
    {
        if (findings.Length > 0)
        {
            text.Append("\n## Suppressed\n\n");
            foreach (Finding finding in findings)
            {
                string place = FindingText.Place(finding) ?? "the site";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"- {Cell(finding.ControlId)} {finding.Status} at {Cell(sites ? $"{report.SiteOf(finding)} {place}" : place)} {Cell(finding.Suppressed!.ToString())}\n");
            }
        }
    }

    private static void Details(StringBuilder text, FindingStatus status, IReadOnlyList<Finding> findings, Report report, bool sites)
    {
        if (findings.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n## {status}\n");

        // What can't be judged for one cause is told once; the table has each.
        ILookup<(string Site, string? Server, string? Reason), Finding> causes = findings.Where(
            finding => finding.Status == FindingStatus.Unknown)
            .ToLookup(finding => (report.SiteOf(finding), finding.Server, finding.Reason));
        foreach (Finding finding in findings)
        {
            Finding[] same = [.. causes[(report.SiteOf(finding), finding.Server, finding.Reason)]];
            if (same.Length > 1)
            {
                Together(text, finding, same, sites ? report.SiteOf(finding) : null);
                continue;
            }

            string place = string.Join(' ', new[] { sites ? report.SiteOf(finding) : null, FindingText.Place(finding) }.OfType<string>());
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n### {Cell(finding.ControlId)} ({finding.Severity}){(place.Length > 0 ? $" at {Cell(place)}" : string.Empty)}\n\n{Cell(finding.Title)}\n\n");
            foreach (string line in FindingText.Parts(finding, place: false)
                .SelectMany(part => ReportText.Visible($"{part.Name}: {part.Text}").Split('\n')))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {line}\n");
            }
        }
    }

    private static void Together(StringBuilder text, Finding finding, Finding[] same, string? site)
    {
        if (ReferenceEquals(finding, same[0]))
        {
            string controls = string.Join(", ", same.Select(one => one.ControlId).Distinct().Order(StringComparer.Ordinal));
            string place = string.Join(' ', new[] { site, finding.Server }.OfType<string>());
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n### {same.Length} findings{(place.Length > 0 ? $" at {Cell(place)}" : string.Empty)}\n\n{Cell(controls)}\n\n    Reason: {ReportText.Line(finding.Reason ?? string.Empty)}\n");
        }
    }

    // In a cell or a heading: one line, nothing that Markdown or HTML would take as its own.
    private static string Cell(string text)
    {
        StringBuilder cell = new(text.Length);
        foreach (char c in ReportText.Line(text))
        {
            cell.Append(c switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '@' => "&#64;",
                '|' or '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '~' => $"\\{c}",
                _ => c.ToString(),
            });
        }

        // GitHub makes links of bare addresses.
        return cell.ToString()
            .Replace("://", ":&#47;&#47;", StringComparison.Ordinal)
            .Replace("www.", "www&#46;", StringComparison.Ordinal);
    }
}
