using System.Collections;
using System.Management.Automation;
using Foobar.Ops.Findings;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets a parameter take findings, also those that came through a job, a remote session, Export-Clixml or JSON.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FindingTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Convert(inputData);

    private static object Convert(object value) => value switch
    {
        PSObject { BaseObject: Finding finding } => finding,
        PSObject { BaseObject: IList list } => Convert(list),
        PSObject wrapped => FindingReader.Read(wrapped),
        IList list => list.Cast<object>().Select(Convert).ToArray(),
        _ => value,
    };
}
