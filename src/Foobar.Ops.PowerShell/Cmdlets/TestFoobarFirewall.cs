using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Judges the servers' firewalls against the policy: computes what they let through, and shows a packet for each difference.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarFirewall")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarFirewall : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Firewall];
}
