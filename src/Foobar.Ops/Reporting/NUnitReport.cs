using System.Globalization;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes NUnit 3 XML (docs.nunit.org, "Test Result XML Format", and the schema of NUnitLite's own output): a run, one suite a site, one
/// fixture an area, one case a control and target. What the gate stops is a failed case, with the label <c>Error</c> if it could not be
/// decided; what it lets through is a case with a warning.
/// </summary>
internal static class NUnitReport
{
    public static string Write(Report report) => ReportXml.Write(xml => xml.Element("test-run", () =>
    {
        TestOutcome[] all = [.. TestOutcome.Of(report)];
        int next = 1;
        string Id() => string.Create(CultureInfo.InvariantCulture, $"0-{next++}");
        xml.Attribute("id", "0");
        xml.Attribute("name", $"Foobar.Ops audit of {report.Site}");
        xml.Attribute("fullname", $"Foobar.Ops audit of {report.Site}");
        xml.Attribute("testcasecount", all.Length);
        Totals(xml, all);
        xml.Attribute("random-seed", 0);
        xml.Element("filter", () => { });
        foreach (IGrouping<string, TestOutcome> site in all.GroupBy(test => test.Site))
        {
            xml.Element("test-suite", () =>
            {
                Suite(xml, "TestSuite", Id(), site.Key, site.Key, [.. site]);
                foreach (IGrouping<Area, TestOutcome> area in site.GroupBy(test => test.Finding.Area).OrderBy(area => area.Key))
                {
                    xml.Element("test-suite", () => Fixture(xml, site.Key, area.Key, [.. area], Id));
                }
            });
        }
    }));

    private static void Fixture(ReportXml xml, string site, Area area, TestOutcome[] tests, Func<string> id)
    {
        Suite(xml, "TestFixture", id(), area.ToString(), $"{site}.{area}", tests);
        foreach (TestOutcome test in tests)
        {
            xml.Element("test-case", () => Case(xml, test, id()));
        }
    }

    private static void Suite(ReportXml xml, string type, string id, string name, string fullName, TestOutcome[] tests)
    {
        xml.Attribute("type", type);
        xml.Attribute("id", id);
        xml.Attribute("name", name);
        xml.Attribute("fullname", fullName);
        xml.Attribute("classname", type == "TestFixture" ? fullName : null);
        xml.Attribute("runstate", "Runnable");
        xml.Attribute("testcasecount", tests.Length);
        Totals(xml, tests);
    }

    private static void Totals(ReportXml xml, TestOutcome[] tests)
    {
        int failed = tests.Count(IsFailure);
        int warnings = tests.Count(test => test.Result == TestResult.Warning);
        xml.Attribute(
            "result",
            failed > 0 ? "Failed" : warnings > 0 ? "Warning" : tests.Any(test => test.Result == TestResult.Passed) ? "Passed" : "Skipped");
        Times(xml, tests.Select(test => test.Finding));
        xml.Attribute("total", tests.Length);
        xml.Attribute("passed", tests.Count(test => test.Result == TestResult.Passed));
        xml.Attribute("failed", failed);
        xml.Attribute("warnings", warnings);
        xml.Attribute("inconclusive", 0);
        xml.Attribute("skipped", tests.Count(test => test.Result == TestResult.Skipped));
        xml.Attribute("asserts", 0);
    }

    private static void Case(ReportXml xml, TestOutcome test, string id)
    {
        xml.Attribute("id", id);
        xml.Attribute("name", test.Name);
        xml.Attribute("fullname", $"{test.Site}.{test.Finding.Area}.{test.Name}");
        xml.Attribute("methodname", test.Finding.ControlId);
        xml.Attribute("classname", $"{test.Site}.{test.Finding.Area}");
        xml.Attribute("runstate", test.Result == TestResult.Skipped ? "Ignored" : "Runnable");
        xml.Attribute("seed", 0);
        xml.Attribute("result", test.Result == TestResult.Error ? "Failed" : test.Result.ToString());
        xml.Attribute("label", test.Result switch
        {
            TestResult.Error => "Error",
            TestResult.Skipped => "Ignored",
            _ => null,
        });
        Times(xml, [test.Finding]);
        xml.Attribute("asserts", 0);
        xml.Element("properties", () =>
        {
            Property(xml, "Severity", test.Finding.Severity.ToString());
            Property(xml, "Category", test.Finding.Area.ToString());
            if (test.Finding.Server is { } server)
            {
                Property(xml, "Server", server);
            }
        });
        if (IsFailure(test))
        {
            xml.Element("failure", () =>
            {
                xml.Element("message", FindingText.Short(test.Finding));
                xml.Element("stack-trace", FindingText.Long(test.Finding));
            });
        }
        else if (test.Result is TestResult.Skipped or TestResult.Warning)
        {
            xml.Element(
                "reason",
                () => xml.Element(
                    "message",
                    test.Result == TestResult.Skipped ? test.SkipReason : $"{test.Finding.Status}: {FindingText.Short(test.Finding)}"));
            if (test.Result == TestResult.Warning)
            {
                xml.Element("output", FindingText.Long(test.Finding));
            }
        }
    }

    private static void Property(ReportXml xml, string name, string value) => xml.Element("property", () =>
    {
        xml.Attribute("name", name);
        xml.Attribute("value", value);
    });

    private static bool IsFailure(TestOutcome test) => test.Result is TestResult.Failed or TestResult.Error;

    // An audit reads all facts at once, so a case has no duration of its own.
    private static void Times(ReportXml xml, IEnumerable<Finding> findings)
    {
        if (findings.Select(finding => (DateTimeOffset?)finding.Time).Max() is { } time)
        {
            string text = time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            xml.Attribute("start-time", text);
            xml.Attribute("end-time", text);
        }

        xml.Attribute("duration", "0.000000");
    }
}
