using System.Collections;
using System.Management.Automation;
using System.Text;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets <c>-StandardInput</c> take bytes as they are, text as UTF-8, and several lines as text with a line end each.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StandardInputTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Plain(inputData) switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        IEnumerable list => Encoding.UTF8.GetBytes(string.Concat(list.Cast<object>().Select(line => $"{Plain(line)}\n"))),
        _ => throw new ArgumentTransformationMetadataException("Standard input is text, lines or bytes."),
    };

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
