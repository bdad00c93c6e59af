using System.Reflection;
using System.Runtime.Loader;

namespace Foobar.Ops.HelpBuilder;

/// <summary>
/// Reads cmdlets from a compiled assembly. PowerShell itself is not there at build time, and its reference assembly has
/// empty bodies, so attributes are read as data and never constructed.
/// </summary>
internal static class CmdletReader
{
    /// <summary>The cmdlets of an assembly, by name.</summary>
    /// <param name="assembly">The path of the assembly.</param>
    /// <param name="references">Paths of the assemblies it references.</param>
    public static IReadOnlyList<CmdletShape> Read(string assembly, IEnumerable<string> references)
    {
        Dictionary<string, string> paths = references.GroupBy(Path.GetFileNameWithoutExtension)
            .ToDictionary(group => group.Key!, group => group.First(), StringComparer.OrdinalIgnoreCase);
        AssemblyLoadContext context = new("help");
        context.Resolving += (_, name) =>
            paths.TryGetValue(name.Name!, out string? path) ? context.LoadFromAssemblyPath(Path.GetFullPath(path)) : null;
        return Read(context.LoadFromAssemblyPath(Path.GetFullPath(assembly)));
    }

    /// <summary>The cmdlets of a loaded assembly, by name.</summary>
    public static IReadOnlyList<CmdletShape> Read(Assembly assembly) =>
        [.. assembly.GetExportedTypes().Select(Shape).OfType<CmdletShape>().OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];

    private static CmdletShape? Shape(Type type)
    {
        if (type.IsAbstract || Attribute(type, "CmdletAttribute") is not { } cmdlet)
        {
            return null;
        }

        List<ParameterShape> parameters = [.. type.GetProperties().Select(Shape).OfType<ParameterShape>()];
        string[] sets =
        [
            .. parameters.SelectMany(parameter => parameter.Places.Keys).Where(set => set != ParameterShape.AllSets).Distinct(),
        ];
        string? first = Named<string>(cmdlet, "DefaultParameterSetName");
        return new()
        {
            Name = $"{cmdlet.ConstructorArguments[0].Value}-{cmdlet.ConstructorArguments[1].Value}",
            SupportsShouldProcess = Named<bool>(cmdlet, "SupportsShouldProcess"),
            Parameters = parameters,
            OutputTypes =
            [
                .. type.GetCustomAttributesData()
                    .Where(data => data.AttributeType.Name == "OutputTypeAttribute")
                    .SelectMany(OutputTypes)
                    .Distinct(),
            ],
            Sets = sets.Length == 0 ? [ParameterShape.AllSets] : [.. sets.OrderByDescending(set => set == first)],
        };
    }

    private static ParameterShape? Shape(PropertyInfo property)
    {
        // The most derived declaration counts: an override states its own attributes.
        CustomAttributeData[] places =
        [
            .. property.GetCustomAttributesData().Where(data => data.AttributeType.Name == "ParameterAttribute"),
        ];
        if (places.Length == 0)
        {
            return null;
        }

        Type element = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType.GetElementType() ?? property.PropertyType;
        return new()
        {
            Name = property.Name,
            Type = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name,
            IsSwitch = property.PropertyType.Name == "SwitchParameter",
            Globbing = Attribute(property, "SupportsWildcardsAttribute") is not null,
            Aliases = Words(Attribute(property, "AliasAttribute")),
            Values = element.IsEnum ? Enum.GetNames(element) : Words(Attribute(property, "ValidateSetAttribute")),
            Places = places.ToDictionary(data => Named<string>(data, "ParameterSetName") ?? ParameterShape.AllSets, Place),
        };
    }

    private static PlaceShape Place(CustomAttributeData data) => new(
        Named<bool>(data, "Mandatory"),
        data.NamedArguments.Any(argument => argument.MemberName == "Position") ? Named<int>(data, "Position") : null,
        Named<bool>(data, "ValueFromPipeline"),
        Named<bool>(data, "ValueFromPipelineByPropertyName"));

    private static CustomAttributeData? Attribute(MemberInfo member, string name) =>
        member.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType.Name == name);

    private static T? Named<T>(CustomAttributeData data, string name) =>
        data.NamedArguments.FirstOrDefault(argument => argument.MemberName == name).TypedValue.Value is T value ? value : default;

    private static string[] Words(CustomAttributeData? data) =>
        data?.ConstructorArguments
            .Select(argument => argument.Value)
            .OfType<IReadOnlyCollection<CustomAttributeTypedArgument>>()
            .SelectMany(list => list)
            .Select(item => item.Value)
            .OfType<string>()
            .ToArray()
            ?? [];

    private static IEnumerable<string> OutputTypes(CustomAttributeData data) =>
        data.ConstructorArguments.Select(argument => argument.Value).OfType<IReadOnlyCollection<CustomAttributeTypedArgument>>()
            .SelectMany(list => list).Select(
                item => item.Value switch { Type type => type.FullName!, var other => other?.ToString() ?? string.Empty });
}
