using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Moves writes from one database member to another.</summary>
public sealed class SwitchoverOperation
{
    private readonly ISiteSession _session;
    private readonly OperationStore _store;
    private readonly TimeProvider _time;
    private readonly EarlierFailover _earlier;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public SwitchoverOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _session = session;
        _store = store ?? OperationStore.Of(session.Site);
        _time = time ?? TimeProvider.System;
        _earlier = new(_store, _time);
    }

    /// <summary>Says what a failover would do; changes nothing.</summary>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        SwitchoverPreflight preflight = await PreflightAsync(options, cancellationToken);
        FailoverPreview preview = new() { OldPrimary = preflight.Old, NewPrimary = preflight.New, Choice = preflight.Choice, Blockers = preflight.Blockers, Warnings = preflight.Warnings, Steps = [] };
        if (preflight is not { Old: { } old, New: { } candidate })
        {
            return preview;
        }

        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, old, candidate, withOld: true, cancellationToken);
        (TimeSpan low, TimeSpan high) = await GapEstimate.MeasureAsync(live, cancellationToken);
        return preview with
        {
            Steps = Steps(live, options, new() { Id = "preview", Old = old, New = candidate, Events = Names(preflight), Others = preflight.Followers }, await live.New.DurabilityAsync(cancellationToken), preflight).Plan().Outline,
            PredictedGapLow = low,
            PredictedGapHigh = high,
        };
    }

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are moved: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: something stands in the way, nothing was changed; <c>PlanChanged</c>: it is not what was confirmed; <c>OperationRunning</c>.</exception>
    public async Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        _earlier.RefuseUnfinished();
        SwitchoverPreflight seen = await AcceptedAsync(options, options.Confirmed, cancellationToken);
        ConfirmedMove move = new(seen.Old!, seen.New!);
        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, move.OldPrimary, move.NewPrimary, withOld: true, cancellationToken);
        await live.OpenOthersAsync(seen.Followers, cancellationToken);
        await live.HoldAsync(started, options.LostAfter, cancellationToken);

        // Until now another operator may have moved writes: only what is seen from here on stays so.
        SwitchoverPreflight preflight = await AcceptedAsync(options, move, cancellationToken);
        SwitchoverParameters order = new()
        {
            Id = Guid.CreateVersion7().ToString(),
            Before = (await OperationMarkReader.ReadAsync(live.OldSession!, cancellationToken))?.Id ?? "",
            Old = move.OldPrimary,
            New = move.NewPrimary,
            Durability = await live.New.DurabilityAsync(cancellationToken),
            SemiSync = preflight.SemiSync,
            Events = Names(preflight),
            Others = preflight.Followers,
        };
        foreach (string other in order.Others)
        {
            await live.OtherAsync(other, cancellationToken);
        }

        live.Own(order.Id, order.Before);
        await using FailoverCanary? canary = await FailoverCanary.StartAsync(_session, options, order.Id, _time, cancellationToken);
        SwitchoverSteps steps = Steps(live, options, order, order.Durability, preflight);
        steps.Canary = canary?.Writer;
        using FileJournal journal = _store.NewJournal("failover", started);
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.RunAsync(steps.Plan(), cancellationToken);
        return await new SwitchoverReport(live, steps, runner, _store, _time) { Canary = canary }.MakeAsync(result, journal.Path, started);
    }

    /// <summary>Ends what an earlier run on this machine began and did not end.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>, <c>OperationRunning</c>, <c>OperationSuperseded</c>.</exception>
    public async Task<FailoverResult> ResumeAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        (string path, JournalState state) = _earlier.Unfinished
            ?? throw new FoobarException("NothingToResume", ErrorKind.NotFound, $"No failover of {_session.Site.Name} was left unfinished on this machine.") { Recommendation = "If Get-FoobarReplication or a refused failover tells of one all the same, another machine or user began it: Resume-FoobarFailover there, or Resume-FoobarFailover -TakeOver here if that machine is lost." };
        if (EarlierFailover.IsEmergency(state.Parameters))
        {
            return await new FailoverOperation(_session, _store, _time).ResumeAsync(path, state, options, progress, cancellationToken);
        }

        SwitchoverParameters order = SwitchoverParameters.Of(state.Parameters);
        await using FailoverConnections live = await BothAsync(() => HeldAsync(order, started, options, cancellationToken));
        await _earlier.RefuseSupersededAsync([live.OldSession!, live.NewSession], path, [order.Id, order.Former], order.Before, cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        using FileJournal journal = FileJournal.Open(path);
        return await EndAsync(live, await ResumedAsync(live, options, order, cancellationToken), journal, state, started, progress, cancellationToken);
    }

    /// <summary>
    /// Ends what a run on another machine began that is lost, from what its marker on the databases says: finishes it if
    /// writes are at the new primary, else undoes it. The connections on which it could change anything are ended first.
    /// </summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>; <c>OperationUnfinished</c>: this machine has a journal of its own; <c>OperationRunning</c>: the other run still works; <c>MarkerContradicted</c>: the members are not as the marker says.</exception>
    public async Task<FailoverResult> TakeOverAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        _earlier.RefuseUnfinished();
        OperationMark marker = await EarlierFailover.FindLostAsync(_session, cancellationToken);
        string id = Guid.CreateVersion7().ToString();
        if (EarlierFailover.IsEmergency(marker.Parameters))
        {
            return await new FailoverOperation(_session, _store, _time).TakeOverAsync(marker, id, options, progress, cancellationToken);
        }

        SwitchoverParameters order = SwitchoverParameters.Of(marker.Parameters, "foobar_ops.operation") with { Id = id, Former = marker.Id };
        await using FailoverConnections live = await BothAsync(() => HeldAsync(order, started, options, cancellationToken));

        // It may have gone on until a moment ago; with the locks, the connections on which it could are gone.
        marker = await EarlierFailover.StillLostAsync(marker, [live.OldSession!, live.NewSession], cancellationToken);
        bool moved = await LostSwitchover.HasMovedAsync(live, marker, cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        SwitchoverSteps steps = await ResumedAsync(live, options, order, cancellationToken);
        using FileJournal journal = _store.NewJournal("failover", started);
        IReadOnlyList<JournalRecord> records = JournalReconstruction.Of(steps.Plan(), moved, started);
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

    private SwitchoverSteps Steps(FailoverConnections live, FailoverOptions options, SwitchoverParameters order, Durability durability, SwitchoverPreflight preflight) =>
        new(live, options, order, durability, new WriteFence(live.Old!, live.OldSecond!, live.New, preflight.Unbound), new ReverseLink(live, preflight.SemiSync), _time) { Unlogged = preflight.Unlogged };

    private static IReadOnlyList<EventName> Names(SwitchoverPreflight preflight) => [.. preflight.Events.Select(one => new EventName(one.Schema, one.Name))];

    private async Task<SwitchoverSteps> ResumedAsync(FailoverConnections live, FailoverOptions options, SwitchoverParameters order, CancellationToken cancellationToken) =>
        Steps(live, options, order, order.Durability ?? await live.New.DurabilityAsync(cancellationToken), new()
        {
            Blockers = [],
            SemiSync = order.SemiSync ?? live.Policy.SemiSync,
            Unlogged = await LogFilterReader.ReadAsync(live.OldSession!, cancellationToken),
        });

    private async Task<FailoverResult> EndAsync(FailoverConnections live, SwitchoverSteps steps, FileJournal journal, JournalState state, DateTimeOffset started, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.ResumeAsync(steps.Plan(), state, cancellationToken);
        return await new SwitchoverReport(live, steps, runner, _store, _time).MakeAsync(result, journal.Path, started);
    }

    private async Task<FailoverConnections> HeldAsync(SwitchoverParameters order, DateTimeOffset started, FailoverOptions options, CancellationToken cancellationToken)
    {
        FailoverConnections live = await FailoverConnections.OpenAsync(_session, order.Old, order.New, withOld: true, cancellationToken);
        try
        {
            await live.OpenOthersAsync(order.Others, cancellationToken);
            await live.HoldAsync(started, options.LostAfter, cancellationToken);
            return live;
        }
        catch
        {
            await live.DisposeAsync();
            throw;
        }
    }

    // What runs is what was shown, or a refusal.
    private async Task<SwitchoverPreflight> AcceptedAsync(FailoverOptions options, ConfirmedMove? shown, CancellationToken cancellationToken)
    {
        SwitchoverPreflight preflight = await PreflightAsync(options, cancellationToken);
        if (shown is not null && (preflight.Old, preflight.New) != (shown.OldPrimary, shown.NewPrimary) && preflight is { Old: not null })
        {
            throw new FoobarException("PlanChanged", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {shown.OldPrimary} -> {shown.NewPrimary} was asked for, and by now {(preflight.New is null ? $"{preflight.Old} is the primary" : $"it would be {preflight.Old} -> {preflight.New}")}.")
            {
                Server = preflight.Old,
                Recommendation = "Somebody has moved writes meanwhile. Look at Get-FoobarReplication, and run the command again if writes are still to be moved.",
            };
        }

        return preflight is { Old: not null, New: not null, Blockers.Count: 0 } ? preflight : throw Refused(preflight.Blockers);
    }

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

    private async Task<SwitchoverPreflight> PreflightAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        Site site = _session.Site;
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(_session, cancellationToken);
        SourceEvidence.Keep(_store, facts);
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(facts, options);
        return preflight is { Old: { } old, New: { } candidate }
            ? await WithPathsAsync(preflight, site.Find(old)!, site.Find(candidate)!, site.Policy.Database!, cancellationToken)
            : preflight;
    }

    // What only a try can tell: whether the old primary will reach the new one, and where the endpoint leads now.
    private async Task<SwitchoverPreflight> WithPathsAsync(SwitchoverPreflight preflight, Server old, Server candidate, DatabasePolicy policy, CancellationToken cancellationToken)
    {
        List<FailoverBlocker> blockers = [.. preflight.Blockers];
        IServerSession server = await _session.GetServerAsync(old.Name, cancellationToken);
        if (await ReverseLink.ReachableAddressAsync(server, candidate, policy.Port, cancellationToken) is null)
        {
            blockers.Add(new() { Code = "ReverseConnection", Server = old.Name, Message = $"it can't reach {candidate.Name} on port {policy.Port}, so it could not replicate from it afterwards", Remediation = "Let the firewalls of both allow the database's port in this direction too." });
        }

        foreach (string other in preflight.Followers)
        {
            if (await ReverseLink.ReachableAddressAsync(await _session.GetServerAsync(other, cancellationToken), candidate, policy.Port, cancellationToken) is null)
            {
                blockers.Add(new() { Code = "ReplicaConnection", Server = other, Message = $"it can't reach {candidate.Name} on port {policy.Port}, so it could not follow it", Remediation = "Let the firewalls of both allow the database's port in this direction too." });
            }
        }

        if (policy.WriteEndpoint is { Kind: WriteEndpointKind.Haproxy } endpoint)
        {
            await using HaproxyEndpoint haproxy = await HaproxyEndpoint.ConnectAsync(_session, endpoint, cancellationToken);
            IReadOnlyList<string> open = await haproxy.MembersAsync(cancellationToken) ?? [];
            if (await haproxy.LevelAsync(cancellationToken) is { } level)
            {
                blockers.Add(new() { Code = "EndpointLevel", Server = endpoint.Server, Message = $"the admin socket lets us in as {level}, and only 'admin' may move writes", Remediation = "Declare the socket with 'level admin' in HAProxy's global section (stats socket PATH level admin), and reload it." });
            }

            IReadOnlyList<string> servers = await haproxy.ServersAsync(cancellationToken);
            foreach (string member in ((string[])[old.Name, candidate.Name]).Where(member => !servers.Contains(member, StringComparer.OrdinalIgnoreCase)))
            {
                blockers.Add(new() { Code = "Endpoint", Server = endpoint.Server, Message = $"{haproxy.Name} has no server '{member}', only {string.Join(", ", servers)}", Remediation = $"Add a server line named '{member}' to the backend, as the inventory names the member." });
            }

            if (open is not [{ } only] || !string.Equals(only, old.Name, StringComparison.OrdinalIgnoreCase))
            {
                blockers.Add(new() { Code = "Endpoint", Server = endpoint.Server, Message = $"{haproxy.Name} leads to {(open.Count == 0 ? "no member" : string.Join(", ", open))}, expected {old.Name} alone", Remediation = "Put the other servers of the backend into maintenance, and the primary out of it." });
            }
        }

        await using IDatabaseSession database = await _session.OpenDatabaseAsync(old.Name, cancellationToken);
        blockers.AddRange((await GlobalLockReader.ReadAsync(database, cancellationToken)).Select(held => new FailoverBlocker
        {
            Code = "GlobalLock",
            Server = old.Name,
            Message = held,
            Remediation = "A backup may be running: wait until it has ended, or end that connection (KILL).",
        }));
        return preflight with { Blockers = blockers };
    }
}
