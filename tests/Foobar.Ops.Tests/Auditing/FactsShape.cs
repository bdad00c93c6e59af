using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Foobar.Ops.Auditing;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Finds what of a type of facts would not survive being saved and loaded.</summary>
internal static class FactsShape
{
    public static IReadOnlyList<string> Losses(Type type)
    {
        List<string> losses = [];
        Visit(type, type.Name, [], losses);
        return losses;
    }

    private static void Visit(Type type, string path, HashSet<Type> seen, List<string> losses)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (!seen.Add(type))
        {
            return;
        }

        if (type == typeof(object)
            || ((type.IsAbstract || type.IsInterface)
                && type.GetCustomAttributes(typeof(JsonPolymorphicAttribute), false).Length == 0
                && !Collection(type)))
        {
            losses.Add($"{path} is a {type.Name}, which has no one form");
            return;
        }

        JsonTypeInfo info = Describe(type, path, losses);
        if (info.ElementType is { } element)
        {
            Visit(element, $"{path}[]", seen, losses);
        }

        foreach (JsonDerivedType derived in info.PolymorphismOptions?.DerivedTypes ?? [])
        {
            Visit(derived.DerivedType, $"{path}({derived.DerivedType.Name})", seen, losses);
        }

        foreach (JsonPropertyInfo property in info.Kind == JsonTypeInfoKind.Object
            ? info.Properties.Where(property => property.Get is not null)
            : [])
        {
            Visit(property.PropertyType, $"{path}.{property.Name}", seen, losses);
        }
    }

    private static bool Collection(Type type) => typeof(System.Collections.IEnumerable).IsAssignableFrom(type);

    private static JsonTypeInfo Describe(Type type, string path, List<string> losses)
    {
        JsonTypeInfo info = SnapshotJson.Options.GetTypeInfo(type);
        if (info.Kind == JsonTypeInfoKind.None && info.Converter.GetType().FullName!.Contains("Unsupported", StringComparison.Ordinal))
        {
            losses.Add($"{path} is a {type.Name}, which cannot be written");
        }

        if (info.Kind == JsonTypeInfoKind.Object && !type.IsAbstract && info.CreateObject is null && type.GetConstructors().Length != 1)
        {
            losses.Add($"{path} is a {type.Name}, which cannot be made again");
        }

        return info;
    }
}
