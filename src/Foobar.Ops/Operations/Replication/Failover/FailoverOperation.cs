using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>Puts a replica in the place of a primary that is dead.</summary>
public sealed class FailoverOperation
{
    private readonly ISiteSession _session;
    private readonly OperationStore _store;
    private readonly TimeProvider _time;
    private readonly EarlierFailover _earlier;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public FailoverOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _session = session;
        _store = store ?? OperationStore.Of(session.Site);
        _time = time ?? TimeProvider.System;
        _earlier = new(_store, _time);
    }

    /// <summary>Says what it would do, and why it may or may not; changes nothing.</summary>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: it can't even be told who the primary was.</exception>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        ReplicationAnalysis scene = await new EmergencySurvey(_session, options, _store, _time).SurveyAsync(cancellationToken);
        await using FailoverConnections live = scene.Live;
        return Preview(scene, options);
    }

    private FailoverPreview Preview(ReplicationAnalysis scene, FailoverOptions options) =>
        new()
        {
            OldPrimary = scene.Primary,
            NewPrimary = scene.Candidate,
            Choice = scene.Choice,
            Verdict = scene.Verdict,
            Loss = scene.Loss,
            Blockers = scene.Blockers,
            Warnings = [.. scene.Warnings, .. scene.Events.Doubt is { } doubt ? [new() { Code = "Events", Server = scene.Candidate, Message = doubt, Remediation = EventSwitch.Advice }] : Array.Empty<FailoverBlocker>()],
            Steps = new FailoverSteps(scene.Live, Order(scene, options, "preview"), _time).Plan().Outline,
        };

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are let through to the new primary: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: the primary lives, or something stands in the way; nothing was changed; <c>OperationRunning</c>, <c>OperationUnfinished</c>.</exception>
    public async Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        if (_earlier.Unfinished is { } unfinished && EarlierFailover.IsEmergency(unfinished.State.Parameters))
        {
            _earlier.RefuseUnfinished();
        }

        ReplicationAnalysis scene = await new EmergencySurvey(_session, options, _store, _time).SurveyAsync(cancellationToken);
        await using FailoverConnections live = scene.Live;
        options.Seen?.Invoke(Preview(scene, options));
        if (scene.Blockers.Count > 0)
        {
            throw SwitchoverOperation.Refused(scene.Blockers);
        }

        TimeSpan before = _time.GetUtcNow() - started;
        await live.OpenOthersAsync(scene.Answering, cancellationToken);
        await live.HoldAsync(started, options.LostAfter, cancellationToken);
        await RefuseIfChangedAsync(scene, options.Confirmed, cancellationToken);
        _earlier.RefuseUnfinished(lost: scene.Primary);
        TimeSpan connected = _time.GetUtcNow() - started;
        FailoverParameters order = Order(scene, options, Guid.CreateVersion7().ToString());
        live.Own(order.Id, order.Before);
        FailoverSteps steps = new(live, order, _time);
        using FileJournal journal = _store.NewJournal("failover", started);
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.RunAsync(steps.Plan(), cancellationToken);
        StepResult detection = new() { Step = "detect", Description = $"see from {scene.Verdict.Reports.Count} vantages that {scene.Primary} is dead: {scene.Verdict.Reason}", Outcome = StepOutcome.Done, Duration = before };
        FailoverResult report = await ReportAsync(live, steps, order, runner, journal.Path, started, result);
        return report with
        {
            Steps = [detection, .. report.Steps],
            Verdict = scene.Verdict,
            Loss = scene.Loss,
            WritableAfter = steps.Writable is { } writable ? connected + writable : null,
        };
    }

    /// <summary>Ends what an earlier run on this machine began and did not end.</summary>
    /// <param name="path">Its journal.</param>
    /// <param name="state">What the journal says.</param>
    /// <param name="options">The limits.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    internal async Task<FailoverResult> ResumeAsync(string path, JournalState state, FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        FailoverParameters order = FailoverParameters.Of(state.Parameters, options.CatchUpLimit);
        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, order.Old, order.New, withOld: false, cancellationToken);
        await live.HoldAsync(started, options.LostAfter, cancellationToken);
        await _earlier.RefuseSupersededAsync([live.NewSession], path, [order.Id, order.Former], order.Before, cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        FailoverSteps steps = new(live, order, _time);
        using FileJournal journal = FileJournal.Open(path);
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.ResumeAsync(steps.Plan(), state, cancellationToken);
        return await ReportAsync(live, steps, order, runner, path, started, result);
    }

    /// <summary>Finishes what a run on another machine began that is lost: there is a marker since the application writes on the new primary.</summary>
    /// <param name="marker">Its marker.</param>
    /// <param name="id">The id under which it goes on.</param>
    /// <param name="options">The limits.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    internal async Task<FailoverResult> TakeOverAsync(OperationMark marker, string id, FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        FailoverParameters order = FailoverParameters.Of(marker.Parameters, options.CatchUpLimit, "foobar_ops.operation") with { Id = id, Former = marker.Id };
        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, order.Old, order.New, withOld: false, cancellationToken);
        await live.HoldAsync(started, options.LostAfter, cancellationToken);
        await EarlierFailover.StillLostAsync(marker, [live.NewSession], cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        FailoverSteps steps = new(live, order, _time);
        using FileJournal journal = _store.NewJournal("failover", started);
        IReadOnlyList<JournalRecord> records = JournalReconstruction.Of(steps.Plan(), passed: true, started);
        journal.Append(records);
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.ResumeAsync(steps.Plan(), JournalState.Replay(records, journal.Path), cancellationToken);
        return await ReportAsync(live, steps, order, runner, journal.Path, started, result);
    }

    private static FailoverParameters Order(ReplicationAnalysis scene, FailoverOptions options, string id) => new()
    {
        Id = id,
        Automatic = options.Automatic,
        Old = scene.Primary,
        New = scene.Candidate,
        MachineAnswers = scene.MachineAnswers,
        Salvage = scene.MachineAnswers && scene.Loss.Bound == LossBound.Nothing,
        SourceFile = scene.SourceFile,
        Events = scene.Events.Enable,
        EventDoubt = scene.Events.Doubt,
        Others = scene.Others,
        Givers = scene.Givers,
        Source = scene.Source,
        CatchUpLimit = options.DrainLimit,
        Before = scene.Marker?.Id ?? "",
        Durability = scene.Marker is { IsUnfinished: true } left && left.NewPrimary == scene.Candidate ? Durability.Parse(left.Parameters.GetValueOrDefault("durability")) : null,
    };

    // Between the survey and the lock another operator may have been there.
    private static async Task RefuseIfChangedAsync(ReplicationAnalysis scene, ConfirmedMove? confirmed, CancellationToken cancellationToken)
    {
        FailoverConnections live = scene.Live;
        OperationMark? marker = await OperationMarkReader.ReadAsync(live.NewSession, cancellationToken);
        string? what = confirmed is not null && confirmed != new ConfirmedMove(scene.Primary, scene.Candidate) ? $"{confirmed.OldPrimary} -> {confirmed.NewPrimary} was asked for, and by now it would be {scene.Primary} -> {scene.Candidate}"
            : (marker?.Id, marker?.State) != (scene.Marker?.Id, scene.Marker?.State) ? $"meanwhile there was {marker?.ToString() ?? "a marker less"}"
            : scene.IsReplica != await live.New.IsReplicaAsync(cancellationToken) ? $"{live.NewName} {(scene.IsReplica ? "replicates from none by now" : "replicates by now")}"
            : null;
        if (what is not null)
        {
            throw new FoobarException("PlanChanged", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {what}.")
            {
                Server = live.NewName,
                Recommendation = "Look at Get-FoobarReplication, and run the command again if the primary is still dead.",
            };
        }
    }

    // Without these the old primary can be the application's again after a restart; what else is left is the repair's.
    private static readonly string[] Needed = ["open-endpoint", "verify", "detach-new", "persist-new"];

    private async Task<FailoverResult> ReportAsync(FailoverConnections live, FailoverSteps steps, FailoverParameters order, PlanRunner runner, string journal, DateTimeOffset started, PlanResult result)
    {
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        bool open = moved && (!steps.IsMarked || result.Steps.Any(step => Needed.Contains(step.Step) && step.Outcome is not (StepOutcome.Done or StepOutcome.DoneEarlier)));
        if (moved && !open)
        {
            runner.Close(result.Outcome);
        }

        string[] advice = [.. steps.Advice, .. moved ? OtherBalancers.Warn(live.Site.Site).Select(each => $"{each.Server} {each.Message}. {each.Remediation}") : [], .. moved && OtherReplicas.Advice(OtherReplicas.Left(result.Steps)) is { } left ? [left] : Array.Empty<string>()];
        string? own = advice.Length > 0 ? string.Join(" ", advice) : (result.Failure as FoobarException)?.Recommendation;
        string? error = moved && result.Failure is not null ? string.Join(" ", result.Steps.Where(step => step.Outcome == StepOutcome.Failed).Select(step => step.Error)) : null;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        return new()
        {
            Id = order.Id,
            Outcome = result.Outcome,
            OldPrimary = live.OldName,
            NewPrimary = live.NewName,
            Proof = (moved ? await LossProof.JudgeAsync(live, order, limit.Token) : new() { Verdict = ProofVerdict.Unprovable, Reason = Unmoved(result.Outcome) })
                .WithComparison(_store, live.NewName, live.OldName, _time.GetUtcNow()),
            SalvagedGtids = steps.Salvaged?.Gtids(live.New.Flavor) ?? "",
            Steps = result.Steps,
            Error = error ?? await GlobalLockReader.ExplainAsync(live.Site, live.NewName, result.Failure, limit.Token),
            Recommendation = open || result.Outcome == PlanOutcome.UndoFailed ? $"{own} Then run Resume-FoobarFailover, which does what is left.".TrimStart() : own,
            Unfinished = open || result.Outcome == PlanOutcome.UndoFailed,
            Started = started,
            Duration = _time.GetUtcNow() - started,
            Journal = journal,
        };
    }

    private static string Unmoved(PlanOutcome outcome) => outcome switch
    {
        PlanOutcome.Undone => "Writes were not moved; what the old primary holds it still holds.",
        PlanOutcome.Superseded => "Another operation took this one's place; see its result.",
        _ => "Undoing failed; look at the members now.",
    };
}
