using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>Brings a member back as a replica: as it is where its transactions allow, else by a fresh copy.</summary>
public sealed class RejoinOperation
{
    private readonly ISiteSession _session;
    private readonly OperationStore _store;
    private readonly TimeProvider _time;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals and saved transactions are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public RejoinOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _session = session;
        _store = store ?? OperationStore.Of(session.Site);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Says what it would do; changes nothing. How a member comes back whose database does not run is decided when it was started.</summary>
    public async Task<RejoinPreview> PreviewAsync(RejoinOptions options, CancellationToken cancellationToken)
    {
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(_session, cancellationToken);
        RejoinPreview preview = RejoinPreflight.Judge(facts, options.Server, await OpenMembersAsync(cancellationToken), options.Copy);
        if (preview is not { Server: { } server, Primary: { } primary })
        {
            return preview;
        }

        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, server, primary, withOld: false, cancellationToken);
        RejoinPreview planned = preview with
        {
            Steps = new RejoinSteps(live, options, _store, "preview", _time).Plan().Outline,
            Reason = "Its database does not run; what it holds is compared when it was started.",
        };
        if (facts.Facts[server].Value?.Gtid.Value is not { } own || facts.Facts[primary].Value?.Gtid.Value is not { } theirs)
        {
            return planned;
        }

        (RejoinMethod method, string reason, string errant) = RejoinPreflight.Decide(live.New.Flavor, own.Executed, theirs.Reached, theirs.Purged);
        return planned with { Method = method, Reason = reason, ErrantGtids = errant };
    }

    /// <summary>Does it. May be run again after it failed or was killed.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels; the member then takes no writes and may be repaired again.</param>
    /// <exception cref="FoobarException"><c>RepairRefused</c>: something stands in the way, nothing was changed; <c>PlanChanged</c>, <c>OperationRunning</c>, <c>OperationUnfinished</c>.</exception>
    public async Task<RejoinResult> RunAsync(RejoinOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = _store.Lock("repair", started);
        new EarlierFailover(_store, _time).RefuseUnfinished();
        ConfirmedRepair repair = await AcceptedAsync(options, options.Confirmed, cancellationToken);
        (string server, string primary) = (repair.Server, repair.Primary);
        await using FailoverConnections live = await FailoverConnections.OpenAsync(_session, server, primary, withOld: false, cancellationToken);
        await live.HoldAsync(started, options.LostAfter, cancellationToken);

        // Until now another operator may have moved writes, or brought the member back: only what is seen from here on stays so.
        if (await OperationMarkReader.ReadAsync(live.NewSession, cancellationToken) is { IsUnfinished: true } other)
        {
            throw new FoobarException("OperationRunning", ErrorKind.Refused, $"The repair was refused, and nothing was changed: {primary}: {other}.") { Server = primary, Recommendation = OperationMarker.Recommendation };
        }

        await AcceptedAsync(options, repair, cancellationToken);
        CloseEarlier();
        string id = Guid.CreateVersion7().ToString();
        RejoinSteps steps = new(live, options, _store, id, _time);
        using FileJournal journal = _store.NewJournal("repair", started);
        PlanResult result = await new PlanRunner(journal, _time, progress).RunAsync(steps.Plan(), cancellationToken);
        return new()
        {
            Server = server,
            Primary = primary,
            Outcome = result.Outcome,
            Method = steps.Method,
            Reason = steps.Reason,
            ErrantGtids = steps.Errant.Gtids,
            ErrantCount = steps.Errant.Count,
            ErrantFile = steps.Errant.File,
            ErrantTrial = steps.Errant.Trial,
            ErrantTrialReason = steps.Errant.TrialReason,
            CopiedBytes = steps.CopiedBytes,
            Steps = result.Steps,
            Error = result.Failure?.Message,
            Recommendation = (result.Failure as FoobarException)?.Recommendation,
            Started = started,
            Duration = _time.GetUtcNow() - started,
            Journal = journal.Path,
        };
    }

    // What runs is what was shown, or a refusal.
    private async Task<ConfirmedRepair> AcceptedAsync(RejoinOptions options, ConfirmedRepair? shown, CancellationToken cancellationToken)
    {
        RejoinPreview preview = RejoinPreflight.Judge(await ReplicationSurvey.CollectAsync(_session, cancellationToken), options.Server, await OpenMembersAsync(cancellationToken), options.Copy);
        if (preview is not { Server: { } server, Primary: { } primary, Blockers.Count: 0 })
        {
            throw new FoobarException("RepairRefused", ErrorKind.Refused, $"The repair was refused, and nothing was changed. {string.Join(" ", preview.Blockers.Select(blocker => blocker + "."))}")
            {
                Server = preview.Server,
                Recommendation = string.Join(" ", preview.Blockers.Select(blocker => blocker.Remediation).Distinct()),
            };
        }

        ConfirmedRepair now = new(server, primary);
        return shown is null || shown == now ? now : throw new FoobarException("PlanChanged", ErrorKind.Refused, $"The repair was refused, and nothing was changed: {shown.Server} as a replica of {shown.Primary} was asked for, and by now it would be {server} as a replica of {primary}.")
        {
            Server = server,
            Recommendation = "Somebody has moved writes meanwhile. Look at Get-FoobarReplication, and run the command again if a member is still to be brought back.",
        };
    }

    private async Task<IReadOnlyList<string>?> OpenMembersAsync(CancellationToken cancellationToken)
    {
        if (_session.Site.Policy.Database?.WriteEndpoint is not { Kind: WriteEndpointKind.Haproxy } declared)
        {
            return null;
        }

        await using HaproxyEndpoint endpoint = await HaproxyEndpoint.ConnectAsync(_session, declared, cancellationToken);
        return await endpoint.MembersAsync(cancellationToken);
    }

    // A killed repair needs no resume: every step of a new one may be done again.
    private void CloseEarlier()
    {
        while (_store.FindUnfinished("repair") is { } earlier)
        {
            using FileJournal journal = FileJournal.Open(earlier.Path);
            journal.Append([new() { Time = _time.GetUtcNow(), Event = JournalEvent.End, Name = "end", Text = "Superseded" }]);
        }
    }
}
