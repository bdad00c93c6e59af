using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>The canary that a failover is watched by, and its way to the database.</summary>
internal sealed class FailoverCanary : IAsyncDisposable
{
    private readonly ISiteSession _site;
    private readonly DatabasePath _path;
    private readonly CanaryClock _clock;

    private FailoverCanary(ISiteSession site, DatabasePath path, string run, TimeSpan interval, CanaryClock clock)
    {
        _site = site;
        _path = path;
        _clock = clock;
        Writer = new WriteCanary(path.ConnectAsync, run, interval);
    }

    /// <summary>The canary.</summary>
    public WriteCanary Writer { get; }

    /// <summary>Starts it, and returns when its first write was acknowledged; <see langword="null"/> if none is asked for.</summary>
    /// <exception cref="Errors.FoobarException"><c>WritePathUnknown</c>, <c>CanaryFailed</c>.</exception>
    public static async Task<FailoverCanary?> StartAsync(
        ISiteSession site, FailoverOptions options, string run, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Canary is null)
        {
            return null;
        }

#pragma warning disable CA2000 // The canary owns its path, and disposes it.
        FailoverCanary canary = new(
            site, await WritePath.OpenAsync(site, options.Canary, cancellationToken), run, options.CanaryInterval, CanaryClock.Now(time));
#pragma warning restore CA2000
        try
        {
            await canary.Writer.StartAsync(cancellationToken);
            return canary;
        }
        catch
        {
            await canary.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it, looks for its rows on the primary, and removes them.</summary>
    /// <param name="primary">A connection to whoever is primary now.</param>
    /// <param name="window">The time that the gap must touch; <see langword="null"/> for any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<(WriteMeasurement Measurement, CanaryAccount Account)> ReadAsync(
        IDatabaseSession primary, (long From, long To)? window, CancellationToken cancellationToken)
    {
        IReadOnlyList<CanaryWrite> writes = await Writer.StopAsync();
        CanaryAccount account = await CanaryTable.CountAsync(primary, Writer.Run, writes, cancellationToken);
        await CanaryTable.RemoveAsync(primary, Writer.Run, cancellationToken);
        return (WriteMeasurement.Of(WritePath.Name(_site.Site), writes, Writer.Interval, _clock, account, window), account);
    }

    /// <summary>Stops it, and measures by its own account alone, where the database can't be asked.</summary>
    /// <param name="window">The time that the gap must touch; <see langword="null"/> for any.</param>
    public async Task<WriteMeasurement> MeasureAsync((long From, long To)? window) =>
        WriteMeasurement.Of(WritePath.Name(_site.Site), await Writer.StopAsync(), Writer.Interval, _clock, account: null, window);

    /// <summary>What became of its writes, as a member tells; without the account where the member can't be asked.</summary>
    /// <param name="member">The member that takes writes now.</param>
    /// <param name="window">When the write endpoint was closed and opened again; <see langword="null"/> if it was not both.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<(WriteMeasurement? Writes, CanaryAccount? Account)> CountAsync(
        string member, (long From, long To)? window, CancellationToken cancellationToken)
    {
        try
        {
            await using IDatabaseSession database = await _site.OpenDatabaseAsync(member, cancellationToken);
            return await ReadAsync(database, window, cancellationToken);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return (await MeasureAsync(window), null);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await _path.DisposeAsync();
    }
}
