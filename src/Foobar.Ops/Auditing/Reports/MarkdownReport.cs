using System.Globalization;
using System.Text;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>Writes a page in GitHub's Markdown: counts, what fails with all that is known of it, then every finding in a table.</summary>
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

        text.AppendJoin(", ", Enum.GetValues<FindingStatus>().Select(status => $"{report.Findings.Count(finding => finding.Status == status)} {status}")).Append(".\n");
        foreach (FindingStatus status in Worst)
        {
            Details(text, status, [.. report.Findings.Where(finding => finding.Status == status).OrderByDescending(finding => finding.Severity)]);
        }

        text.Append("\n## All findings\n\n| Control | Status | Severity | Where | Rule |\n|---|---|---|---|---|\n");
        foreach (Finding finding in report.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell(finding.ControlId)} | {finding.Status} | {finding.Severity} | {Cell(FindingText.Place(finding) ?? report.Site)} | {Cell(finding.Title)} |\n");
        }

        return text.ToString();
    }

    private static void Details(StringBuilder text, FindingStatus status, IReadOnlyList<Finding> findings)
    {
        if (findings.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\n## {status}\n");

        // What can't be judged for one cause is told once; the table has each.
        ILookup<(string? Server, string? Reason), Finding> causes = findings.Where(finding => finding.Status == FindingStatus.Unknown).ToLookup(finding => (finding.Server, finding.Reason));
        foreach (Finding finding in findings)
        {
            Finding[] same = [.. causes[(finding.Server, finding.Reason)]];
            if (same.Length > 1)
            {
                Together(text, finding, same);
                continue;
            }

            string place = FindingText.Place(finding) is { } where ? $" at {Cell(where)}" : string.Empty;
            text.Append(CultureInfo.InvariantCulture, $"\n### {Cell(finding.ControlId)} ({finding.Severity}){place}\n\n{Cell(finding.Title)}\n\n");
            foreach (string line in FindingText.Long(finding with { Server = null, Target = null }).Split('\n'))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {Line(line)}\n");
            }
        }
    }

    private static void Together(StringBuilder text, Finding finding, Finding[] same)
    {
        if (ReferenceEquals(finding, same[0]))
        {
            string controls = string.Join(", ", same.Select(one => one.ControlId).Distinct().Order(StringComparer.Ordinal));
            text.Append(CultureInfo.InvariantCulture, $"\n### {same.Length} findings{(finding.Server is { } server ? $" at {Cell(server)}" : "")}\n\n{Cell(controls)}\n\n    Reason: {Line(finding.Reason ?? "")}\n");
        }
    }

    // In a cell or a heading: one line, nothing that Markdown or HTML would take as its own.
    private static string Cell(string text)
    {
        StringBuilder cell = new(text.Length);
        foreach (char c in Line(text))
        {
            cell.Append(c switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '|' or '\\' or '`' or '*' or '_' or '[' or ']' or '#' => $"\\{c}",
                _ => c.ToString(),
            });
        }

        return cell.ToString();
    }

    private static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
