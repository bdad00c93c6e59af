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
    public SnapshotSource? Snapshot { get; set; }

    /// <summary>The statuses that make the audit fail.</summary>
    [Parameter]
    public FindingStatus[]? FailOn { get; set; }

    /// <summary>The lowest severity at which -FailOn makes the audit fail.</summary>
    [Parameter]
    public Severity MinimumSeverity { get; set; } = Severity.Info;

    private protected override AuditScope Controls => new() { Areas = Area ?? [], Controls = ControlIds.Expand(Control), ExcludedControls = ControlIds.Expand(ExcludeControl) };

    private bool Gates => IsGiven(nameof(FailOn));

    // Whatever ends the audit before it has judged, it has not passed. Without -FailOn the exit code is the caller's.
    /// <inheritdoc/>
    protected override void BeginProcessing() => SetExitCode(AuditVerdict.NotJudged);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        AuditGate? gate = Gates ? Try(Gate) : null;
        Judge();
        if (gate is null)
        {
            return;
        }

        // The findings stand in the pipeline by now; a script that is to stop does so here.
        AuditVerdict verdict = gate.Judge(_findings, NotFound);
        SetExitCode(verdict.ExitCode);
        if (verdict.Error is { } error)
        {
            Try<int>(() => throw error);
        }
    }

    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
        _findings.AddRange(Audit.Judge(snapshot, scope));
        output.WriteAll(_findings);
    }

    private void Judge()
    {
        if (Snapshot is null)
        {
            base.EndProcessing();
            return;
        }

        Snapshot snapshot = Try(Snapshot.Load);
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

    private AuditGate Gate() => FailOn is { Length: > 0 }
        ? new AuditGate { Statuses = FailOn, MinimumSeverity = MinimumSeverity }
        : throw new FoobarException("FailOnEmpty", ErrorKind.InvalidInput, "-FailOn was given no status, so nothing could fail the audit.")
        {
            Recommendation = "Name the statuses that fail it: -FailOn Fail, Unknown.",
        };

    private void SetExitCode(int exitCode)
    {
        if (Gates)
        {
            SessionState.PSVariable.Set("global:LASTEXITCODE", exitCode);
        }
    }
}
