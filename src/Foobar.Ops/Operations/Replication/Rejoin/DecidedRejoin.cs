using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>A rejoin of which it is decided what it does.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="live">The connections.</param>
/// <param name="steps">The steps.</param>
internal sealed class DecidedRejoin(OperationHost host, RejoinConnections live, RejoinSteps steps) : IDecidedOperation<RejoinResult>
{
    // It writes its marker at its end only.
    public OperationIds? Ids => null;

    public bool LeavesOpen => false;

    public Plan Plan() => steps.Plan();

    public Task<RejoinResult> ReportAsync(OperationEnd end) => Task.FromResult<RejoinResult>(new()
    {
        Server = live.Returning,
        Primary = live.Primary.Name,
        Outcome = RejoinResult.Ended(end.Result.Outcome, steps.HasReplaced),
        Method = steps.Method,
        Reason = steps.Reason,
        ErrantGtids = steps.Errant.Gtids,
        ErrantCount = steps.Errant.Count,
        ErrantFile = steps.Errant.File,
        ErrantTrial = steps.Errant.Trial,
        ErrantTrialReason = steps.Errant.TrialReason,
        CopiedBytes = steps.CopiedBytes,
        Steps = end.Result.Steps,
        Error = end.Result.Failure is { } failure ? failure.Message + RejoinResult.Lost(end.Result, steps.HasReplaced) : null,
        Recommendation = string.Join(
            ' ',
            ((string?[])
            [
                (end.Result.Failure as FoobarException)?.Recommendation,
                RejoinResult.Lost(end.Result, steps.HasReplaced).Length > 0
                    ? RejoinResult.CopyAgain(live.Returning, live.Primary.Member.Flavor)
                    : null,
                EndpointSurvey.Advice(live.Endpoint, live.Primary.Name, live.Returning),
            ]).OfType<string>()) is { Length: > 0 } advice
            ? advice
            : null,
        Started = end.Started,
        Duration = host.Time.GetUtcNow() - end.Started,
        Journal = end.Journal,
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
