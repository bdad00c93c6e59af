using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>What a failover did, and its end: the journal is closed only when nothing that must outlast a restart is left to do.</summary>
/// <param name="host">Who ran it.</param>
/// <param name="live">The connections.</param>
/// <param name="parameters">What was decided.</param>
/// <param name="steps">The steps.</param>
internal sealed class FailoverReport(OperationHost host, FailoverConnections live, FailoverParameters parameters, FailoverSteps steps)
{
    // Without these the old primary can be the application's again after a restart; what else is left is the repair's.
    private static readonly string[] Needed = ["open-endpoint", "verify", "detach-new", "persist-new"];

    /// <summary>Makes it.</summary>
    public async Task<FailoverResult> MakeAsync(OperationEnd end)
    {
        PlanResult result = end.Result;
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        bool open = moved
            && (!steps.IsMarked
                || result.Steps.Any(
                    step => Needed.Contains(step.Step) && step.Outcome is not (StepOutcome.Done or StepOutcome.DoneEarlier)));
        if (moved && !open)
        {
            end.Runner.Close(result.Outcome);
        }

        string[] advice =
        [
            .. steps.Advice,
            .. Balancers(moved) is { } balancers ? [balancers] : Array.Empty<string>(),
            .. moved && OtherReplicas.Advice(OtherReplicas.Left(result.Steps)) is { } left ? [left] : Array.Empty<string>(),
        ];
        string? failure = (result.Failure as FoobarException)?.Recommendation;
        string? own = advice.Length == 0 ? failure : string.Join(" ", moved || failure is null ? advice : [failure, .. advice]);
        string? error = moved && result.Failure is not null
            ? string.Join(" ", result.Steps.Where(step => step.Outcome == StepOutcome.Failed).Select(step => step.Error))
            : null;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1), host.Time);
        return new()
        {
            Id = parameters.Id,
            Outcome = result.Outcome,
            OldPrimary = live.OldName,
            NewPrimary = live.Candidate.Name,
            Proof = (moved
                ? await LossProof.JudgeAsync(live, parameters, limit.Token)
                : new() { Verdict = ProofVerdict.Unprovable, Reason = Unmoved(result.Outcome) })
                with
                {
                    LastComparison = await LastComparison.TellAsync(
                        live.Site, host.Store, live.Candidate.Name, live.OldName, host.Time.GetUtcNow(), limit.Token),
                },
            SalvagedGtids = steps.Salvaged?.Gtids(live.Candidate.Member.Flavor) ?? "",
            Steps = result.Steps,
            Error = error ?? await GlobalLockReader.ExplainAsync(live.Site, live.Candidate.Name, result.Failure, limit.Token),
            Recommendation = open || result.Outcome == PlanOutcome.UndoFailed
                ? $"{own} Then run Resume-FoobarFailover, which does what is left.".TrimStart()
                : own,
            Unfinished = open || result.Outcome == PlanOutcome.UndoFailed,
            Started = end.Started,
            Duration = host.Time.GetUtcNow() - end.Started,
            Journal = end.Journal,
        };
    }

    private string? Balancers(bool moved) => moved
        ? EndpointSurvey.Advice(live.Endpoint, live.Candidate.Name, live.OldName)
        : EndpointSurvey.Advice(live.Endpoint, live.OldName, live.Candidate.Name);

    private static string Unmoved(PlanOutcome outcome) => outcome switch
    {
        PlanOutcome.Undone => "Writes were not moved; what the old primary holds it still holds.",
        PlanOutcome.Superseded => "Another operation took this one's place; see its result.",
        _ => "Undoing failed; look at the members now.",
    };
}
