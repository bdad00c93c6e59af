using System.Globalization;
using System.Text;
using System.Xml;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>
/// Writes JUnit XML in the form that Jenkins, GitLab, GitHub actions and Azure Pipelines read
/// (the Apache Ant junitreport task's, with the later <c>skipped</c> element). One suite an area, one case a control and
/// target. What the gate stops is a failure, or an error if it could not be decided; the rest passes or is skipped.
/// </summary>
internal static class JUnitReport
{
    private static readonly XmlWriterSettings Settings = new() { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false), CheckCharacters = true };

    public static string Write(Report report)
    {
        using MemoryStream stream = new();
        using (XmlWriter xml = XmlWriter.Create(stream, Settings))
        {
            xml.WriteStartElement("testsuites");
            Totals(xml, $"Foobar.Ops audit of {report.Site}", report.Findings, report.Gate);
            foreach (IGrouping<Area, Finding> area in report.Findings.GroupBy(finding => finding.Area).OrderBy(area => area.Key))
            {
                Suite(xml, area, report);
            }

            xml.WriteEndElement();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Suite(XmlWriter xml, IGrouping<Area, Finding> area, Report report)
    {
        xml.WriteStartElement("testsuite");
        Totals(xml, area.Key.ToString(), [.. area], report.Gate);
        xml.WriteAttributeString("timestamp", area.Max(finding => finding.Time).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        Dictionary<string, int> names = [];
        foreach (Finding finding in area)
        {
            string name = Name(finding);
            names[name] = names.GetValueOrDefault(name) + 1;
            Case(xml, finding, names[name] == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({names[name]})"), report);
        }

        xml.WriteEndElement();
    }

    private static void Totals(XmlWriter xml, string name, IReadOnlyList<Finding> findings, AuditGate gate)
    {
        xml.WriteAttributeString("name", Clean(name));
        Count(xml, "tests", findings.Count);
        Count(xml, "failures", findings.Count(finding => gate.Stops(finding) && finding.Status != FindingStatus.Unknown));
        Count(xml, "errors", findings.Count(finding => gate.Stops(finding) && finding.Status == FindingStatus.Unknown));
        Count(xml, "skipped", findings.Count(finding => !gate.Stops(finding) && finding.Status is FindingStatus.NotApplicable or FindingStatus.Unknown));
        xml.WriteAttributeString("time", "0");
    }

    private static void Case(XmlWriter xml, Finding finding, string name, Report report)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean($"{report.Site}.{finding.Area}.{finding.ControlId}"));
        xml.WriteAttributeString("name", Clean(name));
        xml.WriteAttributeString("time", "0");
        bool stops = report.Gate.Stops(finding);
        switch (finding.Status)
        {
            case FindingStatus.Unknown when stops:
                Problem(xml, "error", finding);
                break;
            case FindingStatus.Unknown or FindingStatus.NotApplicable when !stops:
                xml.WriteStartElement("skipped");
                xml.WriteAttributeString("message", Clean(finding.Reason ?? finding.Actual ?? finding.Status.ToString()));
                xml.WriteEndElement();
                break;
            default:
                Decided(xml, finding, stops);
                break;
        }

        xml.WriteEndElement();
    }

    private static void Decided(XmlWriter xml, Finding finding, bool stops)
    {
        if (stops)
        {
            Problem(xml, "failure", finding);
        }
        else if (finding.Status is FindingStatus.Fail or FindingStatus.Warning)
        {
            xml.WriteElementString("system-out", Clean($"{finding.Status}: {FindingText.Long(finding)}"));
        }
    }

    private static void Problem(XmlWriter xml, string element, Finding finding)
    {
        xml.WriteStartElement(element);
        xml.WriteAttributeString("type", finding.Severity.ToString());
        xml.WriteAttributeString("message", Clean(FindingText.Short(finding)));
        xml.WriteString(Clean(FindingText.Long(finding)));
        xml.WriteEndElement();
    }

    private static string Name(Finding finding) => FindingText.Place(finding) is { } place ? $"{finding.ControlId} {finding.Title} [{place}]" : $"{finding.ControlId} {finding.Title}";

    private static void Count(XmlWriter xml, string name, int count) => xml.WriteAttributeString(name, count.ToString(CultureInfo.InvariantCulture));

    // XML 1.0 has no way to write most control characters and half surrogates; evidence from a server may hold any.
    private static string Clean(string text) =>
        text.All(XmlConvert.IsXmlChar)
            ? text
            : string.Concat(text.Select((c, i) => XmlConvert.IsXmlChar(c) || InPair(text, i) ? c : '\uFFFD'));

    private static bool InPair(string text, int i) =>
        (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) || (i > 0 && char.IsSurrogatePair(text[i - 1], text[i]));
}
