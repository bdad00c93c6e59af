using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that move writes from one database member to another, or end such a move.</summary>
public abstract class FailoverCmdlet : SiteCmdlet
{
    /// <summary>How long to wait for a small backlog before writes are stopped, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>How long writes may be stopped while the candidate applies the rest, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int CatchUpSeconds { get; set; } = 5;

    /// <summary>What the parameters of all failovers ask for.</summary>
    private protected FailoverOptions Limits() => new()
    {
        DrainLimit = TimeSpan.FromSeconds(DrainSeconds),
        CatchUpLimit = TimeSpan.FromSeconds(CatchUpSeconds),
    };

    /// <summary>Acts and writes the result; what did not go as it should is an error besides.</summary>
    private protected void Perform(Func<IProgress<StepResult>, CancellationToken, Task<FailoverResult>> act)
    {
        FailoverResult result = Run((output, token) => act(new StepProgress(output), token));
        WriteObject(result);
        if (Failure(result) is { } failure)
        {
            Fail(failure, result);
        }
    }

    // To be undone is what a resume may be for.
    private static FoobarException? Failure(FailoverResult result) => result.Outcome switch
    {
        PlanOutcome.Undone when result.Error is not null => new FoobarException(
            "FailoverUndone", ErrorKind.Failed, $"The failover was undone, writes are where they were: {result.Error}")
        {
            Recommendation = result.Recommendation ?? "Put right what the message names, and try again.",
        },
        PlanOutcome.Degraded => new FoobarException(
            "FailoverDegraded", ErrorKind.Failed, $"Writes were moved to {result.NewPrimary}, but a later step failed: {result.Error}")
        {
            Recommendation = result.Recommendation ?? "See the Steps of the result, and repair what failed.",
        },
        PlanOutcome.UndoFailed => new FoobarException(
            "FailoverUndoFailed", ErrorKind.Failed, $"The failover failed, and so did undoing it: {result.Error}")
        {
            Recommendation = $"{result.Recommendation} The journal is {result.Journal}.",
        },
        PlanOutcome.Superseded => new FoobarException(
            "OperationSuperseded", ErrorKind.Refused, result.Error ?? "Another operator took this operation's place.")
        {
            Recommendation = result.Recommendation ?? "Look at Get-FoobarReplication.",
        },
        _ => null,
    };
}
