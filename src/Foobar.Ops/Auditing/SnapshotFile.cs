using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Saves and loads snapshots: a JSON object with the format's version, the time, the inventory as
/// <see cref="InventoryWriter"/> writes it, and the facts by server and part.
/// </summary>
public static class SnapshotFile
{
    /// <summary>The version of the format. It grows when an older module could not read a newer file.</summary>
    public const int Format = 1;

    /// <summary>The largest snapshot that is read, in bytes.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    /// <summary>Writes a snapshot as text; the same snapshot gives the same text.</summary>
    public static string Write(Snapshot snapshot)
    {
        JsonObject servers = [];
        foreach (IGrouping<string, SnapshotFacts> server in snapshot.Facts.GroupBy(facts => facts.Server, StringComparer.Ordinal))
        {
            servers[server.Key] = new JsonObject(server.Select(facts => KeyValuePair.Create<string, JsonNode?>(facts.Part, Write(facts))));
        }

        JsonObject root = new()
        {
            ["format"] = Format,
            ["moduleVersion"] = snapshot.ModuleVersion,
            ["time"] = snapshot.Time,
            ["durationSeconds"] = Math.Round(snapshot.Duration.TotalSeconds, 3),
            ["inventory"] = JsonNode.Parse(InventoryWriter.Write(snapshot.Site)),
            ["servers"] = servers,
        };
        return root.ToJsonString(SnapshotJson.Options) + "\n";
    }

    /// <summary>Saves a snapshot, readable by its owner alone; an existing file is replaced in one step.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public static void Save(Snapshot snapshot, string path, bool overwrite = false) =>
        OutputFile.Write(path, Write(snapshot), overwrite, ownerOnly: true);

    /// <summary>Refuses a path at which no snapshot could be saved, before facts are read.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public static void EnsureFree(string path, bool overwrite) => OutputFile.EnsureFree(path, overwrite);

    /// <summary>Loads a snapshot.</summary>
    /// <exception cref="FoobarException"><c>SnapshotNotFound</c>, <c>SnapshotInvalid</c>.</exception>
    public static Snapshot Load(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? Parse(File.ReadAllText(path), path)
                : throw Invalid(path, $"it is larger than {MaxBytes / 1024 / 1024} MiB");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FoobarException(
                "SnapshotNotFound", ErrorKind.NotFound, $"The snapshot {path} cannot be read: {exception.Message}", exception)
            {
                Recommendation = "Name a file that Export-FoobarSnapshot wrote.",
            };
        }
    }

    /// <summary>Reads a snapshot from text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The path that errors name.</param>
    /// <exception cref="FoobarException"><c>SnapshotInvalid</c>.</exception>
    public static Snapshot Parse(string text, string path) => Parse(text, path, [.. AuditRegistry.Parts, .. AuditRegistry.OnRequest]);

    internal static Snapshot Parse(string text, string path, IReadOnlyList<AuditPart> parts)
    {
        try
        {
            JsonObject root = JsonNode.Parse(
                text, documentOptions: new JsonDocumentOptions { MaxDepth = SnapshotJson.Options.MaxDepth }) as JsonObject
                ?? throw Invalid(path, "it is no JSON object");
            int format = root["format"]?.GetValue<int>() ?? throw Invalid(path, "it has no \"format\", so no snapshot of this module");
            return format == Format ? Parse(root, path, parts) : throw Invalid(
                path, $"it has format {format}{Writer(root)}, and this version of the module reads format {Format}");
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw Invalid(path, exception.Message, exception);
        }
    }

    private static string Writer(JsonObject root) =>
        root["moduleVersion"]?.GetValue<string>() is { } version ? $" of Foobar.Ops {version}" : string.Empty;

    private static Snapshot Parse(JsonObject root, string path, IReadOnlyList<AuditPart> parts)
    {
        string inventory = root["inventory"]?.ToJsonString() ?? throw Invalid(path, "it has no \"inventory\"");
        JsonObject servers = root["servers"] as JsonObject ?? throw Invalid(path, "it has no \"servers\"");
        return new Snapshot
        {
            Site = InventoryLoader.ParseRecorded(inventory, path),
            Time = root["time"]?.GetValue<DateTimeOffset>() ?? throw Invalid(path, "it has no \"time\""),
            Duration = TimeSpan.FromSeconds(root["durationSeconds"]?.GetValue<double>() ?? 0),
            ModuleVersion = root["moduleVersion"]?.GetValue<string>(),
            Facts =
            [
                .. from server in servers
                   from facts in server.Value?.AsObject() ?? throw Invalid(path, $"the facts of {server.Key} are no object")
                   select Facts(server.Key, facts.Key, facts.Value, path, parts),
            ],
        };
    }

    private static JsonObject Write(SnapshotFacts facts) => new()
    {
        ["failure"] = facts.Failure,
        ["value"] = facts.Value is null ? null : JsonSerializer.SerializeToNode(facts.Value, facts.Value.GetType(), SnapshotJson.Options),
    };

    private static SnapshotFacts Facts(string server, string part, JsonNode? node, string path, IReadOnlyList<AuditPart> parts)
    {
        Type type = parts.FirstOrDefault(one => one.Name == part)?.FactsType
            ?? throw Invalid(path, $"it holds facts '{part}' of {server}, which this version of the module does not know");
        try
        {
            object? value = node?["value"]?.Deserialize(type, SnapshotJson.Options);
            string? failure = node?["failure"]?.GetValue<string>();
            return new SnapshotFacts
            {
                Server = server,
                Part = part,
                Value = value,
                Failure = value is null ? failure ?? "The snapshot holds no value." : failure,
            };
        }
        catch (JsonException exception)
        {
            throw Invalid(path, $"the facts '{part}' of {server} do not fit at {exception.Path ?? "$"}: {exception.Message}", exception);
        }
    }

    private static FoobarException Invalid(string path, string problem, Exception? cause = null) =>
        new("SnapshotInvalid", ErrorKind.InvalidInput, $"{path} is not a usable snapshot: {problem.TrimEnd('.')}.", cause)
        {
            Recommendation = "Make a new one with Export-FoobarSnapshot; a snapshot of a newer module needs that module.",
        };
}
