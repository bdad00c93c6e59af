using System.Collections.Frozen;
using System.Text.Json;

namespace Foobar.Ops.Findings;

/// <summary>
/// Which requirements of published frameworks each control gives evidence for: data, in control-references.json, read when
/// first asked for. Where the numbers and titles come from stands in docs/decisions/0059.
/// </summary>
public static class ControlReferences
{
    private const string NoneKey = "none";

    private static readonly Lazy<Table> Data = new(Read);

    /// <summary>The frameworks, in the order in which references are given.</summary>
    public static IReadOnlyList<Framework> Frameworks => Data.Value.Frameworks;

    /// <summary>The requirements that a control gives evidence for, by framework and number; none for an unknown id.</summary>
    public static IReadOnlyList<ControlReference> Of(string controlId) => Data.Value.References.GetValueOrDefault(controlId) ?? [];

    /// <summary>Why a control maps to nothing; <see langword="null"/> if it maps to something or is not known.</summary>
    public static string? NoneBecause(string controlId) => Data.Value.Reasons.GetValueOrDefault(controlId);

    /// <summary>The ids of the controls that the data speaks of.</summary>
    internal static IEnumerable<string> Ids => Data.Value.References.Keys.Concat(Data.Value.Reasons.Keys);

    /// <summary>The data as it stands in the assembly.</summary>
    internal static Stream Open() =>
        typeof(ControlReferences).Assembly.GetManifestResourceStream("Foobar.Ops.Findings.control-references.json")!;

    private static Table Read()
    {
        using Stream stream = Open();
        using JsonDocument document = JsonDocument.Parse(stream);
        Dictionary<string, (Framework Framework, Dictionary<string, string> Titles)> frameworks = document.RootElement.GetProperty(
            "frameworks").EnumerateArray()
            .Select(one => (
                Framework: new Framework(Text(one, "name"), Text(one, "fullName"), Text(one, "version")),
                Titles: one.GetProperty("titles")
                    .EnumerateObject()
                    .ToDictionary(title => title.Name, title => title.Value.GetString()!, StringComparer.Ordinal)))
            .ToDictionary(one => one.Framework.Name, StringComparer.Ordinal);
        Dictionary<string, ControlReference[]> references = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> reasons = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty control in document.RootElement.GetProperty("controls").EnumerateObject())
        {
            if (control.Value.TryGetProperty(NoneKey, out JsonElement reason))
            {
                reasons.Add(control.Name, reason.GetString()!);
            }
            else
            {
                references.Add(
                    control.Name,
                    [.. control.Value.EnumerateObject().SelectMany(numbers => Numbered(frameworks[numbers.Name], numbers.Value))]);
            }
        }

        return new Table(
            [.. frameworks.Values.Select(one => one.Framework)],
            references.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase),
            reasons.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }

    private static IEnumerable<ControlReference> Numbered(
        (Framework Framework, Dictionary<string, string> Titles) framework, JsonElement numbers) =>
        numbers.EnumerateArray().Select(number => number.GetString()!)
            .Select(
                number => new ControlReference(framework.Framework.Name, framework.Framework.Version, number, framework.Titles[number]));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private sealed record Table(
        IReadOnlyList<Framework> Frameworks,
        FrozenDictionary<string, ControlReference[]> References,
        FrozenDictionary<string, string> Reasons);
}
