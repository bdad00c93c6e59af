using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Canary;

/// <summary>Measures writes through the application's own path: availability, latency, and the gap around an interruption.</summary>
/// <param name="session">The site's connections.</param>
/// <param name="time">The clock; the system's if left out.</param>
public sealed class WriteMeter(ISiteSession session, TimeProvider? time = null)
{
    private static readonly TimeSpan CountingLimit = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Writes for a while, counts what is there, and removes it.</summary>
    /// <param name="login">An account with SELECT, INSERT and DELETE on <c>foobar_ops.canary</c>, from the write endpoint's
    /// address.</param>
    /// <param name="interval">How often to write.</param>
    /// <param name="duration">How long.</param>
    /// <param name="cancellationToken">Ends the measurement early: what was seen until then is counted and given all the same.</param>
    /// <exception cref="FoobarException"><c>WritePathUnknown</c>; <c>CanaryFailed</c>: no first write was acknowledged.</exception>
    public async Task<WriteMeasurement> MeasureAsync(
        DatabaseLogin login, TimeSpan interval, TimeSpan duration, CancellationToken cancellationToken)
    {
        CanaryClock clock = CanaryClock.Now(_time);
        await using DatabasePath path = await WritePath.OpenAsync(session, login, cancellationToken);
        await using WriteCanary canary = new(path.ConnectAsync, Guid.CreateVersion7().ToString(), interval);
        await canary.StartAsync(cancellationToken);
        await using ReplicaWatch watch = ReplicaWatch.Start(session, canary.Run);
        await Task.Delay(duration, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        IReadOnlyList<CanaryWrite> writes = await canary.StopAsync();
        IReadOnlyList<ReplicaDelay> delays = await watch.StopAsync(writes);
        return WriteMeasurement.Of(WritePath.Name(session.Site), writes, interval, clock, await AccountAsync(path, canary.Run, writes)) with
        {
            ReplicaDelays = delays,
        };
    }

    private static async Task<CanaryAccount?> AccountAsync(DatabasePath path, string run, IReadOnlyList<CanaryWrite> writes)
    {
        using CancellationTokenSource limit = new(CountingLimit);
        try
        {
            await using IDatabaseSession database = await path.ConnectAsync(limit.Token);
            CanaryAccount account = await CanaryTable.CountAsync(database, run, writes, limit.Token);
            await CanaryTable.RemoveAsync(database, run, limit.Token);
            return account;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Writes may still be interrupted: then nobody can say.
            return null;
        }
    }
}
