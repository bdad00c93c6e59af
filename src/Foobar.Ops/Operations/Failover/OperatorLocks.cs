using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>A switchover's locks, on both members.</summary>
internal sealed class OperatorLocks : IAsyncDisposable
{
    private readonly OperatorLock _old;
    private readonly OperatorLock _new;

    private OperatorLocks(OperatorLock old, OperatorLock candidate) => (_old, _new) = (old, candidate);

    /// <summary>Takes both.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="old">The old primary.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>.</exception>
#pragma warning disable CA2000 // What is returned owns them.
    public static async Task<OperatorLocks> TakeAsync(ISiteSession site, string old, string candidate, DateTimeOffset since, CancellationToken cancellationToken)
    {
        OperatorLock first = await OperatorLock.TakeAsync(site, old, since, cancellationToken: cancellationToken);
        try
        {
            return new(first, await OperatorLock.TakeAsync(site, candidate, since, cancellationToken: cancellationToken));
        }
        catch
        {
            await first.DisposeAsync();
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
