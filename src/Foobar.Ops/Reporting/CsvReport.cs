using System.Globalization;
using System.Text;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes the findings as CSV (RFC 4180): a line of names, then one record a finding, every field quoted, lines ended by CR and LF.
/// A field that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection").
/// </summary>
internal static class CsvReport
{
    private static readonly string[] Names =
    [
        "Site", "ControlId", "Title", "Area", "Severity", "Status", "Server", "Target", "Expected", "Actual", "Reason", "Evidence",
        "Remediation", "Suppressed", "SuppressedUntil", "Change", "References", "Time",
    ];

    public static string Write(Report report)
    {
        StringBuilder csv = new();
        Record(csv, Names);
        Dictionary<string, ControlInfo> controls = report.Used.ToDictionary(control => control.Id, StringComparer.Ordinal);
        foreach (Finding finding in report.Findings)
        {
            Record(csv,
            [
                report.SiteOf(
                    finding), finding.ControlId, finding.Title, finding.Area.ToString(), finding.Severity.ToString(),
                    finding.Status.ToString(),
                finding.Server, finding.Target, finding.Expected, finding.Actual, finding.Reason, finding.Evidence, finding.Remediation,
                finding.Suppressed?.Reason, finding.Suppressed?.Until.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                finding.Change?.ToString(),
                string.Join("; ", controls.GetValueOrDefault(finding.ControlId)?.References ?? []),
                finding.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ]);
        }

        return csv.ToString();
    }

    private static void Record(StringBuilder csv, string?[] fields)
    {
        for (int index = 0; index < fields.Length; index++)
        {
            csv.Append(index == 0 ? "\"" : ",\"").Append(Field(fields[index] ?? string.Empty)).Append('"');
        }

        csv.Append("\r\n");
    }

    private static string Field(string text)
    {
        string visible = ReportText.Visible(text).Replace("\"", "\"\"", StringComparison.Ordinal);
        return BeginsFormula(visible) ? $"'{visible}" : visible;
    }

    // Blanks do not keep a spreadsheet from calculating, nor do the full-width forms of the signs.
    private static bool BeginsFormula(string text) =>
        text is ['\t' or '\n', ..] || text.AsSpan().TrimStart() is ['=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠', ..];
}
