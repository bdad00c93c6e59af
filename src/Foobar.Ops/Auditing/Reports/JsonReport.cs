using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>Writes the findings as JSON: the site, the time, a count a status, the gate's exit code, and each finding with its own property names in camel case.</summary>
internal static class JsonReport
{
    public static string Write(Report report)
    {
        JsonObject counts = [];
        foreach (FindingStatus status in Enum.GetValues<FindingStatus>())
        {
            counts[status.ToString()] = report.Findings.Count(finding => finding.Status == status);
        }

        return new JsonObject
        {
            ["format"] = 1,
            ["site"] = report.Site,
            ["time"] = report.Time,
            ["moduleVersion"] = report.ModuleVersion,
            ["exitCode"] = report.Gate.Judge(report.Findings).ExitCode,
            ["counts"] = counts,
            ["findings"] = JsonSerializer.SerializeToNode(report.Findings, SnapshotJson.Options),
        }.ToJsonString(SnapshotJson.Options) + "\n";
    }
}
