using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// What every operation on the members does alike: one at a time of this user on this machine; connected and with the members'
/// locks held before it is decided what is done; each step in a journal; and an end for one that did not come to its own, by its
/// journal on this machine or by its marker on the databases. What an operation does and tells is its own.
/// </summary>
internal sealed class OperationHost
{
    /// <summary>Creates a host.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public OperationHost(ISiteSession session, OperationStore? store, TimeProvider? time)
    {
        Session = session;
        Store = store ?? OperationStore.Of(session.Site);
        Time = time ?? TimeProvider.System;
        Earlier = new(Store, Time);
    }

    /// <summary>The site's connections.</summary>
    public ISiteSession Session { get; }

    /// <summary>The site's state on this machine.</summary>
    public OperationStore Store { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>What an earlier failover left behind.</summary>
    public EarlierFailover Earlier { get; }

    /// <summary>Runs an operation from its beginning.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="lostAfter">Without a sign of life for how long another operator's run counts as lost.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before the point of no return: undoes. After it: is ignored.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>, and what the operation refuses.</exception>
    public async Task<TResult> RunAsync<TResult>(
        IOperation<TResult> operation, TimeSpan lostAfter, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = Time.GetUtcNow();
        using IDisposable turn = Store.Lock(operation.Kind, started);
        IConnectedOperation<TResult> connected = await operation.ConnectAsync(started, cancellationToken);
        await using OperationConnections live = connected.Live;
        await live.HoldAsync(started, lostAfter, cancellationToken);

        // Until now another operator may have moved writes: only what is seen from here on stays so.
        await using IDecidedOperation<TResult> decided = await connected.DecideAsync(started, cancellationToken);
        Own(live, decided);
        using FileJournal journal = Store.NewJournal(operation.Kind, started);
        PlanRunner runner = new(journal, Time, progress) { LeavesOpen = decided.LeavesOpen };
        PlanResult result = await runner.RunAsync(decided.Plan(), cancellationToken);
        return await decided.ReportAsync(new(result, runner, journal.Path, started));
    }

    /// <summary>Ends what an earlier run on this machine began and did not end: finishes it if writes were moved, else undoes it.</summary>
    /// <param name="find">The operation that parameters tell of; they come from the journal.</param>
    /// <param name="lostAfter">Without a sign of life for how long another operator's run counts as lost.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    /// <exception cref="FoobarException"><c>NothingToResume</c>, <c>OperationRunning</c>, <c>OperationSuperseded</c>.</exception>
    public async Task<FailoverResult> ResumeAsync(
        FindUnfinished find, TimeSpan lostAfter, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = Time.GetUtcNow();
        using IDisposable turn = Store.Lock(EarlierFailover.Kind, started);
        (string path, JournalState state) = Earlier.Left(Session.Site.Name);
        IUnfinishedOperation operation = find(state.Parameters, "the journal");
        IReconnectedOperation reconnected = await ReconnectAsync(operation, started, lostAfter, cancellationToken);
        await using OperationConnections live = reconnected.Live;
        await Earlier.RefuseSupersededAsync(Changed(live), path, operation.Ids, cancellationToken);
        await using IDecidedOperation<FailoverResult> decided = await reconnected.RebuildAsync(cancellationToken);
        using FileJournal journal = Store.OpenJournal(path);
        return await EndAsync(live, decided, journal, state, started, progress, cancellationToken);
    }

    /// <summary>
    /// Ends what a run on another machine began that is lost, from what its marker on the databases says: finishes it if
    /// writes are at the new primary, else undoes it. The connections on which it could change anything are ended first.
    /// </summary>
    /// <param name="find">The operation that parameters tell of; they come from the marker.</param>
    /// <param name="only">The id of the only operation that is meant; <see langword="null"/> for whichever is found.</param>
    /// <param name="lostAfter">Without a sign of life for how long another operator's run counts as lost.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    /// <exception cref="FoobarException"><c>NothingToResume</c>; <c>OperationUnfinished</c>: this machine has a journal of its own;
    /// <c>OperationRunning</c>: the other run still works; <c>MarkerContradicted</c>: the members are not as the marker says.</exception>
    public async Task<FailoverResult> TakeOverAsync(
        FindUnfinished find, string? only, TimeSpan lostAfter, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = Time.GetUtcNow();
        using IDisposable turn = Store.Lock(EarlierFailover.Kind, started);
        Earlier.RefuseUnfinished();
        OperationMark marker = await EarlierFailover.FindLostAsync(Session, cancellationToken);
        if (only is not null && marker.Id != only)
        {
            throw new FoobarException(
                "NothingToResume", ErrorKind.NotFound, $"Another operation stands there meanwhile: {marker}.")
                {
                    Recommendation = "Look at Get-FoobarReplication.",
                };
        }

        Dictionary<string, string> parameters = new(marker.Parameters)
        {
            [OperationKeys.Id] = Guid.CreateVersion7().ToString(),
            [OperationKeys.TakenOverFrom] = marker.Id,
        };
        IUnfinishedOperation operation = find(parameters, "foobar_ops.operation");
        IReconnectedOperation reconnected = await ReconnectAsync(operation, started, lostAfter, cancellationToken);
        await using OperationConnections live = reconnected.Live;

        // It may have gone on until a moment ago; with the locks, the connections on which it could are gone.
        marker = await EarlierFailover.StillLostAsync(marker, Changed(live), cancellationToken);
        bool moved = await reconnected.HasMovedAsync(marker, cancellationToken);
        await using IDecidedOperation<FailoverResult> decided = await reconnected.RebuildAsync(cancellationToken);
        using FileJournal journal = Store.NewJournal(EarlierFailover.Kind, started);
        IReadOnlyList<JournalRecord> records = JournalReconstruction.Of(decided.Plan(), moved, started);
        journal.Append(records);
        return await EndAsync(live, decided, journal, JournalState.Replay(records, journal.Path), started, progress, cancellationToken);
    }

    private async Task<FailoverResult> EndAsync(
        OperationConnections live,
        IDecidedOperation<FailoverResult> decided,
        FileJournal journal,
        JournalState state,
        DateTimeOffset started,
        IProgress<StepResult>? progress,
        CancellationToken cancellationToken)
    {
        Own(live, decided);
        PlanRunner runner = new(journal, Time, progress) { LeavesOpen = decided.LeavesOpen };
        PlanResult result = await runner.ResumeAsync(decided.Plan(), state, cancellationToken);
        return await decided.ReportAsync(new(result, runner, journal.Path, started));
    }

    private static async Task<IReconnectedOperation> ReconnectAsync(
        IUnfinishedOperation operation, DateTimeOffset started, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        try
        {
            IReconnectedOperation reconnected = await operation.ConnectAsync(cancellationToken);
            return await HeldAsync(reconnected, started, lostAfter, cancellationToken);
        }
        catch (FoobarException error) when (operation.Explain(error) is { } explained)
        {
            throw explained;
        }
    }

    private static async Task<IReconnectedOperation> HeldAsync(
        IReconnectedOperation reconnected, DateTimeOffset started, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        try
        {
            await reconnected.Live.HoldAsync(started, lostAfter, cancellationToken);
            return reconnected;
        }
        catch
        {
            await reconnected.Live.DisposeAsync();
            throw;
        }
    }

    private static void Own<TResult>(OperationConnections live, IDecidedOperation<TResult> decided)
    {
        if (decided.Ids is { } ids)
        {
            live.Own(ids);
        }
    }

    private static IEnumerable<DatabaseMember> Changed(OperationConnections live) => live.Members.Select(member => member.Member);
}
