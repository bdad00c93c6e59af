using System.Text.Json;
using System.Text.Json.Nodes;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>Earlier findings, or where they are to be had from; what is wrong with that shows when they are loaded.</summary>
public sealed class BaselineSource
{
    private readonly Func<AuditScope, IReadOnlyList<Finding>> _load;

    private BaselineSource(Func<AuditScope, IReadOnlyList<Finding>> load) => _load = load;

    /// <summary>Findings at hand.</summary>
    public static BaselineSource Of(IReadOnlyList<Finding> findings) => new(_ => findings);

    /// <summary>A snapshot at hand, which is judged.</summary>
    public static BaselineSource Of(Snapshot snapshot) => new(scope => Audit.Judge(snapshot, Known(scope)));

    /// <summary>Something else, which may turn out not to be of any use.</summary>
    /// <param name="load">Gives the findings, or throws.</param>
    public static BaselineSource From(Func<IReadOnlyList<Finding>> load) => new(_ => load());

    /// <summary>A file: a snapshot that <see cref="SnapshotFile"/> wrote, a report in JSON, or a JSON list of findings.</summary>
    public static BaselineSource File(string path) => new(scope => Load(path, scope));

    /// <summary>Something that holds no findings.</summary>
    /// <param name="what">What it is, in a sentence.</param>
    public static BaselineSource Unusable(string what) => new(_ => throw Invalid(what));

    /// <summary>The findings, those of a snapshot as judged in a scope.</summary>
    /// <exception cref="FoobarException"><c>BaselineNotFound</c>, <c>BaselineInvalid</c>, <c>SnapshotInvalid</c>.</exception>
    public IReadOnlyList<Finding> Load(AuditScope scope) => _load(scope);

    /// <summary>What is said of a baseline that can't be used.</summary>
    public static FoobarException Invalid(string problem, Exception? cause = null) =>
        new("BaselineInvalid", ErrorKind.InvalidInput, problem, cause)
        {
            Recommendation =
                "Give what Export-FoobarSnapshot or Export-FoobarReport (JSON) wrote, findings, or a file of them from Export-Clixml or "
                    + "ConvertTo-Json.",
        };

    /// <summary>What is said of a baseline that can't be read.</summary>
    public static FoobarException NotFound(string path, Exception cause) =>
        new("BaselineNotFound", ErrorKind.NotFound, $"The baseline {path} cannot be read: {cause.Message}", cause)
        {
            Recommendation = "Name a file that Export-FoobarSnapshot, Export-FoobarReport or Export-Clixml wrote.",
        };

    // The baseline may be of another part of the site: what it lacks is new.
    private static AuditScope Known(AuditScope scope) => scope with { Servers = [], Roles = [] };

    private static IReadOnlyList<Finding> Load(string path, AuditScope scope)
    {
        string text;
        try
        {
            text = new FileInfo(path).Length <= SnapshotFile.MaxBytes
                ? System.IO.File.ReadAllText(path)
                : throw Invalid($"{path} is larger than any snapshot or report.");
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw NotFound(path, exception);
        }

        try
        {
            JsonNode? root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = SnapshotJson.Options.MaxDepth });
            return root switch
            {
                JsonObject report when report["findings"] is JsonArray findings => Read(findings),
                JsonObject snapshot when snapshot["servers"] is not null => Audit.Judge(SnapshotFile.Parse(text, path), Known(scope)),
                JsonArray findings => Read(findings),
                _ => throw Invalid($"{path} holds neither findings nor a snapshot."),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Invalid($"{path} holds no findings that can be read: {exception.Message}", exception);
        }
    }

    private static List<Finding> Read(JsonArray findings) => findings.Deserialize<List<Finding>>(Reading) ?? [];

    // ConvertTo-Json writes the names as they are.
    private static JsonSerializerOptions Reading { get; } = new(SnapshotJson.Options) { PropertyNameCaseInsensitive = true };
}
