using System.Management.Automation;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Judges the certificates that the site's endpoints really serve, and who can read their keys.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FoobarCertificate")]
[OutputType(typeof(Finding))]
public sealed class TestFoobarCertificate : AreaTestCmdlet
{
    private protected override IReadOnlyList<Area> Areas { get; } = [Area.Tls];
}
