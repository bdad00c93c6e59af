using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Judges the monitoring agents of the servers.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarMonitoring")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarMonitoring : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Monitoring];
}
