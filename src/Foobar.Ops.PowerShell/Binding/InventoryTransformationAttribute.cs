using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets <c>-Inventory</c> take a path as PowerShell knows it (its current folder, <c>~</c>, drives) or a file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InventoryTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            FileInfo file => file.FullName,
            PathInfo path => path.ProviderPath,
            null or string { Length: 0 } => string.Empty,
            string text => engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text),
            _ => throw new ArgumentTransformationMetadataException($"'{inputData}' is not the path of an inventory."),
        };
    }
}
