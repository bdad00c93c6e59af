using System.Collections;
using System.Management.Automation;
using System.Xml;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Lets a parameter take earlier findings: a snapshot, a report, findings, or the path of a file of these. As a
/// <see cref="SnapshotTransformationAttribute"/> it refuses nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BaselineTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            BaselineSource source => source,
            Snapshot snapshot => BaselineSource.Of(snapshot),
            FileInfo file => OfFile(file.FullName),
            PathInfo path => OfFile(path.ProviderPath),
            string { Length: > 0 } text => OfFile(engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text)),
            null or string => BaselineSource.Unusable("Nothing was given for a baseline."),
            _ => BaselineSource.From(() => Read(value)),
        };
    }

    private static BaselineSource OfFile(string path) =>
        Path.GetExtension(path).ToUpperInvariant() is ".XML" or ".CLIXML"
            ? BaselineSource.From(() => ReadClixml(path))
            : BaselineSource.File(path);

    private static List<Finding> ReadClixml(string path)
    {
        try
        {
            return Read(PSSerializer.Deserialize(File.ReadAllText(path)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw BaselineSource.NotFound(path, error);
        }
        catch (XmlException error)
        {
            throw BaselineSource.Invalid($"{path} is no file of Export-Clixml: {error.Message}", error);
        }
    }

    private static List<Finding> Read(object? value)
    {
        try
        {
            return [.. Each(value).Select(one => one is Finding finding ? finding : FindingReader.Read(PSObject.AsPSObject(one)))];
        }
        catch (ArgumentTransformationMetadataException error)
        {
            throw BaselineSource.Invalid(error.Message, error);
        }
    }

    private static IEnumerable<object> Each(object? value) => value switch
    {
        PSObject { BaseObject: not PSCustomObject } wrapped =>
            wrapped.BaseObject is IList or Finding ? Each(wrapped.BaseObject) : [wrapped],
        IList list => list.Cast<object?>().SelectMany(Each),
        null => [],
        _ => [value],
    };
}
