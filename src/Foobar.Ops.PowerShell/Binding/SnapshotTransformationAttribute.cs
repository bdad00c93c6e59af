using System.Management.Automation;
using Foobar.Ops.Auditing;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Lets a parameter take a snapshot or the path of a saved one. It refuses nothing: what is no snapshot is an error of the
/// cmdlet, which sets its exit code, and not one of PowerShell before it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SnapshotTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            SnapshotSource source => source,
            Snapshot snapshot => SnapshotSource.Of(snapshot),
            FileInfo file => SnapshotSource.File(file.FullName),
            PathInfo path => SnapshotSource.File(path.ProviderPath),
            string { Length: > 0 } text =>
                SnapshotSource.File(engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text)),
            null or string => SnapshotSource.Unusable("Nothing was given for a snapshot."),
            _ => SnapshotSource.Unusable(Deserialized.IsOf(inputData, typeof(Snapshot))
                ? "A snapshot that came through a job, a remote session or Export-Clixml has lost its facts."
                : $"'{inputData}' is neither a snapshot nor the path of one."),
        };
    }
}
