using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>
/// Waits, while the old primary still takes writes, until the candidate lacks next to nothing: what it lacks then stands in
/// the write gap. Writers without pause keep a backlog there for ever, and a busy primary may be faster than its replica; so
/// one that stays behind stops waiting for its disk at each commit, and in the end the smallest backlog that can be had is taken.
/// </summary>
/// <param name="old">The old primary.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="options">The limits.</param>
/// <param name="durability">What the candidate waited for at each commit before.</param>
internal sealed class BacklogDrain(DatabaseMember old, DatabaseMember candidate, FailoverOptions options, Durability durability)
{
    private static readonly TimeSpan SmallWait = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Not known in a process that resumes.
    private bool? _hastened;

    /// <summary>Does it.</summary>
    /// <exception cref="FoobarException"><c>DrainTimeout</c>.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long began = old.Time.GetTimestamp();
        TimeSpan hopeful = TimeSpan.FromSeconds(Math.Min(5, options.DrainLimit.TotalSeconds / 6));
        _hastened = false;
        bool tried = false;
        TimeSpan accepted = SmallWait;
        while (!await IsSmallAsync(accepted, cancellationToken))
        {
            TimeSpan waited = old.Time.GetElapsedTime(began);
            accepted *= waited > hopeful ? 1.2 : 1;
            if (waited > Patience && !tried)
            {
                tried = true;
                await HastenAsync(cancellationToken);
            }
        }
    }

    /// <summary>Lets the candidate wait for its disk as it did before, if it does not.</summary>
    public async Task SteadyAsync(CancellationToken cancellationToken)
    {
        if (_hastened ?? await candidate.DurabilityAsync(cancellationToken) != durability)
        {
            await candidate.SetDurabilityAsync(durability, cancellationToken);
        }
    }

    private async Task<bool> IsSmallAsync(TimeSpan accepted, CancellationToken cancellationToken)
    {
        string position = await old.PositionAsync(cancellationToken);
        long started = old.Time.GetTimestamp();
        if (!await candidate.WaitForAsync(position, options.DrainLimit, cancellationToken))
        {
            throw new FoobarException(
                "DrainTimeout", ErrorKind.Timeout,
                Invariant($"{candidate.Name}: it did not come near the primary within {options.DrainLimit.TotalSeconds:0.#} s."))
                {
                    Server = candidate.Name,
                };
        }

        return old.Time.GetElapsedTime(started) <= accepted
            || GtidComparison.Backlog(
                old.Flavor, await old.ExecutedAsync(
                    cancellationToken), await candidate.ExecutedAsync(cancellationToken)) <= options.DrainTransactions;
    }

    private async Task HastenAsync(CancellationToken cancellationToken)
    {
        try
        {
            _hastened = true;
            await candidate.SetDurabilityAsync(Durability.Relaxed, cancellationToken);
        }
        catch (DatabaseException error) when (error.Kind is ErrorKind.Failed or ErrorKind.Permission)
        {
            // An account that may not do that waits longer.
            _hastened = false;
        }
    }
}
