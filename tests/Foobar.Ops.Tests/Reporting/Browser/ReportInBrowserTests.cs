using System.Text.Json;
using Deque.AxeCore.Commons;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Reporting.Browser;

/// <summary>The HTML report as a browser shows it, opened from a file.</summary>
[RunsFirst]
public sealed class ReportInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Shown = "Array.from(document.querySelectorAll('tbody.finding')).filter(body => body.checkVisibility())";

    private const string Picture = """
        <svg xmlns="http://www.w3.org/2000/svg" class="site" role="img" aria-labelledby="site-title" viewBox="0 0 720 60" width="720" height="60"><title id="site-title">Two servers</title>
        <style>.site .box { fill: none; stroke: rgb(1, 2, 3) } .site text { fill: currentColor }</style><rect class="box" x="4" y="4" width="120" height="40"/><text x="12" y="28">lb-01</text></svg>
        """;

    private static readonly Report Sample = SampleReport.Create() with { TopologySvg = Picture };
    private static readonly string Html = Sample.Write(ReportFormat.Html);

    [Fact]
    public async Task It_opens_without_an_error_and_asks_for_nothing()
    {
        await using OpenPage page = await chromium.OpenAsync(Html);

        Assert.Empty(page.Troubles);
        Assert.StartsWith("file:", Assert.Single(page.Requests), StringComparison.Ordinal);
        Assert.Equal(
            $"{Sample.Findings.Count} of {Sample.Findings.Count} findings shown",
            await page.AskAsync<string>("document.getElementById('shown').value"));
        Assert.Equal("rgb(1, 2, 3)", await page.AskAsync<string>("getComputedStyle(document.querySelector('#topology rect')).stroke"));
        Assert.Equal("rgb(255, 255, 255)", await page.AskAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task Hostile_text_stays_text()
    {
        Report report = Sample with
        {
            Findings = [.. SampleReport.Hostile.Select(text => SampleReport.Nasty(text))],
            Previous =
            [
                new EarlierAudit(
                    "www.foobar.com", TestSite.Now.AddDays(-1),
                    [.. SampleReport.Hostile.Select(text => SampleReport.Nasty(text, FindingStatus.Pass))]),
            ],
        };
        await using OpenPage page = await chromium.OpenAsync(report.Write(ReportFormat.Html));
        await page.Page.HoverAsync("tbody.finding:nth-of-type(3)");

        Assert.Empty(page.Troubles);
        Assert.Single(page.Requests);
        Assert.Equal("Audit of www.foobar.com, 2026-11-21", await page.AskAsync<string>("document.title"));
        Assert.Equal(
            0,
            await page.AskAsync<int>(
                "document.images.length + document.querySelectorAll('[onmouseover], [onerror]').length + "
                    + "(document.querySelectorAll('h1').length - 1) + (document.scripts.length - 1)"));
        Assert.Equal(
            "<script>document.title='owned'</script>",
            await page.AskAsync<string>("document.querySelector('[data-server^=\"<script>\"] .rule').firstChild.data.trim()"));
    }

    [Fact]
    public async Task Findings_are_sorted_by_a_click_on_a_heading()
    {
        await using OpenPage page = await chromium.OpenAsync(Html);
        string[] order = Words(Severity.Critical, Severity.High, Severity.Medium, Severity.Low, Severity.Info);

        await page.Page.ClickAsync("th[data-sort=severity] button");
        string[] severities = await page.AskAsync<string[]>($"{Shown}.map(body => body.dataset.severity)");
        Assert.Equal(severities.OrderBy(severity => Array.IndexOf(order, severity)), severities);
        Assert.Equal(
            "ascending", await page.AskAsync<string>("document.querySelector('th[data-sort=severity]').getAttribute('aria-sort')"));

        await page.Page.ClickAsync("th[data-sort=severity] button");
        severities = await page.AskAsync<string[]>($"{Shown}.map(body => body.dataset.severity)");
        Assert.Equal(severities.OrderByDescending(severity => Array.IndexOf(order, severity)), severities);

        await page.Page.FocusAsync("th[data-sort=control] button");
        await page.Page.Keyboard.PressAsync("Enter");
        string[] controls = await page.AskAsync<string[]>($"{Shown}.map(body => body.querySelector('.id').textContent)");
        Assert.Equal(controls.Order(StringComparer.Ordinal), controls);
        Assert.Equal(Sample.Findings.Count, controls.Length);
        Assert.Equal(
            ["control"],
            await page.AskAsync<string[]>("Array.from(document.querySelectorAll('[aria-sort]'), header => header.dataset.sort)"));
        Assert.Empty(page.Troubles);
    }

    [Fact]
    public async Task Findings_are_filtered_by_status_severity_area_server_and_text()
    {
        await using OpenPage page = await chromium.OpenAsync(Html);

        await page.Page.ClickAsync("input[value=pass]");
        await page.Page.ClickAsync("input[value=na]");
        await ExpectAsync(page, finding => finding.Status is not (FindingStatus.Pass or FindingStatus.NotApplicable));

        await page.Page.SelectAsync("select[name=server]", "web-01");
        await ExpectAsync(
            page, finding => finding.Status is not (FindingStatus.Pass or FindingStatus.NotApplicable) && finding.Server == "web-01");

        await page.Page.ClickAsync("button[type=reset]");
        await page.Page.WaitForFunctionAsync(
            "() => document.getElementById('shown').value.startsWith(document.querySelectorAll('tbody.finding').length)");
        await ExpectAsync(page, _ => true);

        await page.Page.SelectAsync("select[name=area]", "Database");
        await ExpectAsync(page, finding => finding.Area == Area.Database);

        await page.Page.ClickAsync("input[value=High]");
        await ExpectAsync(page, finding => finding.Area == Area.Database && finding.Severity != Severity.High);

        await page.Page.ClickAsync("button[type=reset]");
        await page.Page.TypeAsync("input[name=text]", "HAPROXY pid=812");
        await ExpectAsync(page, finding => finding.Evidence?.Contains("pid=812", StringComparison.Ordinal) ?? false);

        await page.Page.TypeAsync("input[name=text]", " no such words");
        await ExpectAsync(page, _ => false);
        Assert.True(await page.AskAsync<bool>("document.getElementById('no-finding').checkVisibility()"));
        Assert.Empty(page.Troubles);
    }

    [Fact]
    public async Task Of_many_findings_only_those_in_sight_are_laid_out()
    {
        Finding[] many =
        [
            .. Enumerable.Range(0, 3000)
                .Select(
                    static index =>
                        SampleReport.Finding(server: $"web-{index}", status: index % 10 == 0 ? FindingStatus.Fail : FindingStatus.Pass)),
        ];
        await using OpenPage page = await chromium.OpenAsync((Sample with { Findings = many, Previous = [] }).Write(ReportFormat.Html));
        const string LaidOut =
            "Array.from(document.querySelectorAll('tbody.finding .rule')).filter(rule => rule.checkVisibility({ contentVisibilityAuto: "
                + "true })).length";
        Assert.InRange(await page.AskAsync<int>(LaidOut), 0, 200);

        await page.Page.TypeAsync("input[name=text]", "web-2999");
        Assert.Equal("1 of 3000 findings shown", await page.AskAsync<string>("document.getElementById('shown').value"));
        await page.Page.ClickAsync("button[type=reset]");
        await page.Page.WaitForFunctionAsync("() => document.getElementById('shown').value.startsWith('3000')");
        await page.Page.EmulateMediaTypeAsync(PuppeteerSharp.Media.MediaType.Print);
        Assert.Equal(3000, await page.AskAsync<int>(LaidOut));
        Assert.Empty(page.Troubles);
    }

    [Fact]
    public async Task A_count_leads_to_what_it_counts()
    {
        await using OpenPage page = await chromium.OpenAsync(Html);
        await page.Page.ClickAsync(".tiles a[data-show=warning]");

        await ExpectAsync(page, finding => finding.Status == FindingStatus.Warning);
        Assert.Equal("#findings", await page.AskAsync<string>("location.hash"));
    }

    [Fact]
    public async Task It_is_read_in_full_without_its_script()
    {
        await using OpenPage page = await chromium.OpenAsync(Html, script: false);

        Assert.Equal(Sample.Findings.Count, await page.AskAsync<int>($"{Shown}.length"));
        Assert.False(await page.AskAsync<bool>("document.getElementById('filter').checkVisibility()"));
        Assert.Equal(
            Sample.Findings.Count(finding => finding.Status == FindingStatus.Fail && finding.Suppressed is null),
            await page.AskAsync<int>(
                "Array.from(document.querySelectorAll('.finding.fail pre')).filter(evidence => evidence.checkVisibility()).length"));
        Assert.Equal(0, await page.AskAsync<int>("document.querySelectorAll('th button').length"));
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task Axe_finds_no_violation(int width, bool dark)
    {
        await using OpenPage page = await chromium.OpenAsync(Html, width, dark);
        await page.Page.EvaluateExpressionAsync(new BundledAxeScriptProvider().GetScript());
        string report = await page.AskAsync<string>(
            "axe.run(document, { rules: { 'target-size': { enabled: true } } }).then(found => JSON.stringify(found))");

        using JsonDocument found = JsonDocument.Parse(report);
        Assert.Empty(found.RootElement.GetProperty("violations").EnumerateArray()
            .SelectMany(
                rule => rule.GetProperty("nodes")
                    .EnumerateArray()
                    .Take(3)
                    .Select(node => $"{rule.GetProperty("id")}: {node.GetProperty("html")} {node.GetProperty("failureSummary")}")));
        Assert.NotEmpty(found.RootElement.GetProperty("passes").EnumerateArray());
        Assert.Contains(
            found.RootElement.GetProperty("passes").EnumerateArray(), rule => rule.GetProperty("id").GetString() == "color-contrast");
        Assert.Empty(page.Troubles);
    }

    [Fact]
    public async Task A_phone_shows_it_without_scrolling_sideways()
    {
        await using OpenPage page = await chromium.OpenAsync(Html, 390);

        Assert.Equal(390, await page.AskAsync<int>("document.documentElement.scrollWidth"));
        Assert.True(
            await page.AskAsync<double>(
                "Math.min(...Array.from(document.querySelectorAll('.plot .tick'), text => text.getBoundingClientRect().height))") > 9);
    }

    [Fact]
    public async Task It_is_dark_for_those_who_prefer_that()
    {
        await using OpenPage page = await chromium.OpenAsync(Html, dark: true);

        Assert.Equal("rgb(18, 24, 31)", await page.AskAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task What_is_folded_is_printed()
    {
        await using OpenPage page = await chromium.OpenAsync(Html, script: false);
        await page.Page.EmulateMediaTypeAsync(PuppeteerSharp.Media.MediaType.Print);

        Assert.True(
            await page.AskAsync<bool>(
                "Array.from(document.querySelectorAll('details:not([open]) table')).every(table => table.getBoundingClientRect().height > "
                    + "0 && table.checkVisibility({ contentVisibilityAuto: true }))"));
        Assert.False(await page.AskAsync<bool>("document.querySelector('nav').checkVisibility()"));
    }

    private static async Task ExpectAsync(OpenPage page, Func<Finding, bool> fits)
    {
        Assert.Equal(
            Sample.Findings.Where(fits)
                .Select(finding => $"{finding.ControlId} {finding.Server} {finding.Target}".TrimEnd())
                .Order(StringComparer.Ordinal),
            (await page.AskAsync<string[]>(
                $"{Shown}.map(body => `${{body.querySelector('.id').textContent}} ${{body.dataset.server}} "
                    + "${body.querySelector('.target').textContent}`.trimEnd())"))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            $"{Sample.Findings.Count(fits)} of {Sample.Findings.Count} findings shown",
            await page.AskAsync<string>("document.getElementById('shown').value"));
    }

    private static string[] Words(params Severity[] severities) => [.. severities.Select(severity => severity.ToString())];
}
