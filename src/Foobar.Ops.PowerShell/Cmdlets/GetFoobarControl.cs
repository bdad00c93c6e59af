using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Lists the controls: each rule, how bad a breach is, why it matters and how to put it right.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarControl")]
[OutputType(typeof(ControlInfo))]
public sealed class GetFoobarControl : AsyncCmdlet
{
    /// <summary>The controls, by id or wildcard.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ControlId", "Id")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Control { get; set; } = ["*"];

    /// <summary>The areas whose controls are meant.</summary>
    [Parameter]
    public Area[] Area { get; set; } = [];

    /// <summary>The lowest severity that is meant.</summary>
    [Parameter]
    public Severity MinimumSeverity { get; set; } = Severity.Info;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string id in Control)
        {
            AuditScope scope = new() { Areas = Area, Controls = ControlIds.Expand([id], AuditRegistry.Controls) };
            try
            {
                scope.Check(AuditRegistry.Controls);
            }
            catch (FoobarException error)
            {
                Fail(error, id);
                continue;
            }

            WriteObject(AuditRegistry.Controls.Where(control => scope.Holds(control) && control.Severity >= MinimumSeverity), enumerateCollection: true);
        }
    }
}
