using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>Reads earlier audits: snapshots that Export-FoobarSnapshot saved, and JSON reports that Export-FoobarReport wrote.</summary>
public static class ReportFile
{
    /// <summary>Loads an earlier audit; which kind of file it is shows by what it holds.</summary>
    /// <exception cref="FoobarException"><c>ReportNotFound</c>: it can't be read. <c>ReportInvalid</c>: it is no report.
    /// <c>SnapshotInvalid</c>: it is an unusable snapshot.</exception>
    public static EarlierAudit Load(string path)
    {
        try
        {
            return new FileInfo(path).Length <= SnapshotFile.MaxBytes
                ? Parse(File.ReadAllText(path), path)
                : throw Invalid(path, $"it is larger than {SnapshotFile.MaxBytes / 1024 / 1024} MiB");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FoobarException(
                "ReportNotFound", ErrorKind.NotFound, $"The earlier audit {path} cannot be read: {exception.Message}", exception)
            {
                Recommendation = "Name a JSON report of Export-FoobarReport, or a snapshot of Export-FoobarSnapshot.",
            };
        }
    }

    /// <summary>Reads an earlier audit from text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The path that errors name.</param>
    /// <exception cref="FoobarException"><c>ReportInvalid</c>, <c>SnapshotInvalid</c>.</exception>
    public static EarlierAudit Parse(string text, string path)
    {
        try
        {
            JsonObject root = JsonNode.Parse(
                text, documentOptions: new JsonDocumentOptions { MaxDepth = SnapshotJson.Options.MaxDepth }) as JsonObject
                ?? throw Invalid(path, "it is no JSON object");
            return root.ContainsKey("inventory") ? EarlierAudit.Of(SnapshotFile.Parse(text, path))
                : root.ContainsKey("findings") ? Read(root, path)
                : throw Invalid(path, "it has neither \"findings\" nor \"inventory\"");
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw Invalid(path, exception.Message, exception);
        }
    }

    private static EarlierAudit Read(JsonObject root, string path)
    {
        int format = root["format"]?.GetValue<int>() ?? throw Invalid(path, "it has no \"format\"");
        if (format != JsonReport.Format)
        {
            throw Invalid(path, $"it has format {format}, and this version of the module reads format {JsonReport.Format}");
        }

        string site = root["site"]?.GetValue<string>() ?? throw Invalid(path, "it has no \"site\"");
        DateTimeOffset time = root["time"]?.GetValue<DateTimeOffset>() ?? throw Invalid(path, "it has no \"time\"");
        return new EarlierAudit(site, time.ToUniversalTime(), Read<Finding>(root, "findings"))
        {
            Traffic = Read<TrafficSeries>(root, "traffic"),
            Replication = Read<ReplicationSample>(root, "replication"),
        };
    }

    private static T[] Read<T>(JsonObject root, string name) => root[name]?.Deserialize<T[]>(SnapshotJson.Options) ?? [];

    private static FoobarException Invalid(string path, string problem, Exception? cause = null) =>
        new("ReportInvalid", ErrorKind.InvalidInput, $"{path} is no usable report: {problem}.", cause)
        {
            Recommendation =
                "Name a JSON report of Export-FoobarReport, or a snapshot of Export-FoobarSnapshot; one of a newer module needs that "
                    + "module.",
        };
}
