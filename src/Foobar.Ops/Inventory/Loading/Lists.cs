using System.Text.Json;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Readers of arrays, and of objects whose keys are names the user chose.</summary>
internal static class Lists
{
    /// <summary>An array of at least <paramref name="least"/> different items.</summary>
    public static Read<IReadOnlyList<T>> Of<T>(string what, int least, Read<T> read) => (value, problems) =>
    {
        if (value.Kind != JsonValueKind.Array)
        {
            problems.Add(value, $"{value.Shown} stands where a list belongs", $"a list of {what}: [ ... ]");
            return default;
        }

        if (value.Items.Count < least)
        {
            problems.Add(value, "the list is empty", $"at least one of {what}");
        }

        return Parsed.Of<IReadOnlyList<T>>(Items(value, problems, read));
    };

    /// <summary>One item, or an array of at least one.</summary>
    public static Read<IReadOnlyList<T>> OneOrMany<T>(string what, Read<T> read) => (value, problems) =>
        value.Kind == JsonValueKind.Array
            ? Of(what, 1, read)(value, problems)
            : read(value, problems).TryGet(out T item) ? Parsed.Of<IReadOnlyList<T>>([item]) : default;

    /// <summary>An object whose keys are names; keys that differ only in case are problems.</summary>
    public static Read<IReadOnlyList<KeyValuePair<SourceMember, T>>> ByName<T>(string what, Read<T> read) => (value, problems) =>
    {
        if (value.Kind != JsonValueKind.Object)
        {
            problems.Add(value, $"{value.Shown} stands where {what} belong", $"an object with a key for each of {what}");
            return default;
        }

        ObjectReader.ReportDoubled(value, problems);
        List<KeyValuePair<SourceMember, T>> members = [];
        foreach (SourceMember member in value.Members.DistinctBy(member => member.Name, StringComparer.Ordinal))
        {
            if (read(member.Value, problems).TryGet(out T item))
            {
                members.Add(new(member, item));
            }
        }

        return Parsed.Of<IReadOnlyList<KeyValuePair<SourceMember, T>>>(members);
    };

    private static List<T> Items<T>(SourceValue value, Problems problems, Read<T> read)
    {
        List<T> items = [];
        HashSet<T> seen = [];
        foreach (SourceValue item in value.Items)
        {
            if (!read(item, problems).TryGet(out T one))
            {
                continue;
            }

            if (!seen.Add(one))
            {
                problems.Add(item, $"{item.Shown} stands in the list already", "each item once");
            }

            items.Add(one);
        }

        return items;
    }
}
