using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>
/// Writes SARIF 2.1.0 (OASIS Standard, 27 March 2020). Controls are rules; every finding is a result whose <c>kind</c> says
/// what was decided (3.27.9) and whose <c>level</c> follows from the severity. A result is located at a logical location
/// (server and target) and, since some services show only what stands in a file, at the inventory.
/// </summary>
internal static class SarifReport
{
    public static string Write(Report report)
    {
        IReadOnlyList<ControlInfo> rules = report.Used;
        JsonObject driver = new() { ["name"] = "Foobar.Ops" };
        if (report.ModuleVersion is { } version)
        {
            driver["semanticVersion"] = version;
        }

        driver["rules"] = Array(rules.Select(Rule));
        JsonObject run = new()
        {
            ["tool"] = new JsonObject { ["driver"] = driver },
            ["automationDetails"] = new JsonObject { ["id"] = $"Foobar.Ops/{report.Site}/" },
            ["columnKind"] = "utf16CodeUnits",
            ["results"] = Array(report.Findings.Select(finding => Result(finding, rules, report))),
        };
        if (report.Time is { } time)
        {
            run["invocations"] = new JsonArray(new JsonObject { ["executionSuccessful"] = true, ["endTimeUtc"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture) });
        }

        return new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(run),
        }.ToJsonString(SnapshotJson.Options) + "\n";
    }

    private static JsonObject Rule(ControlInfo control)
    {
        JsonObject rule = new()
        {
            ["id"] = control.Id,
            ["shortDescription"] = new JsonObject { ["text"] = control.Title },
            ["fullDescription"] = new JsonObject { ["text"] = control.Rationale },
            ["help"] = new JsonObject { ["text"] = control.Reference is { } reference ? $"{control.Remediation}\n\nReference: {reference}" : control.Remediation },
            ["defaultConfiguration"] = new JsonObject { ["level"] = Level(control.Severity) },
            ["properties"] = new JsonObject
            {
                ["severity"] = control.Severity.ToString(),
                ["security-severity"] = Score(control.Severity),
                ["tags"] = new JsonArray(control.Area.ToString()),
            },
        };
        return rule;
    }

    private static JsonObject Result(Finding finding, IReadOnlyList<ControlInfo> rules, Report report)
    {
        string place = FindingText.Place(finding) ?? report.Site;
        int rule = rules.Select((info, index) => (info, index)).FirstOrDefault(pair => pair.info.Id == finding.ControlId, (null!, -1)).Item2;
        JsonObject result = new() { ["ruleId"] = finding.ControlId };
        if (rule >= 0)
        {
            result["ruleIndex"] = rule;
        }

        result["kind"] = Kind(finding.Status);
        result["level"] = finding.Status switch
        {
            FindingStatus.Fail => Level(finding.Severity),
            FindingStatus.Warning => "warning",
            _ => "none",
        };
        result["message"] = new JsonObject { ["text"] = $"{place}: {(finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable ? finding.Title : FindingText.Short(finding))}" };
        result["locations"] = new JsonArray(Location(finding, place, report));
        result["partialFingerprints"] = new JsonObject { ["controlServerTarget/v1"] = Fingerprint(finding) };
        result["properties"] = Properties(finding);
        return result;
    }

    private static JsonObject Location(Finding finding, string place, Report report) => new()
    {
        ["physicalLocation"] = new JsonObject
        {
            ["artifactLocation"] = new JsonObject { ["uri"] = report.InventoryUri },
            ["region"] = new JsonObject { ["startLine"] = 1 },
        },
        ["logicalLocations"] = new JsonArray(new JsonObject
        {
            ["name"] = finding.Target ?? finding.Server ?? report.Site,
            ["fullyQualifiedName"] = $"{report.Site}/{place}",
            ["kind"] = "resource",
        }),
    };

    private static JsonObject Properties(Finding finding)
    {
        JsonObject properties = [];
        foreach ((string name, string? text) in new[]
        {
            ("status", finding.Status.ToString()), ("severity", finding.Severity.ToString()), ("server", finding.Server), ("target", finding.Target), ("expected", finding.Expected),
            ("actual", finding.Actual), ("evidence", finding.Evidence), ("reason", finding.Reason), ("remediation", finding.Remediation),
        })
        {
            if (text is not null)
            {
                properties[name] = text;
            }
        }

        return properties;
    }

    private static string Kind(FindingStatus status) => status switch
    {
        FindingStatus.Pass => "pass",
        FindingStatus.NotApplicable => "notApplicable",
        FindingStatus.Unknown => "open",
        _ => "fail",
    };

    private static string Level(Severity severity) => severity switch
    {
        Severity.Critical or Severity.High => "error",
        Severity.Medium => "warning",
        _ => "note",
    };

    // The bands of the Common Vulnerability Scoring System, by which GitHub sorts results.
    private static string Score(Severity severity) => severity switch
    {
        Severity.Critical => "9.5",
        Severity.High => "8.0",
        Severity.Medium => "5.5",
        Severity.Low => "2.0",
        _ => "0.0",
    };

    private static string Fingerprint(Finding finding) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{finding.ControlId}\n{finding.Server}\n{finding.Target}")))[..32];

    private static JsonArray Array(IEnumerable<JsonObject> items) => [.. items];
}
