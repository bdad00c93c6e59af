using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Guard;

/// <summary>Tells the guards of a site, on whatever machine, to hold still for a while, or to act again.</summary>
/// <param name="session">The site's connections.</param>
/// <param name="time">The clock; the system's if left out.</param>
public sealed class WatchSwitch(ISiteSession session, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>What the primary says.</summary>
    /// <exception cref="FoobarException"><c>NoDatabase</c>, <c>PrimaryUnknown</c>.</exception>
    public Task<WatchStanding> ReadAsync(CancellationToken cancellationToken) =>
        OnPrimaryAsync(database => WatchTable.ReadAsync(database, cancellationToken), cancellationToken);

    /// <summary>Suspends automatic failovers for a while; watching goes on. A suspension that ends later stands as it is.</summary>
    /// <param name="duration">For how long.</param>
    /// <param name="reason">Why; at most 255 characters.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>NoDatabase</c>, <c>PrimaryUnknown</c>.</exception>
    public Task<WatchChange> SuspendAsync(TimeSpan duration, string reason, CancellationToken cancellationToken) => OnPrimaryAsync(
        async database =>
        {
            WatchStanding before = await WatchTable.ReadAsync(database, cancellationToken);
            DateTimeOffset now = _time.GetUtcNow();
            await WatchTable.SuspendAsync(database, now + duration, reason, cancellationToken);
            return WatchChange.Suspended(before, now + duration, await WatchTable.ReadAsync(database, cancellationToken), now);
        },
        cancellationToken);

    /// <summary>Ends a suspension, and acknowledges the last failover: another one may be begun.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>NoDatabase</c>, <c>PrimaryUnknown</c>.</exception>
    public Task<WatchChange> ResumeAsync(CancellationToken cancellationToken) => OnPrimaryAsync(
        async database =>
        {
            WatchStanding before = await WatchTable.ReadAsync(database, cancellationToken);
            await WatchTable.ResumeAsync(database, cancellationToken);
            return WatchChange.Resumed(before, await WatchTable.ReadAsync(database, cancellationToken), _time.GetUtcNow());
        },
        cancellationToken);

    private async Task<T> OnPrimaryAsync<T>(Func<IDatabaseSession, Task<T>> act, CancellationToken cancellationToken)
    {
        await using WatchedSite site = new(session, _time);
        string primary = await site.FindPrimaryAsync(cancellationToken);
        await using IDatabaseSession database = await session.OpenDatabaseAsync(primary, cancellationToken);
        return await act(database);
    }
}
