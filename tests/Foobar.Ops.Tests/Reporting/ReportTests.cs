using System.Text.Json.Nodes;
using System.Xml.Linq;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Tests.Auditing;

namespace Foobar.Ops.Tests.Reporting;

public sealed class ReportTests
{
    private static readonly Report Sample = new()
    {
        Site = "www.foobar.com",
        Controls = [Pretend.Same.Info, Pretend.Disk.Info, Pretend.Units.Info, Pretend.Info("SRV-999")],
        ModuleVersion = "1.2.3",
        Findings =
        [
            .. Pretend.Judge(Pretend.Snapshot(
                ("lb-01", Pretend.Facts(95, new("a|b<c>", FindingStatus.Warning), new("n", FindingStatus.NotApplicable))),
                ("web-01", null),
                ("web-02", Pretend.Facts(99, new PretendUnit("bell\u0007 \ud800 \U0001F600", FindingStatus.Warning))))),
        ],
    };

    [Fact]
    public void JUnit_has_a_case_a_finding_and_totals_that_add_up()
    {
        XElement root = XDocument.Parse(Sample.Write(ReportFormat.JUnit)).Root!;

        Assert.Equal("testsuites", root.Name);
        XElement[] suites = [.. root.Elements("testsuite")];
        Assert.Equal(["Server", "Topology"], suites.Select(suite => suite.Attribute("name")!.Value));
        foreach (XElement element in suites.Append(root))
        {
            Assert.Equal(Number(element, "tests"), element.Descendants("testcase").Count());
            Assert.Equal(Number(element, "failures"), element.Descendants("failure").Count());
            Assert.Equal(Number(element, "errors"), element.Descendants("error").Count());
        }

        Assert.All(suites, suite => Assert.Equal(Number(suite, "skipped"), suite.Descendants("skipped").Count()));
        Assert.Equal(
            (Sample.Findings.Count, 2, 2, 1),
            (Number(root, "tests"), Number(root, "failures"), Number(root, "errors"), suites.Sum(suite => Number(suite, "skipped"))));
        Assert.Equal(
            Sample.Findings.Count,
            root.Descendants("testcase")
                .Select(one => (one.Attribute("classname")!.Value, one.Attribute("name")!.Value))
                .Distinct()
                .Count());
    }

