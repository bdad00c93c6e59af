using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Tests.Reporting;

public sealed partial class HtmlReportTests
{
    private static readonly string Page = SampleReport.Create().Write(ReportFormat.Html);

    [Fact]
    public void The_policy_allows_its_own_style_and_script_by_hash_and_nothing_else()
    {
        string policy = Policy().Match(Page).Groups[1].Value.Replace("&#39;", "'", StringComparison.Ordinal);

        Assert.Equal(
            $"default-src 'none'; style-src {Hash("style")}; script-src {Hash("script")}; base-uri 'none'; form-action 'none'", policy);
        Assert.True(Page.IndexOf("Content-Security-Policy", StringComparison.Ordinal) < Page.IndexOf("<style", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_leads_out_of_the_page()
    {
        Assert.DoesNotContain("://", Page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\bstyle=|\bsrc=|<link|@import|url\(|\bon[a-z]+=""", Page);
        Assert.All(Link().Matches(Page), link => Assert.StartsWith("#", link.Groups[1].Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Ids_are_unique_and_links_lead_to_them()
    {
        string[] ids = [.. Id().Matches(Page).Select(id => id.Groups[1].Value)];

        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
        Assert.Empty(Link().Matches(Page).Select(link => link.Groups[1].Value[1..]).Except(ids));
    }

    [Fact]
    public void Every_finding_is_there_and_what_is_wrong_with_all_that_is_known_of_it()
    {
        Report report = SampleReport.Create();
        Finding fail = report.Findings.First(finding => finding.Status == FindingStatus.Fail);

        Assert.Equal(report.Findings.Count, Page.Split("<tbody role=\"rowgroup\" class=\"finding ").Length - 1);
        string one = Page[Page.IndexOf($"data-status=\"fail\"", StringComparison.Ordinal)..];
        one = one[..one.IndexOf("</tbody>", StringComparison.Ordinal)];
        Assert.Contains(fail.ControlId, one, StringComparison.Ordinal);
        Assert.Contains("<details open>", one, StringComparison.Ordinal);
        foreach (string text in new[]
        {
            fail.Expected!,
            fail.Actual!,
            fail.Evidence!,
            fail.Remediation!,
            report.Controls.First(control => control.Id == fail.ControlId).Rationale,
        })
        {
            Assert.Contains(
                text.Replace("\"", "&quot;", StringComparison.Ordinal)
                    .Replace("'", "&#39;", StringComparison.Ordinal)
                    .Replace("<", "&lt;", StringComparison.Ordinal)
                    .Replace(">", "&gt;", StringComparison.Ordinal),
                one, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_there_is_nothing_of_has_no_section()
    {
        string bare = (SampleReport.Create() with { Previous = [], Traffic = [], Replication = [] }).Write(ReportFormat.Html);

        Assert.Equal(
            ["summary", "trends", "traffic", "replication", "findings"],
            Section().Matches(Page).Select(section => section.Groups[1].Value));
        Assert.Equal(["summary", "findings"], Section().Matches(bare).Select(section => section.Groups[1].Value));
        string drawn = (SampleReport.Create() with
        {
            TopologySvg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><style>.a{fill:red}</style></svg>",
        })
            .Write(ReportFormat.Html);
        Assert.Contains("<section id=\"topology\"", drawn, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String(SHA256.HashData(".a{fill:red}"u8)), drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_sites_are_told_apart()
    {
        Finding[] findings =
        [
            SampleReport.Finding(status: FindingStatus.Fail) with { Site = "a.example" },
            SampleReport.Finding() with { Site = "b.example" },
        ];
        string page = (SampleReport.Create() with { Findings = findings, Previous = [] }).Write(ReportFormat.Html);

        Assert.Contains("By site", page, StringComparison.Ordinal);
        Assert.Contains("data-sort=\"site\"", page, StringComparison.Ordinal);
        Assert.Contains("data-site=\"b.example\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plot_has_gaps_where_nothing_was_counted_and_dots_where_an_anomaly_was()
    {
        Report report = SampleReport.Create() with { Previous = [], Replication = [], Traffic = [SampleReport.Create().Traffic[0]] };
        string page = report.Write(ReportFormat.Html);

        Assert.Equal(2, page.Split("<path class=\"line\"").Length - 1);
        Assert.Equal(2, page.Split("<path class=\"band\"").Length - 1);
        Assert.Equal(1, page.Split("<circle class=\"mark\"").Length - 1);
    }

    [Fact]
    public void A_long_history_is_thinned_and_keeps_its_extremes()
    {
        RateBucket[] buckets =
        [
            .. Enumerable.Range(0, 10_000)
                .Select(index => new RateBucket(TestSite.Now.AddMinutes(index), TimeSpan.FromMinutes(1), index == 5000 ? 60_000 : 600, 60)),
        ];
        TrafficSeries series = TrafficSeries.Of(new RateSeries("lb-01", TrafficOrigin.HaproxyFrontend, "www"), buckets);
        string page = (SampleReport.Create() with { Previous = [], Replication = [], Traffic = [series] }).Write(ReportFormat.Html);

        Assert.Contains("most 1000 a second in 10000 windows", page, StringComparison.Ordinal);
        Assert.Contains(">1000</text>", page, StringComparison.Ordinal);
        Assert.True(page.Length < 400_000, $"{page.Length} characters");
    }

    private static string Hash(string element)
    {
        string text = Regex.Match(Page, $"<{element}>(.*?)</{element}>", RegexOptions.Singleline).Groups[1].Value;
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
    }

    [GeneratedRegex("Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex Policy();

    [GeneratedRegex("href=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex(" id=\"([^\"]*)\"")]
    private static partial Regex Id();

    [GeneratedRegex("<section id=\"([^\"]*)\"")]
    private static partial Regex Section();
}
