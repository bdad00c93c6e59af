using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Holds the site against every control: reads all servers at once, or a saved snapshot, and gives findings.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "FoobarAudit")]
[OutputType(typeof(Finding))]
public sealed class InvokeFoobarAudit : SnapshotCmdlet
{
    private readonly List<Finding> _findings = [];

    /// <summary>The areas whose controls are meant.</summary>
    [Parameter]
    public Area[] Area { get; set; } = [];

    /// <summary>The controls that are meant, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    public string[] Control { get; set; } = [];

    /// <summary>The controls that are left out, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    public string[] ExcludeControl { get; set; } = [];

    /// <summary>A snapshot, or the path of a saved one, to judge instead of the live site.</summary>
    [Parameter]
    [SnapshotTransformation]
    [ValidateNotNull]
    public Snapshot? Snapshot { get; set; }

    /// <summary>The statuses that make the audit fail.</summary>
    [Parameter]
    public FindingStatus[]? FailOn { get; set; }

    /// <summary>The lowest severity at which -FailOn makes the audit fail.</summary>
    [Parameter]
    public Severity MinimumSeverity { get; set; } = Severity.Info;

    private protected override AuditScope Controls => new() { Areas = Area, Controls = Control, ExcludedControls = ExcludeControl };

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Snapshot is { } snapshot)
        {
            IReadOnlyList<Server> servers = ChooseServers(snapshot.Site);
            if (servers.Count > 0)
            {
                Run((output, _) =>
                {
                    Take(snapshot, Narrow(Controls, snapshot.Site, servers), output);
                    return Task.CompletedTask;
                });
            }
        }
        else
        {
            base.EndProcessing();
        }

        Conclude();
    }

    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
        _findings.AddRange(Audit.Judge(snapshot, scope));
        output.WriteAll(_findings);
    }

    // The findings stand in the pipeline by now; a script that is to stop does so here.
    private void Conclude()
    {
        if (FailOn is null)
        {
            return;
        }

        AuditGate gate = new() { Statuses = FailOn, MinimumSeverity = MinimumSeverity };
        int exitCode = gate.ExitCode(_findings);
        SessionState.PSVariable.Set("global:LASTEXITCODE", exitCode);
        if (exitCode != 0)
        {
            Try<int>(() => throw new FoobarException("AuditFailed", ErrorKind.Failed, $"{_findings.Count(gate.Stops)} of {_findings.Count} findings fail the audit: {Summary(gate)}.")
            {
                Recommendation = "See the findings; each says how to put it right.",
            });
        }
    }

    private string Summary(AuditGate gate) =>
        string.Join(", ", _findings.Where(gate.Stops).GroupBy(finding => finding.ControlId, StringComparer.Ordinal).Select(same => $"{same.Key} ({same.First().Status})").Take(10));
}
