using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using Foobar.Ops.Auditing;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Reporting;
using Foobar.Ops.Traffic;
using Json.Schema;

namespace Foobar.Ops.Tests.Reporting;

/// <summary>
/// Holds the files against their published schemas: those of SARIF, JUnit and NUnit 3 as packages hold them, and our own of JSON.
/// </summary>
public sealed class ReportSchemaTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "schemas");
    private static readonly JsonObject Ours = JsonNode.Parse(File.ReadAllText(Repository.File("docs", "report.schema.json")))!.AsObject();

    public static TheoryData<string> Samples => ["everything", "hostile", "several sites", "a finding"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void SARIF_is_valid(string sample) =>
        Validate(JsonSchema.FromFile(Path.Combine(Folder, "sarif-2.1.0.json")), Of(sample).Write(ReportFormat.Sarif));

    [Theory]
    [MemberData(nameof(Samples))]
    public void JSON_is_valid(string sample) => Validate(JsonSchema.FromText(Ours.ToJsonString()), Of(sample).Write(ReportFormat.Json));

    [Theory]
    [MemberData(nameof(Samples))]
    public void JUnit_is_valid(string sample) => Validate("JUnit4/junit_schema_4.xsd", Of(sample).Write(ReportFormat.JUnit));

    [Theory]
    [MemberData(nameof(Samples))]
    public void NUnit_is_valid(string sample) => Validate("NUnit3/TestResult.xsd", Of(sample).Write(ReportFormat.NUnit));

    [Fact]
    public void The_validators_refuse_what_is_wrong()
    {
        Assert.ThrowsAny<Exception>(
            () => Validate(JsonSchema.FromFile(Path.Combine(Folder, "sarif-2.1.0.json")), "{\"version\":\"2.1.0\",\"runs\":[{}]}"));
        Assert.ThrowsAny<Exception>(
            () => Validate(
                JsonSchema.FromText(Ours.ToJsonString()),
                SampleReport.Create().Write(ReportFormat.Json).Replace("\"Pass\"", "\"Fine\"", StringComparison.Ordinal)));
        Assert.ThrowsAny<Exception>(() => Validate("JUnit4/junit_schema_4.xsd", "<testsuites><testcase/></testsuites>"));
        Assert.ThrowsAny<Exception>(() => Validate("NUnit3/TestResult.xsd", "<test-run id=\"0\"/>"));
    }

    [Theory]
    [InlineData("finding", typeof(Finding))]
    [InlineData("member", typeof(ReplicationSample))]
    [InlineData("series", typeof(TrafficSeries))]
    public void Our_schema_knows_every_property(string name, Type type) =>
        Assert.Equal(
            type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite)
                .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name))
                .Order(StringComparer.Ordinal),
            Ours["$defs"]![name]!["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("area", typeof(Area))]
    [InlineData("severity", typeof(Severity))]
    [InlineData("status", typeof(FindingStatus))]
    [InlineData("thread", typeof(ReplicationThread))]
    public void Our_schema_knows_every_word(string name, Type type) => Assert.Equal(Enum.GetNames(type), Words(Ours["$defs"]![name]!));

    [Fact]
    public void Our_schema_knows_every_role_and_origin()
    {
        Assert.Equal(Enum.GetNames<MemberRole>(), Words(Ours["$defs"]!["member"]!["properties"]!["role"]!));
        Assert.Equal(Enum.GetNames<TrafficOrigin>(), Words(Ours["$defs"]!["series"]!["properties"]!["origin"]!));
        Assert.All(
            AuditRegistry.Controls, control => Assert.Matches(Ours["$defs"]!["controlId"]!["pattern"]!.GetValue<string>(), control.Id));
    }

    private static IEnumerable<string> Words(JsonNode node) => node["enum"]!.AsArray().Select(word => word!.GetValue<string>());

    private static Report Of(string sample) => sample switch
    {
        "hostile" => SampleReport.Create() with
        {
            Findings =
            [
                .. SampleReport.Hostile.SelectMany(
                    text => new[] { SampleReport.Nasty(text), SampleReport.Nasty(text, FindingStatus.Unknown) }),
            ],
        },
        "several sites" => SampleReport.Create() with
        {
            Findings =
            [
                .. SampleReport.Create().Findings
                    .SelectMany(finding => new[] { finding with { Site = "a.example" }, finding with { Site = "b.example" } }),
            ],
        },
        "a finding" => SampleReport.Create() with
        {
            Findings = [SampleReport.Finding()],
            ModuleVersion = null,
            Traffic = [],
            Replication = [],
            Previous = [],
        },
        _ => SampleReport.Create(),
    };

    private static void Validate(JsonSchema schema, string json)
    {
        EvaluationResults results = schema.Evaluate(JsonNode.Parse(json), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(
            results.IsValid,
            string.Join(
                '\n',
                results.Details.Where(detail => detail.HasErrors)
                    .Take(10)
                    .Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}")));
    }

    private static void Validate(string schema, string text)
    {
        XmlSchemaSet schemas = new() { XmlResolver = new XmlUrlResolver() };
        schemas.Add(null, Path.Combine(Folder, schema));
        List<string> problems = [];
        XDocument.Parse(text).Validate(schemas, (_, problem) => problems.Add(problem.Message));
        Assert.Empty(problems);
    }
}
