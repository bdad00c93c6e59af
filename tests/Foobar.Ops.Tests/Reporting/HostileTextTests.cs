using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Reporting.Html;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Tests.Reporting;

/// <summary>Whatever servers say stays text, in every field and every format.</summary>
public sealed partial class HostileTextTests
{
    public static TheoryData<ReportFormat> Formats => [.. Enum.GetValues<ReportFormat>()];

    private static Report Nasty => SampleReport.Create() with
    {
        Site = SampleReport.Hostile[0],
        Findings =
        [
            .. SampleReport.Hostile.SelectMany(
                text =>
                    new[]
                    {
                        SampleReport.Nasty(text),
                        SampleReport.Nasty(text, FindingStatus.Unknown),
                        SampleReport.Nasty(text, FindingStatus.Pass),
                    }),
        ],
        Traffic =
        [
            .. SampleReport.Hostile.Select(text => new TrafficSeries(text, TrafficOrigin.LogFile, text, [new(TestSite.Now, 5, 1, 1, 1)])),
        ],
        Replication =
        [
            .. SampleReport.Hostile.Select(text =>
                new ReplicationSample { Time = TestSite.Now, Server = text, Source = text, Role = MemberRole.Replica, Error = text }),
        ],
        Previous =
        [
            new EarlierAudit(
                SampleReport.Hostile[0], TestSite.Now.AddDays(-1),
                [.. SampleReport.Hostile.Select(text => SampleReport.Nasty(text, FindingStatus.Pass))]),
        ],
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Nothing_that_acts_unseen_is_left_in_a_file(ReportFormat format)
    {
        string text = Nasty.Write(format);

        Assert.DoesNotContain(
            text.Replace("\r\n", "\n", StringComparison.Ordinal),
            static c =>
                c is not ('\n' or '\t')
                    && (char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format));
        Assert.Equal(text, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void HTML_holds_no_element_or_attribute_of_theirs()
    {
        string tame = (Nasty with
        {
            Site = "x",
            Findings = [.. Nasty.Findings.Select((finding, index) => Same(finding, $"x{index / 3}"))],
            Traffic = [],
            Replication = [],
            Previous = [],
        })
            .Write(ReportFormat.Html);
        string html = (Nasty with { Traffic = [], Replication = [], Previous = [] }).Write(ReportFormat.Html);

        Assert.Equal(Tags(tame), Tags(html));
        Assert.Contains("&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.Contains("␛[31mred", html, StringComparison.Ordinal);
        Assert.Contains("⟨U+202E⟩owned", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReportFormat.JUnit)]
    [InlineData(ReportFormat.NUnit)]
    public void XML_holds_them_as_text(ReportFormat format)
    {
        XDocument xml = XDocument.Parse(Nasty.Write(format));

        Assert.Empty(xml.Descendants("script"));
        Assert.Contains(xml.Descendants(), element => element.Value.Contains("]]></failure><system-out>owned", StringComparison.Ordinal));
    }

    [Fact]
    public void JSON_holds_them_exactly()
    {
        using JsonDocument json = JsonDocument.Parse(Nasty.Write(ReportFormat.Json));
        string[] whole = [.. SampleReport.Hostile.Where(text => !text.Contains('\ud800', StringComparison.Ordinal))];

        Assert.Empty(
            whole.Except(
                json.RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("target").GetString()!)));
    }

    [Fact]
    public void SARIF_messages_hold_no_link_and_no_placeholder_of_theirs()
    {
        using JsonDocument json = JsonDocument.Parse(Nasty.Write(ReportFormat.Sarif));
        string[] messages =
        [
            .. json.RootElement.GetProperty("runs")[0]
                .GetProperty("results")
                .EnumerateArray()
                .Select(result => result.GetProperty("message").GetProperty("text").GetString()!),
        ];

        Assert.DoesNotContain(messages, message => Link().IsMatch(message) || Placeholder().IsMatch(message));
        Assert.Contains(messages, message => message.Contains(@"\[owned\](https://example.org/)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_of_CSV_is_no_formula()
    {
        string[][] records = Csv.Read(Nasty.Write(ReportFormat.Csv));

        Assert.Equal(Nasty.Findings.Count + 1, records.Length);
        Assert.All(records, record => Assert.Equal(records[0].Length, record.Length));
        Assert.DoesNotContain(records.SelectMany(record => record), field => field.TrimStart() is ['=' or '+' or '-' or '@', ..]);
        Assert.Contains(records, record => record[7] == "'=HYPERLINK(\"https://example.org/\",\"owned\")");
        Assert.Contains(
            records, record => record[7].Contains("line one\nline two␍line three\nline four⟨U+2028⟩line five", StringComparison.Ordinal));
    }

    [Fact]
    public void Markdown_holds_no_link_picture_or_markup_of_theirs()
    {
        string text = Nasty.Write(ReportFormat.Markdown);
        string[] active = [.. text.Split('\n').Where(line => !line.StartsWith("    ", StringComparison.Ordinal))];

        Assert.DoesNotContain(
            active,
            line =>
                Link().IsMatch(line)
                    || line.Contains('<', StringComparison.Ordinal)
                    || line.Contains("https://", StringComparison.Ordinal));
        Assert.All(
            active.Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains("SRV-", StringComparison.Ordinal)),
            line => Assert.Equal(6, Pipe().Count(line)));
    }

    [Fact]
    public void A_picture_of_the_topology_can_neither_run_nor_load_anything()
    {
        SvgPicture picture = SvgPicture.Parse(
            """
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10" onload="x()">
            <style>.box { fill: red }</style><script>x()</script><image href="https://example.org/x.png"/><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
            <a xlink:href="javascript:x()"><text>gone</text></a><use href="#box"/><rect id="box" class="box" style="fill: blue" onclick="x()" width="1" height="1"/></svg>
            """);

        Assert.DoesNotContain("x()", picture.Markup.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("example.org", picture.Markup.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", picture.Markup.Text, StringComparison.Ordinal);
        Assert.Contains("<use href=\"#box\"", picture.Markup.Text, StringComparison.Ordinal);
        Assert.Equal([".box { fill: red }"], picture.Styles);
    }

    private static Finding Same(Finding finding, string text) => SampleReport.Nasty(text, finding.Status);

    // Attributes by name, since their values hold the texts.
    private static string[] Tags(string html) =>
        [
            .. Tag()
                .Matches(html)
                .Select(tag => Value().Replace(tag.Value, "=\"\""))
                .Where(tag => !tag.StartsWith("<option", StringComparison.Ordinal) && tag != "</option>"),
        ];

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("=\"[^\"]*\"")]
    private static partial Regex Value();

    [GeneratedRegex(@"(?<!\\)\[[^\[\]]*(?<!\\)\]\(")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<!\{)\{\d+\}(?!\})")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Pipe();
}
