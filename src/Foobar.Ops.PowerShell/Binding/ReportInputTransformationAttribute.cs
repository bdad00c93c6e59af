using System.Collections;
using System.Management.Automation;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Topology;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Lets a parameter take what a report is made of: findings, traffic rates and replication statuses, also those that came through
/// a job, a remote session or Export-Clixml, findings from JSON, and a topology.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ReportInputTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Convert(inputData);

    private static object Convert(object value) => value switch
    {
        Finding or TrafficRate or ReplicationStatus or SiteTopology => value,
        PSObject { BaseObject: Finding or TrafficRate or ReplicationStatus or SiteTopology } wrapped => wrapped.BaseObject,
        PSObject { BaseObject: IList list } => Convert(list),
        PSObject wrapped => MeasurementReader.Read(wrapped) ?? FindingReader.Read(wrapped),
        IList list => list.Cast<object>().Select(Convert).ToArray(),
        null => throw new ArgumentTransformationMetadataException("Nothing was given to report."),
        _ => FindingReader.Read(PSObject.AsPSObject(value)),
    };
}
