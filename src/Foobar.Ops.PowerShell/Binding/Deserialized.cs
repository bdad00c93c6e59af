using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Objects that came through a job, a remote session or Export-Clixml: their properties are left, their type is a name.</summary>
internal static class Deserialized
{
    /// <summary>Tells whether a value was an object of a type before it was serialised.</summary>
    public static bool IsOf(object? value, Type type) =>
        value is PSObject wrapped && wrapped.TypeNames.Contains("Deserialized." + type.FullName);
}
