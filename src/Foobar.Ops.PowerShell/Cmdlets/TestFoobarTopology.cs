using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Judges the setup as a whole: whether it is the declared one, and the known weak points of its design.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarTopology")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarTopology : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Topology];
}
