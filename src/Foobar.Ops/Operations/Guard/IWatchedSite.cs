using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;

namespace Foobar.Ops.Operations.Guard;

/// <summary>What a primary said when it was asked.</summary>
/// <param name="TakesWrites">Whether it is still a primary: not read-only.</param>
/// <param name="Standing">What persons and earlier operations left there.</param>
internal sealed record PrimaryAnswer(bool TakesWrites, WatchStanding Standing);

/// <summary>A failover that a guard on this machine began and did not end.</summary>
/// <param name="Old">The primary that was dead.</param>
/// <param name="MayDoAnew">Whether writes were not let through to the candidate, so that it may be begun anew; else it is ended.</param>
internal sealed record LeftFailover(string Old, bool MayDoAnew);

/// <summary>A site as its guard sees it and acts on it.</summary>
internal interface IWatchedSite : IAsyncDisposable
{
    /// <summary>The site's name.</summary>
    string Name { get; }

    /// <summary>Finds the one primary.</summary>
    /// <exception cref="Errors.FoobarException"><c>PrimaryUnknown</c>: there is not exactly one that answers;
    /// <c>NoDatabase</c>.</exception>
    Task<string> FindPrimaryAsync(CancellationToken cancellationToken);

    /// <summary>Asks the primary.</summary>
    /// <exception cref="Errors.FoobarException">It does not answer in time, or its machine says that it can't write.</exception>
    Task<PrimaryAnswer> AskAsync(string primary, CancellationToken cancellationToken);

    /// <summary>Has the primary looked at from all sides; changes nothing.</summary>
    /// <exception cref="Errors.FoobarException">Nobody could be asked.</exception>
    Task<FailoverPreview> LookAsync(FailoverOptions options, CancellationToken cancellationToken);

    /// <summary>Puts a replica in the place of a primary that is dead.</summary>
    /// <exception cref="Errors.FoobarException"><c>FailoverRefused</c>, <c>OperationRunning</c> ...: nothing was changed.</exception>
    Task<FailoverResult> FailOverAsync(FailoverOptions options, CancellationToken cancellationToken);

    /// <summary>The failover that a guard on this machine began and did not end; <see langword="null"/> if there is none.</summary>
    LeftFailover? FindLeft();

    /// <summary>
    /// Ends what a guard left half done: by the journal of this machine, else by the marker, once nobody holds the lock on the members.
    /// Gives <see langword="null"/> where there is nothing to end.
    /// </summary>
    /// <param name="options">The limits.</param>
    /// <param name="mark">The marker; <see langword="null"/> if none tells of such a failover.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    /// <exception cref="Errors.FoobarException"><c>OperationRunning</c>: it is still at it; <c>NothingToResume</c>: it has
    /// ended.</exception>
    Task<FailoverResult?> FinishAsync(FailoverOptions options, OperationMark? mark, CancellationToken cancellationToken);

    /// <summary>Whether the application's writes are led to a member, as far as the write endpoint can tell.</summary>
    Task<bool> IsLedToAsync(string member, CancellationToken cancellationToken);

    /// <summary>What persons and earlier operations left, as the members say that answer.</summary>
    Task<WatchStanding> StandingAsync(CancellationToken cancellationToken);

    /// <summary>Tells whether a member's machine answers.</summary>
    Task<bool> IsBackAsync(string member, CancellationToken cancellationToken);

    /// <summary>Makes a member a replica.</summary>
    /// <exception cref="Errors.FoobarException"><c>RepairRefused</c> ...: nothing was changed.</exception>
    Task<RejoinResult> RejoinAsync(string member, CancellationToken cancellationToken);
}
