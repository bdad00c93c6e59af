using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Writes SARIF 2.1.0 (OASIS Standard, 27 March 2020). Controls are rules; every finding is a result whose <c>kind</c> says
/// what was decided (3.27.9) and whose <c>level</c> follows from the severity. A result is located at a logical location
/// (server and target) and, since some services show only what stands in a file, at the inventory.
/// </summary>
internal static partial class SarifReport
{
    public static string Write(Report report)
    {
        IReadOnlyList<ControlInfo> rules = report.Used;
        Dictionary<string, int> indexes = rules.Select((rule, index) => (rule.Id, index))
            .ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        bool suppressing = report.Findings.Any(finding => finding.Suppressed is not null);
        JsonObject driver = new() { ["name"] = "Foobar.Ops" };
        if (report.ModuleVersion is { } version)
        {
            driver["semanticVersion"] = version;
        }

        ControlReference[] references = [.. rules.SelectMany(rule => rule.References).Distinct()];
        Framework[] frameworks =
        [
            .. ControlReferences.Frameworks.Where(framework => references.Any(reference => reference.Framework == framework.Name)),
        ];
        driver["rules"] = Array(rules.Select(Rule));
        JsonObject run = new()
        {
            ["tool"] = new JsonObject { ["driver"] = driver },
            ["automationDetails"] = new JsonObject { ["id"] = $"Foobar.Ops/{report.Site}/" },
            ["columnKind"] = "utf16CodeUnits",
            ["results"] = Array(report.Findings.Select(finding => Result(finding, indexes, report, suppressing))),
        };
        if (frameworks.Length > 0)
        {
            run["taxonomies"] = Array(frameworks.Select(framework => Taxonomy(framework, references)));
        }

        if (report.Time is { } time)
        {
            run["invocations"] = new JsonArray(
                new JsonObject
                {
                    ["executionSuccessful"] = true,
                    ["endTimeUtc"] = time.UtcDateTime.ToString(
                        "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
                });
        }

        return JsonReport.Escape(new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(run),
        }.ToJsonString(SnapshotJson.Options)) + "\n";
    }

    private static JsonObject Rule(ControlInfo control)
    {
        JsonObject rule = new()
        {
            ["id"] = control.Id,
            ["shortDescription"] = Message(control.Title),
            ["fullDescription"] = Message(control.Rationale),
            ["help"] = Message(
                control.Reference is { } reference ? $"{control.Remediation}\n\nReference: {reference}" : control.Remediation),
            ["defaultConfiguration"] = new JsonObject { ["level"] = Level(control.Severity) },
            ["properties"] = new JsonObject
            {
                ["severity"] = control.Severity.ToString(),
                ["security-severity"] = Score(control.Severity),
                ["tags"] = new JsonArray(
                    [control.Area.ToString(), .. control.References.Select(reference => (JsonNode)reference.ToString())]),
            },
        };
        if (control.References.Count > 0)
        {
            rule["relationships"] = Array(control.References.Select(reference => new JsonObject
            {
                ["target"] = new JsonObject
                {
                    ["id"] = reference.Number,
                    ["guid"] = GuidOf(reference.Framework, reference.Version, reference.Number),
                    ["toolComponent"] = new JsonObject
                    {
                        ["name"] = reference.Framework,
                        ["guid"] = GuidOf(reference.Framework, reference.Version),
                    },
                },
                ["kinds"] = new JsonArray("relevant"),
            }));
        }

        return rule;
    }

    // What a control gives evidence for is a taxon (3.14.8, 3.19.3).
    private static JsonObject Taxonomy(Framework framework, ControlReference[] references) => new()
    {
        ["name"] = framework.Name,
        ["guid"] = GuidOf(framework.Name, framework.Version),
        ["fullName"] = framework.FullName,
        ["version"] = framework.Version,
        ["shortDescription"] = Message($"{framework.FullName} {framework.Version}"),
        ["taxa"] = Array(
            references.Where(reference => reference.Framework == framework.Name).OrderBy(
                reference => reference.Number, StringComparer.Ordinal)
                .Select(
                    reference => new JsonObject
                    {
                        ["id"] = reference.Number,
                        ["guid"] = GuidOf(reference.Framework, reference.Version, reference.Number),
                        ["shortDescription"] = Message(reference.Title),
                    })),
    };

