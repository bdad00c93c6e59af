using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Tells what changed from one snapshot to another: flows, roles, certificates, versions, findings, other facts.</summary>
[Cmdlet(VerbsData.Compare, "FoobarSnapshot")]
[OutputType(typeof(SnapshotDifference))]
public sealed class CompareFoobarSnapshot : AsyncCmdlet
{
    /// <summary>The older snapshot, or the path of its file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [SnapshotTransformation]
    public SnapshotSource? Reference { get; set; }

    /// <summary>The newer snapshot, or the path of its file.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [SnapshotTransformation]
    public SnapshotSource? Difference { get; set; }

    /// <summary>The kinds of difference that are meant; all unless told, but facts that another kind tells already.</summary>
    [Parameter]
    public DifferenceKind[] Kind { get; set; } = [];

    /// <summary>Whether facts that change by themselves (counters, free bytes, times) are compared too.</summary>
    [Parameter]
    public SwitchParameter IncludeMeasurement { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Run((output, _) =>
    {
        output.WriteAll(SnapshotComparison.Compare(Reference!.Load(), Difference!.Load(), IncludeMeasurement)
            .Where(difference => Kind.Length == 0 ? difference.ToldAs is null : Kind.Contains(difference.Kind)));
        return Task.CompletedTask;
    });
}
