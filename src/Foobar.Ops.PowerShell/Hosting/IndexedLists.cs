using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// Lets users take the nth of a list by [n]. The lists that the compiler makes of collection expressions have no indexer that
/// PowerShell finds: it takes such a list for one object, and $result.Steps[0] would be all steps. In what cmdlets write, these
/// lists are arrays. Nothing else of the objects changes.
/// </summary>
internal static class IndexedLists
{
    // Deeper lists are none that a user meets by writing out a path of properties.
    private const int Deepest = 8;

    // "<" begins no name that is written in a source: the compiler made the type.
    private const string MadeByCompiler = "<>z__ReadOnly";

    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Known = new();

    /// <summary>The object, with arrays for such lists in its properties, and in the properties of what it holds.</summary>
    /// <param name="value">Any object.</param>
    public static object? Of(object? value) => value is null ? null : Settled(value, Deepest);

    private static object Settled(object value, int depth)
    {
        if (depth == 0 || value is string)
        {
            return value;
        }

        if (value is IEnumerable sequence)
        {
            return sequence is IList list && Type.GetTypeCode(ElementOf(value.GetType())) == TypeCode.Object
                ? SettledList(list, depth)
                : AsArray(value);
        }

        foreach (PropertyInfo property in Known.GetOrAdd(value.GetType(), Settable))
        {
            if (property.GetValue(value) is { } held && Settled(held, depth - 1) is var settled && !ReferenceEquals(held, settled))
            {
                property.SetValue(value, settled);
            }
        }

        return value;
    }

    private static object SettledList(IList list, int depth)
    {
        foreach (object? element in list)
        {
            _ = element is null ? null : Settled(element, depth - 1);
        }

        return AsArray(list);
    }

    private static object AsArray(object list)
    {
        if (!list.GetType().Name.StartsWith(MadeByCompiler, StringComparison.Ordinal) || list is not ICollection items)
        {
            return list;
        }

        Array array = Array.CreateInstance(ElementOf(list.GetType()), items.Count);
        items.CopyTo(array, 0);
        return array;
    }

    private static Type ElementOf(Type list) =>
        list.IsArray ? list.GetElementType()! : list.IsGenericType ? list.GetGenericArguments()[0] : typeof(object);

    // Of our own types what is set when they are made; what is computed is an array where it is written so.
    private static PropertyInfo[] Settable(Type type) =>
        type.Assembly.GetName().Name?.StartsWith("Foobar.Ops", StringComparison.Ordinal) != true || type.IsEnum
            ? []
            : [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property =>
                property.CanRead && property.CanWrite && property.GetIndexParameters().Length == 0
                && !property.PropertyType.IsPrimitive && !property.PropertyType.IsEnum && property.PropertyType != typeof(string))];
}