    [Fact]
    public void JUnit_says_what_was_expected_found_and_what_to_do()
    {
        XElement failure = XDocument.Parse(Sample.Write(ReportFormat.JUnit)).Descendants("failure").First();

        Assert.Equal("SRV-902 Rule SRV-902 holds [lb-01: /]", failure.Parent!.Attribute("name")!.Value);
        Assert.Equal("www.foobar.com.Server.SRV-902", failure.Parent.Attribute("classname")!.Value);
        Assert.Equal(
            ("High", "expected 90 % at most; found 95 %"), (failure.Attribute("type")!.Value, failure.Attribute("message")!.Value));
        Assert.Contains("Evidence: df -P /", failure.Value, StringComparison.Ordinal);
        Assert.Contains("Remediation: How to put SRV-902 right.", failure.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void JUnit_fails_what_the_gate_stops()
    {
        XElement open = XDocument.Parse(
            (Sample with { Gate = new AuditGate { Statuses = [FindingStatus.Warning] } }).Write(ReportFormat.JUnit)).Root!;

        Assert.Equal(
            (2, 0, 3),
            (Number(open, "failures"), Number(open, "errors"), open.Elements("testsuite").Sum(suite => Number(suite, "skipped"))));
    }

    [Fact]
    public void Text_that_XML_cannot_hold_is_replaced_and_the_rest_kept() =>
        Assert.Contains(
            XDocument.Parse(Sample.Write(ReportFormat.JUnit)).Descendants("testcase"),
            one => one.Attribute("name")!.Value.Contains("bell\u2407 \uFFFD \U0001F600", StringComparison.Ordinal));

    [Fact]
    public void NUnit_has_a_fixture_an_area_and_totals_that_add_up()
    {
        XElement root = XDocument.Parse(Sample.Write(ReportFormat.NUnit)).Root!;
        XElement[] fixtures = [.. root.Descendants("test-suite").Where(suite => suite.Attribute("type")!.Value == "TestFixture")];

        Assert.Equal(
            ["www.foobar.com.Server", "www.foobar.com.Topology"], fixtures.Select(fixture => fixture.Attribute("fullname")!.Value));
        foreach (XElement element in root.Descendants("test-suite").Append(root))
        {
            XElement[] cases = [.. element.Descendants("test-case")];
            Assert.Equal(Number(element, "total"), cases.Length);
            foreach ((string total, string result) in new[]
            {
                ("passed", "Passed"),
                ("failed", "Failed"),
                ("warnings", "Warning"),
                ("skipped", "Skipped"),
            })
            {
                Assert.Equal(Number(element, total), cases.Count(one => one.Attribute("result")!.Value == result));
            }
        }

        Assert.Equal(
            (4, 2, 1, "Failed"),
            (Number(root, "failed"), Number(root, "warnings"), Number(root, "skipped"), root.Attribute("result")!.Value));
        Assert.Equal(2, root.Descendants("test-case").Count(one => one.Attribute("label")?.Value == "Error"));
        Assert.Contains(root.Descendants("stack-trace"), all => all.Value.Contains("Evidence: df -P /", StringComparison.Ordinal));
    }

    [Fact]
    public void CSV_has_a_record_a_finding()
    {
        string[][] records = Csv.Read(Sample.Write(ReportFormat.Csv));

        Assert.Equal(
            [
                "Site", "ControlId", "Title", "Area", "Severity", "Status", "Server", "Target", "Expected", "Actual", "Reason", "Evidence",
                "Remediation", "Suppressed", "SuppressedUntil", "Change", "References", "Time",
            ],
            records[0]);
        Assert.Equal(Sample.Findings.Count + 1, records.Length);
        Assert.Contains(
            records,
            record =>
                record[1] == "SRV-902"
                    && record[5] == "Fail"
                    && record[6] == "lb-01"
                    && record[9] == "95 %"
                    && record[17] == "2026-11-21T12:00:00Z");
    }

    [Fact]
    public void SARIF_has_a_rule_a_control_and_a_result_a_finding_that_refer_to_each_other()
    {
        JsonNode root = JsonNode.Parse(Sample.Write(ReportFormat.Sarif))!;
        JsonNode run = root["runs"]!.AsArray().Single()!;
        JsonArray rules = run["tool"]!["driver"]!["rules"]!.AsArray();
        JsonArray results = run["results"]!.AsArray();

        Assert.Equal("2.1.0", root["version"]!.GetValue<string>());
        Assert.Equal(["SRV-901", "SRV-902", "TOP-901"], rules.Select(rule => rule!["id"]!.GetValue<string>()));
        Assert.Equal(Sample.Findings.Count, results.Count);
        foreach ((JsonNode? result, Finding finding) in results.Zip(Sample.Findings))
        {
            Assert.Equal(finding.ControlId, result!["ruleId"]!.GetValue<string>());
            Assert.Equal(finding.ControlId, rules[result["ruleIndex"]!.GetValue<int>()]!["id"]!.GetValue<string>());
            Assert.NotEmpty(result["message"]!["text"]!.GetValue<string>());
            Assert.Equal("foobar.json", result["locations"]![0]!["physicalLocation"]!["artifactLocation"]!["uri"]!.GetValue<string>());
        }

        Assert.Equal(
            results.Count,
            results.Select(result => result!["partialFingerprints"]!["controlServerTarget/v1"]!.GetValue<string>()).Distinct().Count());
    }

    [Fact]
    public void What_changed_since_a_baseline_is_shown_where_a_reader_looks_for_it()
    {
        Finding fresh = SampleReport.Finding(status: FindingStatus.Fail) with { Change = FindingChange.New };
        Report report = SampleReport.Create() with
        {
            Findings =
            [
                fresh, SampleReport.Finding(server: "lb-01") with { Change = FindingChange.Mended }, SampleReport.Finding(server: "web-01"),
            ],
            Previous = [],
        };

        JsonArray results = JsonNode.Parse(report.Write(ReportFormat.Sarif))!["runs"]![0]!["results"]!.AsArray();
        Assert.Equal(["new", "absent", null], results.Select(result => result!["baselineState"]?.GetValue<string>()));
        Assert.Equal(["New", "Mended", ""], Csv.Read(report.Write(ReportFormat.Csv)).Skip(1).Select(record => record[15]));
        Assert.Contains("| Fail, new |", report.Write(ReportFormat.Markdown), StringComparison.Ordinal);
        Assert.Contains("<span class=\"new\">mended</span>", report.Write(ReportFormat.Html), StringComparison.Ordinal);
    }

    [Fact]
    public void SARIF_relates_rules_to_the_requirements_they_give_evidence_for()
    {
        JsonNode run = JsonNode.Parse(SampleReport.Create().Write(ReportFormat.Sarif))!["runs"]![0]!;
        string[] taxa =
        [
            .. run["taxonomies"]!
                .AsArray()
                .SelectMany(
                    taxonomy => taxonomy!["taxa"]!
                        .AsArray()
                        .Select(taxon => $"{taxonomy["guid"]} {taxon!["guid"]} {taxonomy["name"]} {taxon["id"]}")),
        ];
        string[] named = [.. run["tool"]!["driver"]!["rules"]!.AsArray().SelectMany(rule => rule!["relationships"]?.AsArray() ?? [])
            .Select(relation => relation!["target"]!).Select(
                target => $"{target["toolComponent"]!["guid"]} {target["guid"]} {target["toolComponent"]!["name"]} {target["id"]}")];

        Assert.NotEmpty(named);
        Assert.Equal(taxa.Order(StringComparer.Ordinal), named.Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(taxa, taxon => taxon.Contains("PCI DSS", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_suppressed_is_shown_in_every_format_and_fails_nothing()
    {
        Finding accepted = SampleReport.Finding(status: FindingStatus.Fail) with
        {
            Suppressed = new Acceptance { Reason = "Agreed with the owner", Until = new(2027, 1, 31, 0, 0, 0, TimeSpan.Zero) },
        };
        Report report = SampleReport.Create() with
        {
            Findings = [accepted, SampleReport.Finding(server: "lb-01"), SampleReport.Finding(server: "web-01")],
            Previous = [],
        };

        Assert.All(
            Enum.GetValues<ReportFormat>(),
            format => Assert.Contains("Agreed with the owner", report.Write(format), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ReportFormat>(), format => Assert.Contains("2027-01-31", report.Write(format), StringComparison.Ordinal));
        JsonNode json = JsonNode.Parse(report.Write(ReportFormat.Json))!;
        Assert.Equal((0, 0), (json["exitCode"]!.GetValue<int>(), json["counts"]!["Fail"]!.GetValue<int>()));
        XElement junit = XDocument.Parse(report.Write(ReportFormat.JUnit)).Root!;
        Assert.Equal((0, 1), (Number(junit, "failures"), junit.Descendants("skipped").Count()));
        Assert.Equal("Passed", XDocument.Parse(report.Write(ReportFormat.NUnit)).Root!.Attribute("result")!.Value);
        JsonArray results = JsonNode.Parse(report.Write(ReportFormat.Sarif))!["runs"]![0]!["results"]!.AsArray();
        Assert.Equal([1, 0, 0], results.Select(result => result!["suppressions"]!.AsArray().Count));
        Assert.Contains("<p class=\"verdict pass\">", report.Write(ReportFormat.Html), StringComparison.Ordinal);
        Assert.Contains("data-status=\"suppressed\"", report.Write(ReportFormat.Html), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FindingStatus.Pass, "pass", "none")]
    [InlineData(FindingStatus.Fail, "fail", "error")]
    [InlineData(FindingStatus.Warning, "fail", "warning")]
    [InlineData(FindingStatus.Unknown, "open", "none")]
    [InlineData(FindingStatus.NotApplicable, "notApplicable", "none")]
    public void SARIF_tells_what_was_decided(FindingStatus status, string kind, string level)
    {
        int index = Sample.Findings.Select((finding, index) => (finding, index)).First(pair => pair.finding.Status == status).index;
        JsonNode result = JsonNode.Parse(Sample.Write(ReportFormat.Sarif))!["runs"]![0]!["results"]![index]!;

        Assert.Equal((kind, level), (result["kind"]!.GetValue<string>(), result["level"]!.GetValue<string>()));
    }

    [Fact]
    public void JSON_holds_the_findings_the_counts_and_the_exit_code()
    {
        JsonNode root = JsonNode.Parse(Sample.Write(ReportFormat.Json))!;

        Assert.Equal(Sample.Findings.Count, root["findings"]!.AsArray().Count);
        Assert.Equal(Sample.Findings.Count, root["counts"]!.AsObject().Sum(pair => pair.Value!.GetValue<int>()));
        Assert.Equal(1, root["exitCode"]!.GetValue<int>());
        Assert.Equal("SRV-901", root["findings"]![0]!["controlId"]!.GetValue<string>());
        Assert.Equal("2026-11-21T12:00:00+00:00", root["time"]!.GetValue<string>());
    }

    [Fact]
    public void Markdown_tells_the_worst_first_and_escapes_what_servers_said()
    {
        string text = Sample.Write(ReportFormat.Markdown);

        Assert.True(text.IndexOf("## Fail", StringComparison.Ordinal) < text.IndexOf("## Unknown", StringComparison.Ordinal));
        Assert.Contains("a\\|b&lt;c&gt;", text, StringComparison.Ordinal);
        Assert.All(
            text.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)),
            line => Assert.Equal(6, line.Replace("\\|", string.Empty, StringComparison.Ordinal).Count(c => c == '|')));
    }

    [Fact]
    public void Markdown_tells_once_what_keeps_several_controls_from_judging()
    {
        Finding first = Sample.Findings.First(finding => finding.Status == FindingStatus.Unknown) with
        {
            ControlId = "DB-007",
            Server = "web-01",
            Target = null,
            Reason = "web-01 does not answer",
        };
        string text = (Sample with
        {
            Findings = [first, first with { ControlId = "DB-003" }, first with { ControlId = "DB-005", Server = "web-02" }],
        })
            .Write(ReportFormat.Markdown);
        Assert.Contains(
            "### 2 findings at web-01\n\nDB-003, DB-007\n\n    Reason: web-01 does not answer\n", text, StringComparison.Ordinal);
        Assert.Contains("### DB-005", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split('\n').Count(line => line.StartsWith("| DB-", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(ReportFormat.JUnit)]
    [InlineData(ReportFormat.Sarif)]
    [InlineData(ReportFormat.Json)]
    [InlineData(ReportFormat.Markdown)]
    [InlineData(ReportFormat.Html)]
    [InlineData(ReportFormat.NUnit)]
    [InlineData(ReportFormat.Csv)]
    public void The_same_findings_give_the_same_text(ReportFormat format)
    {
        Assert.Equal(
            Sample.Write(format),
            (Sample with { Findings = [.. Sample.Findings], Controls = [.. Sample.Controls.Reverse()] }).Write(format));
        Assert.NotEmpty((Sample with { Findings = [] }).Write(format));
    }

    [Theory]
    [InlineData("a/findings.xml", ReportFormat.JUnit)]
    [InlineData("findings.SARIF", ReportFormat.Sarif)]
    [InlineData("findings.sarif.json", ReportFormat.Sarif)]
    [InlineData("findings.json", ReportFormat.Json)]
    [InlineData("findings.md", ReportFormat.Markdown)]
    [InlineData("findings.html", ReportFormat.Html)]
    [InlineData("findings.HTM", ReportFormat.Html)]
    [InlineData("findings.nunit.xml", ReportFormat.NUnit)]
    [InlineData("findings.csv", ReportFormat.Csv)]
    public void A_file_s_name_tells_its_format(string path, ReportFormat format) => Assert.Equal(format, Report.FormatOf(path));

    [Fact]
    public void A_name_that_tells_no_format_is_an_error() =>
        Assert.Equal("ReportFormatUnknown", Assert.Throws<Errors.FoobarException>(() => Report.FormatOf("findings.txt")).ErrorId);

    private static int Number(XElement element, string name) =>
        int.Parse(element.Attribute(name)!.Value, System.Globalization.CultureInfo.InvariantCulture);
}
