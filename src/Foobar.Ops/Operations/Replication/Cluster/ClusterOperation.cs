using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Leads the writes of a cluster to another of its members; in a group with a single primary that member becomes the primary.</summary>
public sealed class ClusterOperation
{
    private readonly ISiteSession _session;
    private readonly OperationStore _store;
    private readonly TimeProvider _time;
    private readonly EarlierFailover _earlier;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public ClusterOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _session = session;
        _store = store ?? OperationStore.Of(session.Site);
        _time = time ?? TimeProvider.System;
        _earlier = new(_store, _time);
    }

    /// <summary>Whether a site's database is declared as a cluster, which is moved by this operation.</summary>
    public static bool Serves(Site site) => site.Policy.Database is { Topology: not DatabaseTopology.Replication };

    /// <summary>Says what a move would do; changes nothing.</summary>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        await using ClusterConnections live = await ClusterConnections.OpenAsync(_session, cancellationToken);
        ClusterPreflight preflight = await PreflightAsync(live, options, cancellationToken);
        FailoverPreview preview = new() { OldPrimary = preflight.Old, NewPrimary = preflight.New, Choice = preflight.Choice, Blockers = preflight.Blockers, Warnings = preflight.Warnings, Steps = [] };
        return preflight is { Old: { } old, New: { } candidate, Writer: { } writer }
            ? preview with { Steps = new ClusterSteps(live, options, Order(preflight, "preview", old, candidate, writer), _time).Plan().Outline }
            : preview;
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
        await using ClusterConnections live = await ClusterConnections.OpenAsync(_session, cancellationToken);
        ClusterPreflight seen = Accepted(await PreflightAsync(live, options, cancellationToken), options.Confirmed);
        await live.HoldAsync(Held(seen), started, options.LostAfter, cancellationToken);

        // Until now another operator may have moved writes, or the group elected by itself: only what is seen from here on stays so.
        ClusterPreflight preflight = Accepted(await PreflightAsync(live, options with { To = seen.New }, cancellationToken), new(seen.Old!, seen.New!));
        if (preflight.Writer != seen.Writer || preflight.OldIsIn != seen.OldIsIn)
        {
            throw Changed($"the cluster's members or its primary have changed ({seen.Writer} -> {preflight.Writer})", preflight.Writer);
        }

        ClusterParameters order = Order(preflight, Guid.CreateVersion7().ToString(), preflight.Old!, preflight.New!, preflight.Writer!) with
        {
            Before = (await OperationMarkReader.ReadAsync(live.Session(preflight.Writer!), cancellationToken))?.Id ?? "",
        };
        live.Own(order.Id, order.Before);
        await using FailoverCanary? canary = order.OldIsIn ? await FailoverCanary.StartAsync(_session, options, order.Id, _time, cancellationToken) : null;
        ClusterSteps steps = new(live, options, order, _time) { Canary = canary?.Writer };
        using FileJournal journal = _store.NewJournal("failover", started);
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };
        PlanResult result = await runner.RunAsync(steps.Plan(), cancellationToken);
        return await new ClusterReport(live, steps, runner, _store, _time) { Canary = canary }.MakeAsync(result, journal.Path, started);
    }

    /// <summary>Ends what an earlier run on this machine began and did not end.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>, <c>OperationRunning</c>, <c>OperationSuperseded</c>.</exception>
    public async Task<FailoverResult> ResumeAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        (string path, JournalState state) = _earlier.Unfinished
            ?? throw new FoobarException("NothingToResume", ErrorKind.NotFound, $"No failover of {_session.Site.Name} was left unfinished on this machine.") { Recommendation = "If a refused failover tells of one all the same, another machine or user began it: Resume-FoobarFailover there, or Resume-FoobarFailover -TakeOver here if that machine is lost." };
        ClusterParameters order = ClusterParameters.Of(state.Parameters);
        await using ClusterConnections live = await HeldAsync(order, started, options, cancellationToken);
        await _earlier.RefuseSupersededAsync([live.Session(order.New)], path, [order.Id, order.Former], order.Before, cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        using FileJournal journal = _store.OpenJournal(path);
        return await EndAsync(live, new ClusterSteps(live, options, order, _time), journal, state, started, progress);
    }

    /// <summary>
    /// Ends what a run on another machine began that is lost, from what its marker says: finishes it if the endpoint leads to
    /// the new member already, else undoes it.
    /// </summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>; <c>OperationUnfinished</c>: this machine has a journal of its own; <c>OperationRunning</c>: the other run still works.</exception>
    public async Task<FailoverResult> TakeOverAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("failover", started);
        _earlier.RefuseUnfinished();
        OperationMark marker = await EarlierFailover.FindLostAsync(_session, cancellationToken);
        ClusterParameters order = ClusterParameters.Of(marker.Parameters, "foobar_ops.operation") with { Id = Guid.CreateVersion7().ToString(), Former = marker.Id };
        await using ClusterConnections live = await HeldAsync(order, started, options, cancellationToken);
        marker = await EarlierFailover.StillLostAsync(marker, [live.Session(order.New)], cancellationToken);
        live.Own(order.Id, order.Former, order.Before);
        bool moved = marker.State == OperationState.Switched
            || (await live.Endpoint.MembersAsync(cancellationToken))?.Contains(order.New, StringComparer.OrdinalIgnoreCase) == true;
        ClusterSteps steps = new(live, options, order, _time);
        using FileJournal journal = _store.NewJournal("failover", started);
        IReadOnlyList<JournalRecord> records = JournalReconstruction.Of(steps.Plan(), moved, started);
        journal.Append(records);
        return await EndAsync(live, steps, journal, JournalState.Replay(records, journal.Path), started, progress);
    }

    private async Task<FailoverResult> EndAsync(ClusterConnections live, ClusterSteps steps, FileJournal journal, JournalState state, DateTimeOffset started, IProgress<StepResult>? progress)
    {
        PlanRunner runner = new(journal, _time, progress) { LeavesOpen = true };

        // What is being ended is half an operation: nothing cancels that.
        PlanResult result = await runner.ResumeAsync(steps.Plan(), state, CancellationToken.None);
        return await new ClusterReport(live, steps, runner, _store, _time).MakeAsync(result, journal.Path, started);
    }

    private async Task<ClusterConnections> HeldAsync(ClusterParameters order, DateTimeOffset started, FailoverOptions options, CancellationToken cancellationToken)
    {
        ClusterConnections live = await ClusterConnections.OpenAsync(_session, cancellationToken);
        try
        {
            await live.HoldAsync(order.OldIsIn ? [order.Old, order.New, order.Writer] : [order.New, order.Writer], started, options.LostAfter, cancellationToken);
            return live;
        }
        catch
        {
            await live.DisposeAsync();
            throw;
        }
    }

    private async Task<ClusterPreflight> PreflightAsync(ClusterConnections live, FailoverOptions options, CancellationToken cancellationToken)
    {
        Site site = _session.Site;
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(_session, cancellationToken);
        ClusterPreflight preflight = ClusterPreflight.Judge(facts, options, await live.Endpoint.MembersAsync(cancellationToken));
        return preflight is { Old: { } old, New: { } candidate } && site.Policy.Database!.WriteEndpoint is { } endpoint && live.Endpoint is HaproxyEndpoint haproxy
            ? preflight with { Blockers = [.. preflight.Blockers, .. await HaproxyBlockersAsync(haproxy, endpoint.Server, [old, candidate], cancellationToken)] }
            : preflight;
    }

    private static async Task<IReadOnlyList<FailoverBlocker>> HaproxyBlockersAsync(HaproxyEndpoint haproxy, string server, string[] members, CancellationToken cancellationToken)
    {
        List<FailoverBlocker> blockers = [];
        if (await haproxy.LevelAsync(cancellationToken) is { } level)
        {
            blockers.Add(new() { Code = "EndpointLevel", Server = server, Message = $"the admin socket lets us in as {level}, and only 'admin' may move writes", Remediation = "Declare the socket with 'level admin' in HAProxy's global section (stats socket PATH level admin), and reload it." });
        }

        IReadOnlyList<string> servers = await haproxy.ServersAsync(cancellationToken);
        foreach (string member in members.Where(member => !servers.Contains(member, StringComparer.OrdinalIgnoreCase)))
        {
            blockers.Add(new() { Code = "Endpoint", Server = server, Message = $"{haproxy.Name} has no server '{member}', only {string.Join(", ", servers)}", Remediation = $"Add a server line named '{member}' to the backend, as the inventory names the member." });
        }

        return blockers;
    }

    private static IEnumerable<string> Held(ClusterPreflight preflight) => preflight.OldIsIn ? [preflight.Old!, preflight.New!, preflight.Writer!] : [preflight.New!, preflight.Writer!];

    private static ClusterParameters Order(ClusterPreflight preflight, string id, string old, string candidate, string writer) => new()
    {
        Id = id,
        Kind = preflight.Kind,
        Old = old,
        New = candidate,
        Writer = writer,
        OldIsIn = preflight.OldIsIn,
        Elects = preflight.Elects,
        NewUuid = preflight.NewUuid,
        WriterUuid = preflight.WriterUuid,
    };

    private static ClusterPreflight Accepted(ClusterPreflight preflight, ConfirmedMove? shown)
    {
        if (shown is not null && preflight is { Old: not null } && (preflight.Old, preflight.New) != (shown.OldPrimary, shown.NewPrimary))
        {
            throw Changed($"{shown.OldPrimary} -> {shown.NewPrimary} was asked for, and by now {(preflight.New is null ? $"writes are led to {preflight.Old}" : $"it would be {preflight.Old} -> {preflight.New}")}", preflight.Old);
        }

        return preflight is { Old: not null, New: not null, Writer: not null, Blockers.Count: 0 } ? preflight : throw SwitchoverOperation.Refused(preflight.Blockers);
    }

    private static FoobarException Changed(string what, string? server) => new("PlanChanged", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {what}.")
    {
        Server = server,
        Recommendation = "Look at Get-FoobarReplication, and run the command again if writes are still to be moved.",
    };
}
