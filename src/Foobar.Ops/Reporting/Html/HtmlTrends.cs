using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting.Html;

/// <summary>The section of earlier audits: their counts as bars and as a table, what is new and what is mended.</summary>
internal static class HtmlTrends
{
    private const int Width = 360, Left = 34, Right = 352, Top = 8, Height = 120, MostBars = 60;
    private const double WidestStep = 40;

    // Passes and what does not apply would drown what is looked for.
    private static readonly FindingStatus[] Stacked = [FindingStatus.Fail, FindingStatus.Unknown, FindingStatus.Warning];

    public static void Write(HtmlWriter html, Report report, FindingTrend trend)
    {
        AuditCounts[] audits = [.. trend.Counts];
        html.Add($"<div class=\"columns\">\n");
        Picture(html, [.. audits.TakeLast(MostBars)]);
        List(html, report, "New since the audit before", trend.New, "Nothing is new.");
        List(html, report, "Mended since the audit before", trend.Mended, "Nothing was mended.");
        html.Add(
            $"</div>\n<details class=\"folded\"><summary>Counts of {HtmlReport.Counted(audits.Length, "audit")}</summary>\n<table class=\"matrix\"><caption>Findings by audit</caption>\n<thead><tr><th scope=\"col\">Facts read (UTC)</th>");
        foreach (FindingStatus status in HtmlSummary.Order)
        {
            html.Add($"<th scope=\"col\" class=\"number\">{HtmlSummary.Name(status)}</th>");
        }

        html.Add($"</tr></thead>\n<tbody>\n");
        foreach (AuditCounts audit in audits.Reverse())
        {
            html.Add(
                $"<tr><th scope=\"row\"><time datetime=\"{audit.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}\">{audit.Time:yyyy-MM-dd HH:mm}</time></th>");
            foreach (FindingStatus status in HtmlSummary.Order)
            {
                html.Add(
                    $"<td class=\"number {(audit.Counts[status] == 0 ? "zero" : HtmlSummary.Look(status))}\">{audit.Counts[status]}</td>");
            }

            html.Add($"</tr>\n");
        }

        html.Add($"</tbody></table>\n</details>\n");
    }

    private static void Picture(HtmlWriter html, AuditCounts[] audits)
    {
        double most = PlotScale.Ceiling(audits.Max(audit => Stacked.Sum(status => audit.Counts[status])));
        double step = Math.Min(WidestStep, (double)(Right - Left) / audits.Length);
        AuditCounts first = audits[0], last = audits[^1];
        string summary = FormattableString.Invariant(
            $"Open findings of {audits.Length} audits, {first.Time:yyyy-MM-dd HH:mm} to {last.Time:yyyy-MM-dd HH:mm} UTC: from {Words(first)} to {Words(last)}.");
        html.Add(
            $"<figure class=\"trend\"><h3>Open findings by audit</h3>\n<svg viewBox=\"0 0 {Width} {Top + Height + 24}\" role=\"img\" aria-label=\"{summary}\">");
        foreach (double tick in PlotScale.Ticks(most, whole: true))
        {
            double y = Top + Height - (tick / most * Height);
            html.Add(
                $"<path class=\"grid\" d=\"M{Left} {y:0.#}H{Right}\"/><text class=\"tick\" x=\"{Left - 5}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{PlotScale.Text(tick)}</text>");
        }

        for (int index = 0; index < audits.Length; index++)
        {
            Stack(html, audits[index], Left + ((index + 0.15) * step), 0.7 * step, most);
        }

        html.Add($"<text class=\"tick\" x=\"{Left}\" y=\"{Top + Height + 17}\">{first.Time:MM-dd}</text>");
        if (audits.Length * step > 100)
        {
            html.Add(
                $"<text class=\"tick\" x=\"{Left + (audits.Length * step):0.#}\" y=\"{Top + Height + 17}\" text-anchor=\"end\">{last.Time:MM-dd}</text>");
        }

        html.Add($"</svg>\n<figcaption><p>");
        foreach (FindingStatus status in Stacked)
        {
            html.Add($"<span class=\"key {HtmlSummary.Look(status)}\">{HtmlSummary.Name(status)}</span> ");
        }

        html.Add($"</p><p>{summary}</p></figcaption>\n</figure>\n");
    }

    private static void Stack(HtmlWriter html, AuditCounts audit, double x, double width, double most)
    {
        double y = Top + Height;
        html.Add($"<g><title>{audit.Time:yyyy-MM-dd HH:mm} UTC: {Words(audit)}</title>");
        foreach (FindingStatus status in Stacked)
        {
            double height = audit.Counts[status] / most * Height;
            if (height > 0)
            {
                y -= height;
                html.Add(
                    $"<rect class=\"{HtmlSummary.Look(status)}\" x=\"{x:0.##}\" y=\"{y:0.#}\" width=\"{width:0.##}\" height=\"{height:0.#}\"/>");
            }
        }

        html.Add($"</g>");
    }

    private static string Words(AuditCounts audit) =>
        FormattableString.Invariant(
            $"{audit.Counts[FindingStatus.Fail]} fail, {audit.Counts[FindingStatus.Unknown]} unknown, {audit.Counts[FindingStatus.Warning]} warning");

    private static void List(HtmlWriter html, Report report, string heading, IReadOnlyList<Finding> findings, string none)
    {
        html.Add($"<div><h3>{heading}</h3>\n");
        if (findings.Count == 0)
        {
            html.Add($"<p class=\"none\">{none}</p>\n</div>\n");
            return;
        }

        html.Add($"<ul class=\"changes\">\n");
        foreach (Finding finding in findings)
        {
            string place = FindingText.Place(finding) ?? "the site";
            html.Add(
                $"<li><span class=\"badge {HtmlSummary.Look(finding.Status)}\">{HtmlSummary.Name(finding.Status)}</span> <b>{finding.ControlId}</b> {(report.Sites.Count > 1 ? $"{report.SiteOf(finding)}, " : string.Empty)}{place}: {finding.Title}</li>\n");
        }

        html.Add($"</ul></div>\n");
    }
}
