using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Failover.Emergency;
using Foobar.Ops.Operations.Failover.Endpoints;
using Foobar.Ops.Operations.Failover.Planned;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>Moves writes from one database member to another.</summary>
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
        _store = store ?? new OperationStore(session.Site.Name);
        _time = time ?? TimeProvider.System;
        _earlier = new(_store, _time);
    }

    /// <summary>Says what a failover would do; changes nothing.</summary>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        FailoverPreflight preflight = await PreflightAsync(options, cancellationToken);
        FailoverPreview preview = new() { OldPrimary = preflight.Old, NewPrimary = preflight.New, Blockers = preflight.Blockers, Steps = [] };
        if (preflight is not { Old: { } old, New: { } candidate })
        {
            return preview;
        }

        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, old, candidate, withOld: true, cancellationToken);
        (TimeSpan low, TimeSpan high) = await GapEstimate.MeasureAsync(live, cancellationToken);
        return preview with
        {
            Steps = Steps(live, options, new() { Id = "preview", Old = old, New = candidate }, await live.New.DurabilityAsync(cancellationToken), preflight).Plan().Outline,
            PredictedGapLow = low,
            PredictedGapHigh = high,
        };
    }

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are moved: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: something stands in the way, nothing was changed; <c>OperationRunning</c>.</exception>
    public async Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        _earlier.RefuseUnfinished();
        FailoverPreflight preflight = await PreflightAsync(options, cancellationToken);
        if (preflight is not { Old: { } old, New: { } candidate, Blockers.Count: 0 })
        {
            throw Refused(preflight.Blockers);
        }

        await using OperatorLocks alone = await OperatorLocks.TakeAsync(_session, old, candidate, started, cancellationToken);
        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, old, candidate, withOld: true, cancellationToken);
        SwitchoverOrder order = new()
        {
            Id = Guid.CreateVersion7().ToString(),
            Before = (await OperationMarkReader.ReadAsync(live.OldSession!, cancellationToken))?.Id ?? "",
            Old = old,
            New = candidate,
            Durability = await live.New.DurabilityAsync(cancellationToken),
            SemiSync = preflight.SemiSync,
            Connections = await live.ConnectionIdsAsync(cancellationToken),
        };
        await using FailoverCanary? canary = await FailoverCanary.StartAsync(_session, options, order.Id, _time, cancellationToken);
        SwitchoverSteps steps = Steps(live, options, order, order.Durability, preflight);
        steps.Canary = canary?.Writer;
        using FileJournal journal = _store.NewJournal("failover", started);
        PlanResult result = await new PlanRunner(journal, _time, progress).RunAsync(steps.Plan(), cancellationToken);
        return await ReportAsync(live, steps, canary, journal.Path, started, result);
    }

    /// <summary>Ends what an earlier run on this machine began and did not end.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>, <c>OperationRunning</c>, <c>OperationSuperseded</c>.</exception>
    public async Task<FailoverResult> ResumeAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        (string path, JournalState state) = _earlier.Unfinished
            ?? throw new FoobarException("NothingToResume", ErrorKind.NotFound, $"No failover of {_session.Site.Name} was left unfinished on this machine.") { Recommendation = "If another machine began it and is lost: Invoke-FoobarFailover -Resume -TakeOver." };
        if (EarlierFailover.IsEmergency(state.Parameters))
        {
            return await new EmergencyOperation(_session, _store, _time).ResumeAsync(path, state, options, progress, cancellationToken);
        }

        SwitchoverOrder order = SwitchoverOrder.Of(state.Parameters);
        await using OperatorLocks alone = await BothAsync(() => OperatorLocks.TakeAsync(_session, order.Old, order.New, started, cancellationToken));
        await using FailoverConnections live = await BothAsync(() => FailoverConnections.OpenAsync(_session, order.Old, order.New, withOld: true, cancellationToken));
        await _earlier.RefuseSupersededAsync([live.OldSession!, live.NewSession], path, [order.Id, order.Former], order.Before, cancellationToken);
        using FileJournal journal = FileJournal.Open(path);
        return await EndAsync(live, await ResumedAsync(live, options, order, cancellationToken), journal, state, started, progress, cancellationToken);
    }

    /// <summary>
    /// Ends what a run on another machine began that is lost, from what its marker on the databases says: finishes it if the
    /// application may write on the new primary, else undoes it. The connections it may still have are ended first.
    /// </summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>; <c>OperationUnfinished</c>: this machine has a journal of its own; <c>OperationRunning</c>: the other run still works.</exception>
    public async Task<FailoverResult> TakeOverAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        _earlier.RefuseUnfinished();
        OperationMark marker = await EarlierFailover.FindLostAsync(_session, cancellationToken);
        string id = Guid.CreateVersion7().ToString();
        if (EarlierFailover.IsEmergency(marker.Parameters))
        {
            return await new EmergencyOperation(_session, _store, _time).TakeOverAsync(marker, id, options, progress, cancellationToken);
        }

        SwitchoverOrder order = SwitchoverOrder.Of(marker.Parameters, "foobar_ops.operation") with { Id = id, Former = marker.Id };
        await using OperatorLocks alone = await BothAsync(() => OperatorLocks.TakeAsync(_session, order.Old, order.New, started, cancellationToken));
        await using FailoverConnections live = await BothAsync(() => FailoverConnections.OpenAsync(_session, order.Old, order.New, withOld: true, cancellationToken));
        await live.EndAsync(order.Connections, cancellationToken);
        order = order with { Connections = await live.ConnectionIdsAsync(cancellationToken) };

        // It may have gone on until a moment ago.
        marker = await EarlierFailover.StillLostAsync(marker, [live.OldSession!, live.NewSession], cancellationToken);
        SwitchoverSteps steps = await ResumedAsync(live, options, order, cancellationToken);
        using FileJournal journal = _store.NewJournal("failover", started);
        IReadOnlyList<JournalRecord> records = LostJournal.Of(steps.Plan(), marker.State == OperationState.Switched, started);
        journal.Append(records);
        return await EndAsync(live, steps, journal, JournalState.Replay(records, journal.Path), started, progress, cancellationToken);
    }

    /// <summary>Says which operation <see cref="TakeOverAsync"/> would end: <c>a failover from web-01 to web-02 by ...</c>.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>.</exception>
    public async Task<string> DescribeLostAsync(CancellationToken cancellationToken) => $"{await EarlierFailover.FindLostAsync(_session, cancellationToken)}";

    internal static FoobarException Refused(IReadOnlyList<FailoverBlocker> blockers) => blockers.FirstOrDefault(blocker => blocker.Code == FailoverBlocker.Running) is { } other
        ? new("OperationRunning", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {other.Message}.") { Recommendation = other.Remediation }
        : new("FailoverRefused", ErrorKind.Refused, $"The failover was refused, and nothing was changed. {string.Join(" ", blockers.Select(blocker => blocker + "."))}")
        {
            Server = blockers.Count > 0 ? blockers[0].Server : null,
            Recommendation = string.Join(" ", blockers.Select(blocker => blocker.Remediation).Distinct()),
        };

    private SwitchoverSteps Steps(FailoverConnections live, FailoverOptions options, SwitchoverOrder order, Durability durability, FailoverPreflight preflight) =>
        new(live, options, order, durability, new WriteFence(live.Old!, live.OldSecond!, live.New, preflight.Unbound), new ReverseLink(live, preflight.SemiSync), _time);

    private async Task<SwitchoverSteps> ResumedAsync(FailoverConnections live, FailoverOptions options, SwitchoverOrder order, CancellationToken cancellationToken) =>
        Steps(live, options, order, order.Durability ?? await live.New.DurabilityAsync(cancellationToken), new() { Blockers = [], SemiSync = order.SemiSync ?? live.Policy.SemiSync });

    private async Task<FailoverResult> EndAsync(FailoverConnections live, SwitchoverSteps steps, FileJournal journal, JournalState state, DateTimeOffset started, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        await ReportAsync(live, steps, canary: null, journal.Path, started, await new PlanRunner(journal, _time, progress).ResumeAsync(steps.Plan(), state, cancellationToken));

    // A switchover can be ended, either way, only with both its members.
    private static async Task<T> BothAsync<T>(Func<Task<T>> open)
    {
        try
        {
            return await open();
        }
        catch (FoobarException error) when (error.ErrorId != FailoverBlocker.Running)
        {
            throw new FoobarException(error.ErrorId, error.Kind, $"{error.Message.TrimEnd('.')}. To end the switchover both its members are needed; nothing was changed.", error)
            {
                Server = error.Server,
                Recommendation = $"{error.Recommendation} If that member is dead: Invoke-FoobarFailover -Emergency.".TrimStart(),
            };
        }
    }

    private async Task<FailoverPreflight> PreflightAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        Site site = _session.Site;
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(_session, cancellationToken);
        FailoverPreflight preflight = FailoverPreflight.Planned(facts, options);
        return preflight is { Old: { } old, New: { } candidate }
            ? await WithPathsAsync(preflight, site.Find(old)!, site.Find(candidate)!, site.Policy.Database!, cancellationToken)
            : preflight;
    }

    // What only a try can tell: whether the old primary will reach the new one, and where the endpoint leads now.
    private async Task<FailoverPreflight> WithPathsAsync(FailoverPreflight preflight, Server old, Server candidate, DatabasePolicy policy, CancellationToken cancellationToken)
    {
        List<FailoverBlocker> blockers = [.. preflight.Blockers];
        IServerSession server = await _session.GetServerAsync(old.Name, cancellationToken);
        if (await ReverseLink.ReachableAddressAsync(server, candidate, policy.Port, cancellationToken) is null)
        {
            blockers.Add(new() { Code = "ReverseConnection", Server = old.Name, Message = $"it can't reach {candidate.Name} on port {policy.Port}, so it could not replicate from it afterwards", Remediation = "Let the firewalls of both allow the database's port in this direction too." });
        }

        if (policy.WriteEndpoint is { Kind: WriteEndpointKind.Haproxy } endpoint)
        {
            await using HaproxyEndpoint haproxy = await HaproxyEndpoint.ConnectAsync(_session, endpoint, cancellationToken);
            IReadOnlyList<string> open = await haproxy.MembersAsync(cancellationToken) ?? [];
            if (open is not [{ } only] || !string.Equals(only, old.Name, StringComparison.OrdinalIgnoreCase))
            {
                blockers.Add(new() { Code = "Endpoint", Server = endpoint.Server, Message = $"{haproxy.Name} leads to {(open.Count == 0 ? "no member" : string.Join(", ", open))}, expected {old.Name} alone", Remediation = "Put the other servers of the backend into maintenance, and the primary out of it." });
            }
        }

        return preflight with { Blockers = blockers };
    }

    private async Task<FailoverResult> ReportAsync(FailoverConnections live, SwitchoverSteps steps, FailoverCanary? canary, string journal, DateTimeOffset started, PlanResult result)
    {
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        if (result.Outcome == PlanOutcome.Degraded)
        {
            // There is nothing to resume: what is left to repair must not keep the next operation out.
            await steps.DegradeAsync(limit.Token);
        }

        (WriteMeasurement? writes, CanaryAccount? account) = canary is null ? default : await canary.ReadAsync(moved ? live.NewSession : live.OldSession!, steps.Window, limit.Token);
        return new()
        {
            Id = steps.Id,
            Outcome = result.Outcome,
            OldPrimary = live.OldName,
            NewPrimary = live.NewName,
            WriteGap = WriteGap.Of(writes, moved ? steps.Closed : TimeSpan.Zero),
            Canary = writes,
            Proof = moved
                ? FailoverProof.Judge(live.New.Flavor, steps.FinalExecuted ?? await live.Old!.ExecutedAsync(limit.Token), await live.Old!.ExecutedAsync(limit.Token), await live.New.ExecutedAsync(limit.Token), account)
                : new() { Verdict = result.Outcome == PlanOutcome.Undone ? ProofVerdict.Proven : ProofVerdict.Unprovable, Reason = result.Outcome == PlanOutcome.Undone ? "Writes were not moved." : "Undoing failed; look at the members now." },
            Steps = result.Steps,
            Error = result.Failure?.Message,
            Recommendation = (result.Failure as FoobarException)?.Recommendation,
            Started = started,
            Duration = _time.GetUtcNow() - started,
            Journal = journal,
        };
    }
}
