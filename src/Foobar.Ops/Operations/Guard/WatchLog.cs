using System.Text.Encodings.Web;
using System.Text.Json;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Guard;

/// <summary>
/// The events of watches of a site as lines of JSON in the user's state directory, beside the journals of what was done:
/// <c>watch.jsonl</c>, and the older half in <c>watch.jsonl.1</c>.
/// </summary>
public sealed class WatchLog
{
    private const long Largest = 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new(
        JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly OperationStore _store;

    /// <summary>The log of a site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    public WatchLog(Site site, string? root = null) => _store = OperationStore.Of(site, root);

    /// <summary>The path of the file.</summary>
    public string Path => System.IO.Path.Combine(_store.Directory, "watch.jsonl");

    /// <summary>An event as a hook or a reader of the log gets it: one object without the details of a failover.</summary>
    public static string Line(WatchEvent each) => JsonSerializer.Serialize(
        new
        {
            each.Time,
            each.Site,
            Kind = each.Kind.ToString(),
            each.Primary,
            each.Message,
            each.Recommendation,
            Cause = each.Verdict?.Cause.ToString(),
            Loss = each.Loss?.Reason,
            Journal = each.Failover?.Journal ?? each.Repair?.Journal,
        },
        Options);

    /// <summary>Adds an event.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Append(WatchEvent each)
    {
        if (new FileInfo(Path) is { Exists: true, Length: > Largest })
        {
            File.Move(Path, $"{Path}.1", overwrite: true);
        }

        if (!File.Exists(Path))
        {
            _store.Keep(System.IO.Path.GetFileName(Path), "");
        }

        File.AppendAllText(Path, $"{Line(each)}\n");
    }
}