    // The same for the same requirement in every report (RFC 9562, version 8).
    private static string GuidOf(params string[] parts)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)))[..16];
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true).ToString();
    }

    private static JsonObject Result(Finding finding, Dictionary<string, int> rules, Report report, bool suppressing)
    {
        string place = FindingText.Place(finding) ?? report.SiteOf(finding);
        JsonObject result = new() { ["ruleId"] = finding.ControlId };
        if (rules.TryGetValue(finding.ControlId, out int rule))
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
        result["message"] = Message(
            $"{place}: {(finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable ? finding.Title : FindingText.Short(finding))}");
        result["locations"] = new JsonArray(Location(finding, place, report));
        if (finding.Change is { } change)
        {
            // What is mended was in the baseline and is absent now (3.27.24).
            result["baselineState"] = change == FindingChange.New ? "new" : "absent";
        }

        result["partialFingerprints"] = new JsonObject { ["controlServerTarget/v1"] = Fingerprint(finding, report) };
        if (finding.Suppressed is { } accepted)
        {
            result["suppressions"] = new JsonArray(new JsonObject
            {
                ["kind"] = "external",
                ["status"] = "accepted",
                ["justification"] = accepted.Reason,
                ["properties"] = new JsonObject
                {
                    ["until"] = accepted.Until.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                },
            });
        }
        else if (suppressing)
        {
            // 3.27.23: where some results have suppressions, an empty list says that this one was looked at and has none.
            result["suppressions"] = new JsonArray();
        }

        result["properties"] = Properties(finding);
        return result;
    }

    // In a message [text](target) is a link (3.11.6) and {0} a placeholder (3.11.5); what servers say is neither.
    private static JsonObject Message(string text) => new()
    {
        ["text"] = Placeholder().Replace(
            Link().Replace(
                text,
                static link => link.Value.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)),
            "{{$1}}"),
    };

    private static JsonObject Location(Finding finding, string place, Report report) => new()
    {
        ["physicalLocation"] = new JsonObject
        {
            ["artifactLocation"] = new JsonObject { ["uri"] = report.InventoryUri },
            ["region"] = new JsonObject { ["startLine"] = 1 },
        },
        ["logicalLocations"] = new JsonArray(new JsonObject
        {
            ["name"] = finding.Target ?? finding.Server ?? report.SiteOf(finding),
            ["fullyQualifiedName"] = $"{report.SiteOf(finding)}/{place}",
            ["kind"] = "resource",
        }),
    };

    private static JsonObject Properties(Finding finding)
    {
        JsonObject properties = [];
        foreach ((string name, string? text) in new[]
        {
            ("status", finding.Status.ToString()), ("severity", finding.Severity.ToString()), ("site", finding.Site),
            ("server", finding.Server), ("target", finding.Target), ("expected", finding.Expected),
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

    // Of the report's own site without the site, as before a report could hold several.
    internal static string Fingerprint(Finding finding, Report report)
    {
        string site = report.SiteOf(finding) == report.Site ? string.Empty : $"{finding.Site}\n";
        string extent = finding.Extent is null ? string.Empty : $"\n{finding.Extent}";
        return Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{site}{finding.ControlId}\n{finding.Server}\n{finding.Target}{extent}")))[..32];
    }

    private static JsonArray Array(IEnumerable<JsonObject> items) => [.. items];

    [GeneratedRegex(@"\[[^\[\]]*\]\(")]
    private static partial Regex Link();

    [GeneratedRegex(@"\{(\d+)\}")]
    private static partial Regex Placeholder();
}
