using System.Text.Json;

namespace Foobar.Ops.Inventory;

/// <summary>Shorthands for writing an inventory.</summary>
internal static class JsonWriting
{
    public static void Object(this Utf8JsonWriter json, string key, Action members)
    {
        json.WriteStartObject(key);
        members();
        json.WriteEndObject();
    }

    public static void Text(this Utf8JsonWriter json, string key, string? text)
    {
        if (text is not null)
        {
            json.WriteString(key, text);
        }
    }

    public static void Number(this Utf8JsonWriter json, string key, double number, double usual)
    {
        if (!number.Equals(usual))
        {
            json.WriteNumber(key, number);
        }
    }

    public static void List<T>(this Utf8JsonWriter json, string key, IEnumerable<T> items)
    {
        json.WriteStartArray(key);
        foreach (T item in items)
        {
            json.WriteStringValue(item?.ToString());
        }

        json.WriteEndArray();
    }

    public static void ListUnlessEmpty<T>(this Utf8JsonWriter json, string key, IReadOnlyList<T> items)
    {
        if (items.Count > 0)
        {
            json.List(key, items);
        }
    }

    public static void OneOrMany(this Utf8JsonWriter json, string key, IReadOnlyList<string> items)
    {
        if (items.Count == 1)
        {
            json.WriteString(key, items[0]);
        }
        else
        {
            json.List(key, items);
        }
    }
}
