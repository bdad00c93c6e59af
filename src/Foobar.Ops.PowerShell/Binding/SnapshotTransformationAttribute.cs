using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets a parameter take a snapshot or the path of a saved one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SnapshotTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            Snapshot snapshot => snapshot,
            FileInfo file => Load(file.FullName),
            PathInfo path => Load(path.ProviderPath),
            string { Length: > 0 } text => Load(engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text)),
            _ => throw new ArgumentTransformationMetadataException($"'{inputData}' is neither a snapshot nor the path of one."),
        };
    }

    private static Snapshot Load(string path)
    {
        try
        {
            return SnapshotFile.Load(path);
        }
        catch (FoobarException error)
        {
            throw new ArgumentTransformationMetadataException($"{error.Message} {error.Recommendation}", error);
        }
    }
}
