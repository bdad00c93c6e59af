using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets <c>-Server</c> take names, servers, findings, and any object with a property Server.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ServerNameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Plain(inputData) is null or "" ? Array.Empty<string>() : ServerNames.Of(Plain(inputData), PropertyOf) ?? throw new ArgumentTransformationMetadataException(
            $"'{inputData}' ({Plain(inputData)?.GetType().Name ?? "null"}) names no server: give names such as web-01, wildcards, or objects with a property Server.");

    private static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static object? PropertyOf(object value, string name) => Plain(PSObject.AsPSObject(value).Properties[name]?.Value);
}
