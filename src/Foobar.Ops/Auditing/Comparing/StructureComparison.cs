using System.Globalization;
using System.Text.Json.Nodes;

namespace Foobar.Ops.Auditing;

/// <summary>Compares two JSON values by their structure. Lists whose items have a name are compared by it; other lists as sets.</summary>
internal static class StructureComparison
{
    // What tells the items of a list apart, best first; a list is compared by the first that all its items have, each its own.
    private static readonly string[] Names = ["id", "name", "path", "mountPoint", "endpoint", "address", "server", "host", "key"];
    private const int MaxShown = 200;

    /// <summary>Where the values differ, in the order of the newer one.</summary>
    public static IEnumerable<FactDifference> Compare(JsonNode? before, JsonNode? after, string path = "") => (before, after) switch
    {
        (JsonObject old, JsonObject now) => Objects(old, now, path),
        (JsonArray old, JsonArray now) => Arrays(old, now, path),
        _ when JsonNode.DeepEquals(before, after) => [],
        _ => [new FactDifference(path, Shown(before), Shown(after))],
    };

    private static IEnumerable<FactDifference> Objects(JsonObject before, JsonObject after, string path) =>
        after.Select(pair => pair.Key).Union(before.Select(pair => pair.Key))
            .SelectMany(key => Compare(before[key], after[key], path.Length == 0 ? key : $"{path}.{key}"));

    private static IEnumerable<FactDifference> Arrays(JsonArray before, JsonArray after, string path)
    {
        string? name = Array.Find(Names, name => Tells(name, before) && Tells(name, after));
        return name is null ? Sets(before, after, path) : Named(ByName(name, before), ByName(name, after), path);
    }

    private static IEnumerable<FactDifference> Named(
        Dictionary<string, JsonNode> before, Dictionary<string, JsonNode> after, string path) =>
        after.Keys.Union(before.Keys)
            .SelectMany(name => Compare(before.GetValueOrDefault(name), after.GetValueOrDefault(name), $"{path}[{name}]"));

    private static IEnumerable<FactDifference> Sets(JsonArray before, JsonArray after, string path)
    {
        List<string> gone = [.. before.Select(Text)];
        List<string> added = [.. after.Select(Text).Where(item => !gone.Remove(item))];
        return
        [
            .. gone.Select(item => new FactDifference($"{path}[]", Cut(item), null)),
            .. added.Select(item => new FactDifference($"{path}[]", null, Cut(item))),
        ];
    }

    private static bool Tells(string name, JsonArray items) =>
        items.All(item => item is JsonObject one && one[name] is JsonValue or JsonObject)
        && items.Select(item => NameText(item![name])).Distinct(StringComparer.Ordinal).Count() == items.Count;

    private static Dictionary<string, JsonNode> ByName(string name, JsonArray items) =>
        items.ToDictionary(item => NameText(item![name]), item => item!, StringComparer.Ordinal);

    private static string NameText(JsonNode? node) =>
        node is JsonObject parts ? string.Join(' ', parts.Select(part => Text(part.Value))) : Text(node);

    private static string? Shown(JsonNode? node) => node is null ? null : Cut(Text(node));

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text)
        ? text
        : node?.ToJsonString(SnapshotJson.Compact) ?? "null";

    private static string Cut(string text) =>
        text.Length <= MaxShown ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..MaxShown]}... ({text.Length} characters)");
}
