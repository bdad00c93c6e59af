using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Judges the servers themselves: units, sockets, disks, memory, clock, restarts, SSH settings, and the agents that watch them.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarServer")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarServer : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Server, Area.Monitoring];
}
