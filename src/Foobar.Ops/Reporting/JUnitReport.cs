using System.Globalization;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes JUnit XML in the form that Jenkins, GitLab, GitHub actions and Azure Pipelines read
/// (the Apache Ant junitreport task's, with the later <c>skipped</c> element). One suite an area, one case a control and
/// target. What the gate stops is a failure, or an error if it could not be decided; the rest passes or is skipped.
/// </summary>
internal static class JUnitReport
{
    public static string Write(Report report) => ReportXml.Write(xml => xml.Element("testsuites", () =>
    {
        TestOutcome[] all = [.. TestOutcome.Of(report)];
        Totals(xml, $"Foobar.Ops audit of {report.Site}", all);
        foreach (IGrouping<(string Site, Area Area), TestOutcome> suite in all.GroupBy(test => (test.Site, test.Finding.Area))
            .OrderBy(suite => suite.Key.Site, StringComparer.Ordinal)
            .ThenBy(suite => suite.Key.Area))
        {
            xml.Element("testsuite", () => Suite(xml, suite.Key, [.. suite], report.Sites.Count > 1));
        }
    }));

    private static void Suite(ReportXml xml, (string Site, Area Area) key, TestOutcome[] tests, bool severalSites)
    {
        xml.Attribute("skipped", tests.Count(test => test.Result == TestResult.Skipped));
        Totals(xml, severalSites ? $"{key.Site} {key.Area}" : key.Area.ToString(), tests);
        xml.Attribute(
            "timestamp",
            tests.Max(test => test.Finding.Time).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        foreach (TestOutcome test in tests)
        {
            xml.Element("testcase", () => Case(xml, test));
        }
    }

    private static void Totals(ReportXml xml, string name, TestOutcome[] tests)
    {
        xml.Attribute("name", name);
        xml.Attribute("tests", tests.Length);
        xml.Attribute("failures", tests.Count(test => test.Result == TestResult.Failed));
        xml.Attribute("errors", tests.Count(test => test.Result == TestResult.Error));
        xml.Attribute("time", "0");
    }

    private static void Case(ReportXml xml, TestOutcome test)
    {
        xml.Attribute("classname", $"{test.Site}.{test.Finding.Area}.{test.Finding.ControlId}");
        xml.Attribute("name", test.Name);
        xml.Attribute("time", "0");
        switch (test.Result)
        {
            case TestResult.Failed or TestResult.Error:
                xml.Element(test.Result == TestResult.Error ? "error" : "failure", () =>
                {
                    xml.Attribute("type", test.Finding.Severity.ToString());
                    xml.Attribute("message", FindingText.Short(test.Finding));
                    xml.Text(FindingText.Long(test.Finding));
                });
                break;
            case TestResult.Skipped:
                xml.Element("skipped", () => xml.Attribute("message", test.SkipReason));
                break;
            case TestResult.Warning:
                xml.Element("system-out", $"{test.Finding.Status}: {FindingText.Long(test.Finding)}");
                break;
            default:
                break;
        }
    }
}
