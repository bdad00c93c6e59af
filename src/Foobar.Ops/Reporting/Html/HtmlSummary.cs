using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting.Html;

/// <summary>The section of counts: by status, severity, area, server and, where there are several, site.</summary>
internal static class HtmlSummary
{
    // A long table of servers is folded; the worst stand first in it.
    private const int ManyServers = 12;

    /// <summary>The statuses, the worst first.</summary>
    public static readonly FindingStatus[] Order =
    [
        FindingStatus.Fail, FindingStatus.Unknown, FindingStatus.Warning, FindingStatus.Pass, FindingStatus.NotApplicable,
    ];

    public static void Write(HtmlWriter html, Report report)
    {
        Finding[] findings = [.. report.Findings.Where(FindingText.Counts)];
        Tiles(html, findings, report.Findings.Count - findings.Length);
        Bar(html, findings);
        html.Add($"<div class=\"matrices\">\n");
        if (report.Sites.Count > 1)
        {
            Matrix(
                html, "By site", "Site",
                findings.GroupBy(report.SiteOf)
                    .OrderBy(site => site.Key, StringComparer.Ordinal)
                    .Select(site => (site.Key, site.ToArray())));
        }

        Matrix(
            html, "By severity", "Severity",
            findings.GroupBy(finding => finding.Severity)
                .OrderByDescending(severity => severity.Key)
                .Select(severity => (severity.Key.ToString(), severity.ToArray())));
        Matrix(
            html, "By area", "Area",
            findings.GroupBy(finding => finding.Area).OrderBy(area => area.Key).Select(area => (Name(area.Key), area.ToArray())));
        Matrix(html, "By server", "Server", Servers(report, findings));
        html.Add($"</div>\n");
    }

    /// <summary>A status in words.</summary>
    public static string Name(FindingStatus status) => status == FindingStatus.NotApplicable ? "Not applicable" : status.ToString();

    /// <summary>An area in words.</summary>
    public static string Name(Area area) => area switch
    {
        Area.Tls => "TLS",
        Area.LoadBalancing => "Load balancing",
        _ => area.ToString(),
    };

    /// <summary>The class of a status in the style.</summary>
    public static string Look(FindingStatus status) => status switch
    {
        FindingStatus.Fail => "fail",
        FindingStatus.Unknown => "unknown",
        FindingStatus.Warning => "warning",
        FindingStatus.Pass => "pass",
        _ => "na",
    };

    // The few servers of a site in the order of the findings, many by what is wrong with them.
    private static IEnumerable<(string, Finding[])> Servers(Report report, Finding[] findings)
    {
        bool sites = report.Sites.Count > 1;
        (string Name, Finding[] Findings)[] servers =
        [
            .. findings.GroupBy(finding => (Site: report.SiteOf(finding), finding.Server))
                .OrderBy(server => server.Key.Server is null)
                .Select(
                    server => ((sites ? $"{server.Key.Site}: " : string.Empty) + (server.Key.Server ?? "(whole site)"), server.ToArray())),
        ];
        return servers.Length <= ManyServers
            ? servers
            : servers.OrderByDescending(server => Weight(server.Findings)).ThenBy(server => server.Name, StringComparer.Ordinal);
    }

    private static (int Fail, int Unknown, int Warning) Weight(Finding[] findings) => (
        findings.Count(finding => finding.Status == FindingStatus.Fail),
        findings.Count(finding => finding.Status == FindingStatus.Unknown),
        findings.Count(finding => finding.Status == FindingStatus.Warning));

    private static void Tiles(HtmlWriter html, Finding[] findings, int suppressed)
    {
        html.Add($"<ul class=\"tiles\">\n");
        foreach (FindingStatus status in Order)
        {
            Tile(html, Look(status), Name(status), findings.Count(finding => finding.Status == status));
        }

        if (suppressed > 0)
        {
            Tile(html, "suppressed", "Suppressed", suppressed);
        }

        html.Add($"</ul>\n");
    }

    private static void Tile(HtmlWriter html, string look, string name, int count) =>
        html.Add(
            $"<li class=\"{look}{(count == 0 ? " none" : string.Empty)}\"><a href=\"#findings\" data-show=\"{look}\"><b>{count}</b> <span>{name}</span></a></li>\n");

    // The tiles say the same in words.
    private static void Bar(HtmlWriter html, Finding[] findings)
    {
        html.Add($"<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">");
        double x = 0;
        foreach (FindingStatus status in Order)
        {
            double width = 1000.0 * findings.Count(finding => finding.Status == status) / Math.Max(1, findings.Length);
            if (width > 0)
            {
                html.Add($"<rect class=\"{Look(status)}\" x=\"{x:0.##}\" y=\"0\" width=\"{width:0.##}\" height=\"10\"/>");
            }

            x += width;
        }

        html.Add($"</svg>\n");
    }

    private static void Matrix(HtmlWriter html, string caption, string header, IEnumerable<(string Name, Finding[] Findings)> groups)
    {
        (string Name, Finding[] Findings)[] rows = [.. groups];
        bool folded = rows.Length > ManyServers;
        if (folded)
        {
            html.Add($"<details class=\"folded\"><summary>{caption}: {rows.Length}, the worst first</summary>\n");
        }

        html.Add($"<table class=\"matrix\"><caption>{caption}</caption>\n<thead><tr><th scope=\"col\">{header}</th>");
        foreach (FindingStatus status in Order)
        {
            html.Add(
                $"<th scope=\"col\" class=\"number\">{(status == FindingStatus.NotApplicable ? new Markup("<abbr title=\"Not applicable\">N/A</abbr>") : new Markup(status.ToString()))}</th>");
        }

        html.Add($"</tr></thead>\n<tbody>\n");
        foreach ((string name, Finding[] findings) in rows)
        {
            html.Add($"<tr><th scope=\"row\">{name}</th>");
            foreach (FindingStatus status in Order)
            {
                int count = findings.Count(finding => finding.Status == status);
                html.Add($"<td class=\"number {(count == 0 ? "zero" : Look(status))}\">{count}</td>");
            }

            html.Add($"</tr>\n");
        }

        html.Add($"</tbody></table>\n");
        if (folded)
        {
            html.Add($"</details>\n");
        }
    }
}
