using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes the report as JSON, as docs/report.schema.json describes it: the site, the time, a count a status, the gate's exit code,
/// the controls, each finding with its own property names in camel case, and what was measured. <see cref="ReportFile"/> reads it.
/// </summary>
internal static class JsonReport
{
    /// <summary>The version of the format. It grows when an older reader could not read a newer file.</summary>
    public const int Format = 1;

    /// <summary>The name of the schema's file.</summary>
    public const string Schema = "report.schema.json";

    public static string Write(Report report)
    {
        JsonObject counts = [];
        foreach (FindingStatus status in Enum.GetValues<FindingStatus>())
        {
            counts[status.ToString()] = report.Findings.Count(finding => FindingText.Counts(finding) && finding.Status == status);
        }

        JsonObject root = new()
        {
            ["$schema"] = Schema,
            ["format"] = Format,
            ["site"] = report.Site,
            ["time"] = report.Time,
            ["moduleVersion"] = report.ModuleVersion,
            ["exitCode"] = report.Gate.Judge(report.Findings).ExitCode,
            ["counts"] = counts,
            ["controls"] = new JsonArray([.. report.Used.Select(Control)]),
            ["findings"] = JsonSerializer.SerializeToNode(report.Findings, SnapshotJson.Options),
        };
        if (report.Traffic.Count > 0)
        {
            root["traffic"] = JsonSerializer.SerializeToNode(report.Traffic, SnapshotJson.Options);
        }

        if (report.Replication.Count > 0)
        {
            root["replication"] = JsonSerializer.SerializeToNode(report.Replication, SnapshotJson.Options);
        }

        return Escape(root.ToJsonString(SnapshotJson.Options)) + "\n";
    }

    /// <summary>
    /// JSON in which what a reader can't see is written by number, so that text stays as it is and nothing acts on a screen.
    /// </summary>
    public static string Escape(string json)
    {
        if (!json.Any(IsHidden))
        {
            return json;
        }

        // Such characters stand within strings only.
        StringBuilder escaped = new(json.Length + 16);
        foreach (char c in json)
        {
            _ = IsHidden(c) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static bool IsHidden(char c) => c >= '\u007F' && (char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static JsonObject Control(ControlInfo control)
    {
        JsonObject node = new()
        {
            ["id"] = control.Id,
            ["title"] = control.Title,
            ["area"] = control.Area.ToString(),
            ["severity"] = control.Severity.ToString(),
            ["rationale"] = control.Rationale,
            ["remediation"] = control.Remediation,
        };
        if (control.Reference is { } reference)
        {
            node["reference"] = reference;
        }

        if (control.References.Count > 0)
        {
            node["references"] = JsonSerializer.SerializeToNode(control.References, SnapshotJson.Options);
        }

        return node;
    }
}
