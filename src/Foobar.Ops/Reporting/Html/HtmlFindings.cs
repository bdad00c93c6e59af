using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting.Html;

/// <summary>
/// The section of findings: a table with two rows a finding, one to sort and filter by and one with all that is known, open for what
/// is wrong. The form above it is shown by the script, without which it could do nothing.
/// </summary>
internal static class HtmlFindings
{
    private static readonly Severity[] Severities = [Severity.Critical, Severity.High, Severity.Medium, Severity.Low, Severity.Info];

    // In lines. What is longer scrolls, and takes the focus so that keys scroll it too.
    private const int LongEvidence = 24;

    public static void Write(HtmlWriter html, Report report, FindingTrend trend)
    {
        Dictionary<string, ControlInfo> controls = report.Controls.DistinctBy(control => control.Id)
            .ToDictionary(control => control.Id, StringComparer.Ordinal);
        Dictionary<string, int> ids = [];
        bool sites = report.Sites.Count > 1;
        Form(html, report, sites);
        html.Add(
            $"<table class=\"findings{(sites ? new Markup(" sites") : default)}\" id=\"findings-table\" role=\"table\"><caption>All findings, the worst first</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">");
        string[] columns =
        [
            .. new[] { "Status", "Severity", "Control", sites ? "Site" : null, "Server", "Target", "Rule" }.OfType<string>(),
        ];
        foreach (string column in columns)
        {
            html.Add($"<th role=\"columnheader\" scope=\"col\" data-sort=\"{column.ToLowerInvariant()}\">{column}</th>");
        }

        html.Add($"</tr></thead>\n");
        foreach (Finding finding in report.Findings.OrderBy(Rank)
            .ThenByDescending(finding => finding.Severity)
            .ThenBy(finding => finding.Area)
            .ThenBy(finding => finding.ControlId, StringComparer.Ordinal))
        {
            string id = $"{finding.ControlId}-{SarifReport.Fingerprint(finding, report)[..8]}";
            int count = ids[id] = ids.GetValueOrDefault(id) + 1;
            One(
                html,
                new Row(
                    finding,
                    count == 1 ? id : FormattableString.Invariant($"{id}-{count}"),
                    report, trend, controls.GetValueOrDefault(finding.ControlId), sites, columns.Length));
        }

        html.Add($"</table>\n<p class=\"empty\" id=\"no-finding\" hidden>No finding is shown by these filters.</p>\n");
    }

    private static int Rank(Finding finding) =>
        FindingText.Counts(finding) ? Array.IndexOf(HtmlSummary.Order, finding.Status) : HtmlSummary.Order.Length;

    private static void Form(HtmlWriter html, Report report, bool sites)
    {
        html.Add(
            $"<form class=\"filter\" id=\"filter\" role=\"search\" aria-label=\"Filter findings\" hidden>\n<fieldset><legend>Status</legend>");
        foreach (FindingStatus status in HtmlSummary.Order)
        {
            Choice(
                html, "status", HtmlSummary.Look(status), HtmlSummary.Name(status),
                report.Findings.Count(finding => FindingText.Counts(finding) && finding.Status == status));
        }

        Choice(html, "status", "suppressed", "Suppressed", report.Findings.Count(finding => !FindingText.Counts(finding)));
        html.Add($"</fieldset>\n<fieldset><legend>Severity</legend>");
        foreach (Severity severity in Severities)
        {
            Choice(
                html, "severity", severity.ToString(), severity.ToString(), report.Findings.Count(finding => finding.Severity == severity));
        }

        html.Add($"</fieldset>\n<div class=\"fields\">");
        if (sites)
        {
            Select(html, "site", "Site", report.Sites.Select(site => (site, site)));
        }

        Select(
            html, "area", "Area",
            report.Findings.Select(finding => finding.Area).Distinct().Order().Select(area => (area.ToString(), HtmlSummary.Name(area))));
        Select(
            html, "server", "Server",
            report.Findings.Select(finding => finding.Server ?? string.Empty)
                .Distinct()
                .Where(server => server.Length > 0)
                .Order(StringComparer.Ordinal)
                .Select(server => (server, server)));
        html.Add(
            $"<label class=\"text\"><span>Text</span><input type=\"search\" name=\"text\" autocomplete=\"off\" spellcheck=\"false\"></label><button type=\"reset\">Show all</button></div>\n");
        html.Add($"<p class=\"shown\"><output id=\"shown\" aria-live=\"polite\"></output></p>\n</form>\n");
    }

    private static void Choice(HtmlWriter html, string name, string value, string label, int count)
    {
        if (count > 0)
        {
            html.Add(
                $"<label class=\"choice {value.ToLowerInvariant()}\"><input type=\"checkbox\" name=\"{name}\" value=\"{value}\" checked><span>{label} <b>{count}</b></span></label>");
        }
    }

    private static void Select(HtmlWriter html, string name, string label, IEnumerable<(string Value, string Label)> options)
    {
        html.Add($"<label><span>{label}</span><select name=\"{name}\"><option value=\"\">All</option>");
        foreach ((string value, string text) in options)
        {
            html.Add($"<option value=\"{value}\">{text}</option>");
        }

        html.Add($"</select></label>");
    }

    private static void One(HtmlWriter html, Row row)
    {
        Finding finding = row.Finding;
        bool counts = FindingText.Counts(finding);
        string look = counts ? HtmlSummary.Look(finding.Status) : "suppressed";
        html.Add(
            $"<tbody role=\"rowgroup\" class=\"finding {look}\" id=\"{row.Id}\" data-status=\"{look}\" data-rank=\"{Rank(finding)}\" data-severity=\"{finding.Severity}\" data-weight=\"{(int)finding.Severity}\" data-area=\"{finding.Area}\" data-server=\"{finding.Server}\"");
        if (row.Sites)
        {
            html.Add($" data-site=\"{row.Report.SiteOf(finding)}\"");
        }

        html.Add(
            $">\n<tr role=\"row\"><td role=\"cell\"><span class=\"badge {look}\">{(counts ? HtmlSummary.Name(finding.Status) : $"{HtmlSummary.Name(finding.Status)}, suppressed")}</span></td>");
        html.Add(
            $"<td role=\"cell\"><span class=\"severity {finding.Severity.ToString().ToLowerInvariant()}\">{finding.Severity}</span></td><td role=\"cell\" class=\"id\"><a href=\"#{row.Id}\">{finding.ControlId}</a></td>");
        if (row.Sites)
        {
            html.Add($"<td role=\"cell\" data-name=\"Site\">{row.Report.SiteOf(finding)}</td>");
        }

        html.Add(
            $"<td role=\"cell\" data-name=\"Server\">{finding.Server}</td><td role=\"cell\" data-name=\"Target\" class=\"target\">{finding.Target}</td><td role=\"cell\" class=\"rule\">{finding.Title}");
        if ((row.Trend.IsNew(finding) ? FindingChange.New : finding.Change) is { } change)
        {
            html.Add($" <span class=\"new\">{change.ToString().ToLowerInvariant()}</span>");
        }

        bool wrong = finding.Status is FindingStatus.Fail or FindingStatus.Unknown or FindingStatus.Warning;
        bool plain = !wrong && finding.Suppressed is null && finding.Expected is null && finding.Evidence is null && finding.Reason is null;
        if (plain && finding.Actual is { } actual)
        {
            html.Add($"<span class=\"actual\">{actual}</span>");
        }

        html.Add($"</td></tr>\n");
        if (!plain)
        {
            Details(html, row, wrong, open: wrong && counts);
        }

        html.Add($"</tbody>\n");
    }

    // What passes says little: one row, and details only where there is evidence.
    private static void Details(HtmlWriter html, Row row, bool wrong, bool open)
    {
        Finding finding = row.Finding;
        html.Add(
            $"<tr role=\"row\" class=\"more\"><td role=\"cell\" colspan=\"{row.Columns}\"><details{(open ? new Markup(" open") : default)}><summary>{(finding.Suppressed is { } until ? $"Suppressed {until}" : open ? "Details" : finding.Actual ?? "Details")}</summary><dl>\n");
        Part(
            html, "Suppressed",
            finding.Suppressed is { } accepted
                ? FormattableString.Invariant($"{accepted.Reason} (until {accepted.Until.UtcDateTime:yyyy-MM-dd})")
                : null);
        Part(html, "Expected", finding.Expected);
        Part(html, "Found", finding.Actual);
        Part(html, "Why undecided", finding.Reason);
        if (finding.Evidence is { } evidence)
        {
            html.Add(
                $"<div class=\"wide\"><dt>Evidence</dt><dd><pre{(evidence.Count(static c => c == '\n') > LongEvidence ? new Markup(" class=\"long\" tabindex=\"0\"") : default)}>{evidence}</pre></dd></div>\n");
        }

        if (wrong)
        {
            Part(html, "How to put it right", finding.Remediation);
            Part(html, "Why it matters", row.Control?.Rationale);
        }

        Part(
            html, "Open since",
            row.Trend.Since(finding) is { } since ? FormattableString.Invariant($"{since:yyyy-MM-dd HH:mm} UTC") : null);
        Part(html, "Area", HtmlSummary.Name(finding.Area));
        Part(html, "Source of the rule", row.Control?.Reference);
        if (wrong)
        {
            Part(
                html, "Gives evidence for",
                row.Control is { References.Count: > 0 } control
                    ? string.Join('\n', control.References.Select(reference => $"{reference}: {reference.Title}"))
                    : null);
        }

        html.Add($"</dl></details></td></tr>\n");
    }

    private static void Part(HtmlWriter html, string name, string? text)
    {
        if (text is { Length: > 0 })
        {
            html.Add($"<div><dt>{name}</dt><dd>{text}</dd></div>\n");
        }
    }

    private sealed record Row(Finding Finding, string Id, Report Report, FindingTrend Trend, ControlInfo? Control, bool Sites, int Columns);
}
