using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>
/// What a switchover did, read over fresh connections, and its end: the journal is closed only when the members' marker says
/// how it ended and nothing that must outlast a restart is left to do. Never throws: whatever can't be read is told so.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="steps">The steps.</param>
/// <param name="runner">Their runner, which has left the journal open.</param>
/// <param name="store">The site's state on this machine.</param>
/// <param name="time">The clock.</param>
internal sealed class SwitchoverReport(
    SwitchoverConnections live, SwitchoverSteps steps, PlanRunner runner, OperationStore store, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);
    private const int AskTimes = 30;

    /// <summary>The canary, if there is one.</summary>
    public FailoverCanary? Canary { get; init; }

    /// <summary>Makes it.</summary>
    public async Task<FailoverResult> MakeAsync(PlanResult result, string journal, DateTimeOffset started)
    {
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        using CancellationTokenSource limit = new(Limit, time);
        string? unsettled = moved ? await SettleAsync(result, limit.Token) : null;
        (WriteMeasurement? writes, CanaryAccount? account) = Canary is null
            ? default
            : await Canary.CountAsync(moved ? live.Candidate.Name : live.OldName, steps.Window, limit.Token);
        return new()
        {
            Id = steps.Id,
            Outcome = unsettled is null ? result.Outcome : PlanOutcome.Degraded,
            OldPrimary = live.OldName,
            NewPrimary = live.Candidate.Name,
            WriteGap = WriteGap.Of(writes, moved ? steps.Closed : TimeSpan.Zero),
            Canary = writes,
            Proof = await ProveAsync(result, account, limit.Token) with
            {
                LastComparison = await LastComparison.TellAsync(
                    live.Site, store, live.Candidate.Name, live.OldName, time.GetUtcNow(), limit.Token),
            },
            Steps = result.Steps,
            Error = await ExplainAsync(result, limit.Token) ?? unsettled,
            Recommendation = Recommend(result, unsettled, moved),
            Unfinished = unsettled is not null || result.Outcome == PlanOutcome.UndoFailed,
            Started = started,
            Duration = time.GetUtcNow() - started,
            Journal = journal,
        };
    }

    // Why a resume still has something to do; null if it has not.
    private async Task<string?> SettleAsync(PlanResult result, CancellationToken token)
    {
        string[] left =
        [
            .. result.Steps.Where(
                step =>
                    step.Outcome is not (StepOutcome.Done or StepOutcome.DoneEarlier)
                        && step.Step != "redundancy"
                        && !OtherReplicas.Owns(step.Step)
                        && !EndpointSurvey.Owns(step.Step))
                .Select(step => step.Step),
        ];
        if (left.Length > 0)
        {
            return $"left to do: {string.Join(", ", left)}";
        }

        try
        {
            // A resume that did again what an earlier run failed at has written that the operation is under way.
            if (result.Outcome == PlanOutcome.Degraded || result.Steps.Any(step => step.Outcome == StepOutcome.DoneEarlier))
            {
                await using IDatabaseSession primary = await live.Site.OpenDatabaseAsync(live.Candidate.Name, token);
                await steps.Marker.SetAsync(
                    DatabaseMember.Of(primary),
                    result.Outcome == PlanOutcome.Degraded ? OperationState.Degraded : OperationState.Completed,
                    token);
            }

            runner.Close(result.Outcome);
            return null;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return $"the marker on {live.Candidate.Name} could not be written: {error.Message}";
        }
    }

    private string? Recommend(PlanResult result, string? unsettled, bool moved)
    {
        string? balancers = moved
            ? EndpointSurvey.Advice(live.Endpoint, live.Candidate.Name, live.OldName)
            : EndpointSurvey.Advice(live.Endpoint, live.OldName, live.Candidate.Name);
        string? own = (result.Failure as FoobarException)?.Recommendation;
        own = own == balancers ? null : own;
        string? members = result.Outcome switch
        {
            _ when unsettled is not null => $"{own} Then run Resume-FoobarFailover, which does what is left.".TrimStart(),
            PlanOutcome.UndoFailed =>
                $"{own} Look at Get-FoobarReplication now, then run Resume-FoobarFailover, which undoes the rest.".TrimStart(),
            PlanOutcome.Degraded when Left(result) is { Count: > 0 } left => OtherReplicas.Advice(left),
            PlanOutcome.Undone when result.Failure is not null => own ?? "Put right what the error names, and run the command again.",
            _ => own,
        };
        return string.Join(' ', ((string?[])[members, balancers]).OfType<string>()) is { Length: > 0 } advice ? advice : null;
    }

    // The members that do not follow the new primary.
    private IReadOnlyList<string> Left(PlanResult result) =>
        [
            .. result.Steps is [.., { Outcome: StepOutcome.Failed }] ? [live.OldName] : Array.Empty<string>(),
            .. OtherReplicas.Left(result.Steps),
        ];

    // Of several members or load balancers each has a reason of its own. A step that failed and was undone is no failed one.
    private async Task<string?> ExplainAsync(PlanResult result, CancellationToken token) =>
        result.Steps.Where(static step => step.Outcome == StepOutcome.Failed).ToArray() is { Length: > 1 } failed
            ? string.Join(" ", failed.Select(static step => step.Error))
            : await GlobalLockReader.ExplainAsync(live.Site, live.OldName, result.Failure, token);

    private async Task<FailoverProof> ProveAsync(PlanResult result, CanaryAccount? account, CancellationToken token)
    {
        if (result.Outcome is PlanOutcome.UndoFailed or PlanOutcome.Superseded)
        {
            return new()
            {
                Verdict = ProofVerdict.Unprovable,
                Reason = result.Outcome == PlanOutcome.Superseded
                    ? "Another operation took this one's place; see its result."
                    : "Undoing failed; look at the members now.",
            };
        }

        bool promoted = result.Steps.Any(step => step is { Step: "promote", Outcome: not StepOutcome.Skipped });
        if (result.Outcome == PlanOutcome.Undone && !promoted)
        {
            return new() { Verdict = ProofVerdict.Proven, Reason = "Writes were not moved." };
        }

        // Whoever follows is asked first: what the other takes meanwhile is not missing there.
        bool back = result.Outcome == PlanOutcome.Undone;
        (string? first, string? firstFailure) = await ExecutedAsync(back ? live.Candidate.Name : live.OldName, token);
        string primary = back ? live.OldName : live.Candidate.Name;
        (string? second, string? secondFailure) = await ExecutedAsync(primary, token);
        if (first is not null && second is string source)
        {
            (second, secondFailure) = await UntilCountedAsync(
                live.Candidate.Member.Flavor, first, source, () => ExecutedAsync(primary, token), AskAgain, time);
        }

        (string? oldNow, string? newNow) = back ? (second, first) : (first, second);
        if (newNow is null || (oldNow is null && back))
        {
            return new()
            {
                Verdict = ProofVerdict.Unprovable,
                Reason = $"What the members hold now could not be read: {firstFailure ?? secondFailure}",
            };
        }

        return back
            ? FailoverProof.JudgeUndone(live.Candidate.Member.Flavor, live.OldName, live.Candidate.Name, oldNow!, newNow)
            : FailoverProof.Judge(live.Candidate.Member.Flavor, steps.FinalExecuted ?? oldNow, oldNow, newNow, account, steps.Unlogged);
    }

    /// <summary>
    /// What a source holds once it counts all that its replica shows. A source sends a transaction when it is in its log, and counts
    /// it as executed when it is committed, some milliseconds later on a busy machine: so a replica may show what the source does
    /// not show yet. What the replica alone holds stays missing.
    /// </summary>
    /// <param name="flavor">The flavour of both.</param>
    /// <param name="replica">What the replica holds.</param>
    /// <param name="source">What the source held after that.</param>
    /// <param name="again">Asks the source again.</param>
    /// <param name="pause">How long to wait before each of up to 30 questions.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    /// <returns>What it holds; or why that can't be told, if it stopped answering before it counted all.</returns>
    internal static async Task<(string? Executed, string? Failure)> UntilCountedAsync(
        DatabaseFlavor flavor,
        string replica,
        string source,
        Func<Task<(string? Executed, string? Failure)>> again,
        TimeSpan pause,
        TimeProvider? time = null)
    {
        for (int asked = 0; asked < AskTimes && GtidComparison.Errant(flavor, replica, source).Length > 0; asked++)
        {
            await Task.Delay(pause, time ?? TimeProvider.System);
            (string? now, string? failure) = await again();
            if (now is null)
            {
                return (null, failure);
            }

            source = now;
        }

        return (source, null);
    }

    private async Task<(string? Executed, string? Failure)> ExecutedAsync(string member, CancellationToken token)
    {
        try
        {
            await using IDatabaseSession database = await live.Site.OpenDatabaseAsync(member, token);
            return (await DatabaseMember.Of(database).ExecutedAsync(token), null);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return (null, error.Message);
        }
    }
}
