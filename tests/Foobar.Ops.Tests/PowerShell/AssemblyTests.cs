using System.Reflection;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Cmdlets;

namespace Foobar.Ops.Tests.PowerShell;

/// <summary>What the assemblies may know of each other and of others'.</summary>
public sealed class AssemblyTests
{
    private static readonly Assembly Library = typeof(Finding).Assembly;
    private static readonly Assembly Cmdlets = typeof(GetFoobarServer).Assembly;

    [Fact]
    public void The_library_references_nothing_but_the_base_class_library() =>
        Assert.All(Library.GetReferencedAssemblies(), name => Assert.True(IsFramework(name.Name!), name.Name));

    [Fact]
    public void The_cmdlets_reference_nothing_but_the_library_PowerShell_and_the_base_class_library() =>
        Assert.All(
            Cmdlets.GetReferencedAssemblies(),
            name => Assert.True(name.Name is "Foobar.Ops" or "System.Management.Automation" || IsFramework(name.Name!), name.Name));

    [Fact]
    public void Every_parameter_and_output_type_is_one_that_a_user_can_name() =>
        Assert.Empty(
            from type in Cmdlets.GetExportedTypes()
            from property in type.GetProperties()
            where property.GetCustomAttributesData().Any(data => data.AttributeType.Name == "ParameterAttribute")
            let element = property.PropertyType.GetElementType() ?? property.PropertyType
            where element.Assembly == Cmdlets
            select $"{type.Name}.{property.Name} is of {element}");

    private static bool IsFramework(string name) =>
        name is "netstandard" or "mscorlib"
            || name.StartsWith("System", StringComparison.Ordinal) && name != "System.Management.Automation"
            || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal)
            || name == "Microsoft.VisualBasic.Core";
}
