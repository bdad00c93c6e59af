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

    /// <summary>The published frameworks that the controls map to, names or wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(FrameworkCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Framework { get; set; } = [];

    /// <summary>The requirements that the controls map to, by framework and number or by number; wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReferenceCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Reference { get; set; } = [];

    private ReferenceFilter Filter => new() { Frameworks = Framework, References = Reference };

    /// <inheritdoc/>
    protected override void BeginProcessing() => Try(() =>
    {
        Filter.Check(AuditRegistry.Controls);
        return true;
    });

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ReferenceFilter filter = Filter;
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

            WriteObject(
                AuditRegistry.Controls.Where(
                    control => scope.Holds(control) && control.Severity >= MinimumSeverity && filter.Holds(control)),
                enumerateCollection: true);
        }
    }
}
