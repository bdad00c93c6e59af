using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Failover;
using Foobar.Ops.Operations.Failover.Emergency;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Moves writes from one database member to another, or ends what an earlier run began.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "FoobarFailover", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Failover")]
[OutputType(typeof(FailoverResult), typeof(FailoverPreview))]
public sealed class InvokeFoobarFailover : SiteCmdlet
{
    /// <summary>The member that shall become the primary.</summary>
    [Parameter(Position = 0, ParameterSetName = "Failover")]
    [Parameter(Position = 0, ParameterSetName = "Emergency")]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? To { get; set; }

    /// <summary>Whether the primary is dead and a replica shall take its place.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Emergency")]
    public SwitchParameter Emergency { get; set; }

    /// <summary>Whether acknowledged writes may be lost where that can't be excluded.</summary>
    [Parameter(ParameterSetName = "Emergency")]
    public SwitchParameter AcceptDataLoss { get; set; }

    /// <summary>Whether an earlier run that did not end is ended.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Resume")]
    public SwitchParameter Resume { get; set; }

    /// <summary>Whether that run was another machine's, which is lost with its journal.</summary>
    [Parameter(ParameterSetName = "Resume")]
    public SwitchParameter TakeOver { get; set; }

    /// <summary>How long to wait for a small backlog before writes are stopped, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>How long writes may be stopped while the candidate applies the rest, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int CatchUpSeconds { get; set; } = 5;

    /// <summary>The database account of a canary that writes through the application's path meanwhile.</summary>
    [Parameter(ParameterSetName = "Failover")]
    [Credential]
    public PSCredential? CanaryCredential { get; set; }

    /// <summary>How often the canary writes, in milliseconds.</summary>
    [Parameter(ParameterSetName = "Failover")]
    [ValidateRange(1, 1000)]
    public int CanaryIntervalMilliseconds { get; set; } = 5;

    /// <summary>Whether the plan is written out, before the result or instead of it with -WhatIf.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        if (Resume)
        {
            End(site);
            return;
        }

        if (Emergency)
        {
            ActInEmergency(site);
            return;
        }

        FailoverPreview preview = Run((output, token) => new FailoverOperation(site).PreviewAsync(Options(), token));
        if (PassThru)
        {
            WriteObject(preview);
        }

        Warn(preview);
        if (ShouldProcess($"{preview.OldPrimary ?? "unknown"} -> {preview.NewPrimary ?? "unknown"}: {string.Join("; ", Outline(preview))}", $"{preview.Summary}?", "Invoke-FoobarFailover"))
        {
            using Secret? canary = CanaryCredential?.TakeSecret();
            // What was chosen by rule stays chosen.
            FailoverOptions asked = Options() with { To = To ?? preview.NewPrimary, Confirmed = Move(preview) };
            FailoverOptions options = canary is null ? asked : asked with
            {
                Canary = new DatabaseLogin(CanaryCredential!.UserName, canary),
                CanaryInterval = TimeSpan.FromMilliseconds(CanaryIntervalMilliseconds),
            };
            Perform(site, (operation, progress, token) => operation.RunAsync(options, progress, token));
        }
    }

    private void End(ISiteSession site)
    {
        string what = TakeOver
            ? $"End what another machine began, and the connections it still has: {Run((output, token) => new FailoverOperation(site).DescribeLostAsync(token))}"
            : "End the failover that an earlier run began";
        if (ShouldProcess(site.Site.Name, what))
        {
            Perform(site, (operation, progress, token) => TakeOver ? operation.TakeOverAsync(Options(), progress, token) : operation.ResumeAsync(Options(), progress, token));
        }
    }

    // The survey is most of the outage that is left: without a plan to show it is taken once, inside the operation.
    private void ActInEmergency(ISiteSession site)
    {
        string plan = $"Emergency failover{(To is null ? "" : $" to {To}")}: if the primary is dead, fence it and put a replica in its place";
        string question = $"{plan}?";
        ConfirmedMove? shown = null;
        if (PassThru || IsWhatIf())
        {
            FailoverPreview preview = Run((output, token) => new EmergencyOperation(site).PreviewAsync(Options(), token));
            if (PassThru)
            {
                WriteObject(preview);
            }

            Warn(preview);
            shown = Move(preview);
            plan = $"{preview.OldPrimary} -> {preview.NewPrimary}: {preview.Verdict!.Reason} {preview.Loss!.Reason} {string.Join("; ", Outline(preview))}";
            question = $"{preview.Summary}?";
        }

        if (ShouldProcess($"{site.Site.Name}: {plan}", question, "Invoke-FoobarFailover"))
        {
            PerformEmergency(site, Options() with { Confirmed = shown });
        }
    }

    private void PerformEmergency(ISiteSession site, FailoverOptions options)
    {
        FailoverResult result = Run((output, token) => new EmergencyOperation(site).RunAsync(options, new StepProgress(output), token));
        WriteObject(result);
        if (Failure(result) is { } failure)
        {
            Fail(failure, result);
        }
    }

    private void Warn(FailoverPreview preview)
    {
        // What stands in the way is an error when it is tried.
        foreach (FailoverBlocker told in IsWhatIf() ? [.. preview.Blockers, .. preview.Warnings] : preview.Warnings)
        {
            WriteWarning(told.ToString());
        }
    }

    private void Perform(ISiteSession site, Func<FailoverOperation, IProgress<StepResult>, CancellationToken, Task<FailoverResult>> act)
    {
        FailoverResult result = Run((output, token) => act(new FailoverOperation(site), new StepProgress(output), token));
        WriteObject(result);
        if (Failure(result) is { } failure)
        {
            Fail(failure, result);
        }
    }

    // To be undone is what a resume may be for.
    private static FoobarException? Failure(FailoverResult result) => result.Outcome switch
    {
        PlanOutcome.Undone when result.Error is not null => new FoobarException("FailoverUndone", ErrorKind.Failed, $"The failover was undone, writes are where they were: {result.Error}")
        {
            Recommendation = result.Recommendation ?? "Put right what the message names, and try again.",
        },
        PlanOutcome.Degraded => new FoobarException("FailoverDegraded", ErrorKind.Failed, $"Writes were moved to {result.NewPrimary}, but a later step failed: {result.Error}")
        {
            Recommendation = result.Recommendation ?? "See the Steps of the result, and repair what failed.",
        },
        PlanOutcome.UndoFailed => new FoobarException("FailoverUndoFailed", ErrorKind.Failed, $"The failover failed, and so did undoing it: {result.Error}")
        {
            Recommendation = $"{result.Recommendation} The journal is {result.Journal}.",
        },
        PlanOutcome.Superseded => new FoobarException("OperationSuperseded", ErrorKind.Refused, result.Error ?? "Another operator took this operation's place.")
        {
            Recommendation = result.Recommendation ?? "Look at Get-FoobarReplication.",
        },
        _ => null,
    };

    private static IEnumerable<string> Outline(FailoverPreview preview) =>
        ((string[])(preview.Choice is { } choice ? [choice] : [])).Concat(preview.Steps.DefaultIfEmpty("move writes"));

    private static ConfirmedMove? Move(FailoverPreview preview) => preview is { OldPrimary: { } old, NewPrimary: { } candidate } ? new(old, candidate) : null;

    private FailoverOptions Options() => new()
    {
        To = To,
        AcceptDataLoss = AcceptDataLoss,
        DrainLimit = TimeSpan.FromSeconds(DrainSeconds),
        CatchUpLimit = TimeSpan.FromSeconds(CatchUpSeconds),
    };
}
