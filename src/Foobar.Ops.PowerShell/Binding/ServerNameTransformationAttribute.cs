using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets <c>-Server</c> take names, servers, findings, and any object with a property Server.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ServerNameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>
    /// Whether files are left to another parameter, which takes their paths by property name; PowerShell would take their names for those
    /// of servers.
    /// </summary>
    public bool LeavesFiles { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = Plain(inputData);
        if (LeavesFiles && IsFile(plain))
        {
            // Only for this cause does the binder go on with the other parameters.
            throw new ArgumentTransformationMetadataException(
                $"'{inputData}' is a file and names no server.", new PSInvalidCastException($"'{inputData}' is a file."));
        }

        return plain is null or ""
            ? Array.Empty<string>()
            : ServerNames.Of(plain, PropertyOf) ?? throw new ArgumentTransformationMetadataException(
                $"'{inputData}' ({plain.GetType().Name}) names no server: give names such as web-01, wildcards, or objects with a property "
                    + "Server.");
    }

    // A file that came through a job or a remote session has no type.
    private static bool IsFile(object? value) => value is FileSystemInfo
        || (value is PSObject
            && (PropertyOf(value, "FullName") ?? PropertyOf(value, "PSPath")) is string
            && PropertyOf(value, "Server") is null);

    private static object? Plain(object? value) =>
        value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static object? PropertyOf(object value, string name) => Plain(PSObject.AsPSObject(value).Properties[name]?.Value);
}
