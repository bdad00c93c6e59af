using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Failover;

/// <summary>A switchover's locks: on both members, on the connections that change them.</summary>
internal sealed class OperatorLocks : IAsyncDisposable
{
    private readonly OperatorLock _old;
    private readonly OperatorLock _new;

    private OperatorLocks(OperatorLock old, OperatorLock candidate)
    {
        _old = old;
        _new = candidate;
    }

    /// <summary>The connections that hold them, by their ids: of the old primary, of the candidate.</summary>
    public (long Old, long New) Connections => (_old.Connection, _new.Connection);

    /// <summary>Takes both.</summary>
    /// <param name="live">The connections.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="dead">Those of an earlier process of this operation that is known to be dead.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>.</exception>
#pragma warning disable CA2000 // What is returned owns them.
    public static async Task<OperatorLocks> TakeAsync(FailoverConnections live, DateTimeOffset since, (long Old, long New)? dead, CancellationToken cancellationToken)
    {
        OperatorLock old = await OperatorLock.TakeAsync(live.Site, live.OldSession!, since, dead?.Old, cancellationToken: cancellationToken);
        try
        {
            return new(old, await OperatorLock.TakeAsync(live.Site, live.NewSession, since, dead?.New, cancellationToken: cancellationToken));
        }
        catch
        {
            await old.DisposeAsync();
            throw;
        }
    }
#pragma warning restore CA2000

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _new.DisposeAsync();
        await _old.DisposeAsync();
    }
}
