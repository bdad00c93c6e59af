using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting.Html;

/// <summary>
/// Writes one HTML page that needs nothing but itself: style and script stand in it, its policy (CSP) allows these by their hashes
/// and nothing else, and it asks nobody for anything. It can be read in full without its script, which only filters and sorts.
/// </summary>
internal static class HtmlReport
{
    private static readonly Lazy<string> Style = new(() => Resource("report.css"));
    private static readonly Lazy<string> Script = new(() => Resource("report.js"));

    public static string Write(Report report)
    {
        FindingTrend trend = new(report);
        SvgPicture? picture = report.TopologySvg is { Length: > 0 } svg ? SvgPicture.Parse(svg) : null;
        Section[] sections =
        [
            .. new Section?[]
            {
                new("summary", "Summary", html => HtmlSummary.Write(html, report)),
                picture is null ? null : new("topology", "Topology", html => Topology(html, picture)),
                trend.Audits.Count == 0 ? null : new("trends", "Trends", html => HtmlTrends.Write(html, report, trend)),
                HtmlPlots.HasTraffic(report, trend) ? new("traffic", "Traffic", html => HtmlPlots.Traffic(html, report, trend)) : null,
                HtmlPlots.HasReplication(report, trend)
                    ? new("replication", "Replication", html => HtmlPlots.Replication(html, report, trend))
                    : null,
                new("findings", "Findings", html => HtmlFindings.Write(html, report, trend)),
            }.OfType<Section>(),
        ];
        HtmlWriter html = new();
        Head(html, report, picture);
        html.Add($"<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n");
        Header(html, report, sections);
        html.Add($"<main>\n");
        foreach (Section section in sections)
        {
            html.Add(
                $"<section id=\"{section.Id}\" aria-labelledby=\"{section.Id}-heading\" tabindex=\"-1\">\n<h2 id=\"{section.Id}-heading\">{section.Heading}</h2>\n");
            section.Write(html);
            html.Add($"</section>\n");
        }

        html.Add(
            $"</main>\n<footer><p>Foobar.Ops {report.ModuleVersion}. Times are in UTC. This page needs no network and asks for nothing.</p></footer>\n");
        html.Add($"<script>{new Markup(Script.Value)}</script>\n</body>\n</html>\n");
        return html.ToString();
    }

    private static void Head(HtmlWriter html, Report report, SvgPicture? picture)
    {
        string styles = string.Join(' ', new[] { Style.Value }.Concat(picture?.Styles ?? []).Select(Hash));
        html.Add($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {styles}; script-src {Hash(Script.Value)}; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>Audit of {report.Site}{(report.Time is { } time ? FormattableString.Invariant($", {time:yyyy-MM-dd}") : string.Empty)}</title>
            <style>{new Markup(Style.Value)}</style>
            </head>

            """);
    }

    private static void Header(HtmlWriter html, Report report, Section[] sections)
    {
        AuditVerdict verdict = report.Gate.Judge(report.Findings);
        (string look, string word, string why) = Verdict(verdict, report.Findings.Count(FindingText.Counts));
        int servers = report.Findings.Select(finding => (report.SiteOf(finding), finding.Server))
            .Where(place => place.Server is not null)
            .Distinct()
            .Count();
        html.Add(
            $"<header>\n<p class=\"kicker\">Audit report</p>\n<h1>{report.Site}</h1>\n<p class=\"verdict {look}\"><strong>{word}</strong> <span>{why}</span></p>\n<p class=\"facts\">");
        if (report.Time is { } time)
        {
            html.Add($"Facts read <time datetime=\"{time:yyyy-MM-dd'T'HH:mm:ss'Z'}\">{time:yyyy-MM-dd HH:mm:ss} UTC</time>. ");
        }

        html.Add(
            $"{Counted(report.Findings.Count, "finding")} of {Counted(report.Findings.DistinctBy(finding => finding.ControlId).Count(), "control")} on {Counted(servers, "server")}");
        if (report.Sites.Count > 1)
        {
            html.Add($" of {Counted(report.Sites.Count, "site")}");
        }

        html.Add($".</p>\n<nav aria-label=\"Sections\"><ul>");
        foreach (Section section in sections)
        {
            html.Add($"<li><a href=\"#{section.Id}\">{section.Heading}</a></li>");
        }

        html.Add($"</ul></nav>\n</header>\n");
    }

    private static (string Look, string Word, string Why) Verdict(AuditVerdict verdict, int counted) => verdict.ExitCode switch
    {
        AuditVerdict.Passed => ("pass", "Passed", $"Nothing here fails the audit: {Judged(verdict)}."),
        AuditVerdict.Failed =>
            ("fail", "Failed", FormattableString.Invariant(
                $"{verdict.Stopping.Count} of {Counted(counted, "finding")} fail the audit: {Counts(verdict)}.{Unjudged(verdict)}")),
        AuditVerdict.Undecided =>
            ("unknown", "Undecided",
                $"{Counted(verdict.Stopping.Count, "finding")} could not be decided, which is no pass.{Unjudged(verdict)}"),
        _ =>
            ("unknown", "Not judged", verdict.Unjudged.Count > 0
                ? Unjudged(verdict).TrimStart()
                : "No finding here is a pass, a warning or a failure."),
    };

    private static string Unjudged(AuditVerdict verdict) =>
        verdict.Unjudged.Count > 0 ? $" Not read, or nothing could be decided: {string.Join(", ", verdict.Unjudged)}." : string.Empty;

    // The page knows findings alone: it tells what they are, never that there are all.
    private static string Judged(AuditVerdict verdict)
    {
        Finding[] counted = [.. verdict.Findings.Where(FindingText.Counts)];
        return string.Join(", ", HtmlSummary.Order
            .Select(status => (Status: (FindingStatus?)status, Count: counted.Count(finding => finding.Status == status)))
            .Append((Status: null, Count: verdict.Findings.Count - counted.Length))
            .Where(kind => kind.Count > 0)
            .Select(kind => FormattableString.Invariant(
                $"{kind.Count} {(kind.Status is { } status ? HtmlSummary.Name(status) : "suppressed")}")));
    }

    private static string Counts(AuditVerdict verdict) => string.Join(", ", HtmlSummary.Order
        .Select(status => (Status: status, Count: verdict.Stopping.Count(finding => finding.Status == status)))
        .Where(status => status.Count > 0)
        .Select(status => FormattableString.Invariant($"{status.Count} {HtmlSummary.Name(status.Status)}")));

    // The region takes the focus, so that it can be scrolled by keys where it is wider than the screen.
    private static void Topology(HtmlWriter html, SvgPicture picture) =>
        html.Add(
            $"<div class=\"topology scroll\" role=\"region\" aria-label=\"Picture of the topology\" tabindex=\"0\">{picture.Markup}</div>\n");

    internal static string Counted(int count, string word) =>
        FormattableString.Invariant($"{count} {word}{(count == 1 ? string.Empty : "s")}");

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Resource(string name)
    {
        using StreamReader reader = new(
            typeof(HtmlReport).Assembly.GetManifestResourceStream($"Foobar.Ops.Reporting.{name}")!, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private sealed record Section(string Id, string Heading, Action<HtmlWriter> Write);
}
