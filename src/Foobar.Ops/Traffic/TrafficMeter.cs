using System.Collections.Concurrent;
using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic;

/// <summary>
/// Measures the traffic of a site over one window that all its servers share: HAProxy's frontends, nginx, the databases.
/// Everything is opened first; then all counters are read at once, and once more when the window is over.
/// </summary>
public static class TrafficMeter
{
    /// <summary>The shortest window that gives rates of use.</summary>
    public static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="servers">The servers to measure on.</param>
    /// <param name="window">How long to count, at least <see cref="ShortestWindow"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<TrafficMeasurement> MeasureAsync(ISiteSession site, IReadOnlyList<Server> servers, TimeSpan window, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, ShortestWindow);
        ConcurrentQueue<FoobarException> errors = [];
        TrafficSource[] sources = [.. (await Task.WhenAll(servers.SelectMany(server => TrafficSources.Of(site, server, cancellationToken)).Select(opening => TryAsync(opening, errors)))).OfType<TrafficSource>()];
        try
        {
            TimedReading?[] first = await ReadAllAsync(sources, errors, cancellationToken);
            await Task.Delay(window, cancellationToken);
            TimedReading?[] second = await ReadAllAsync(sources, errors, cancellationToken);
            DateTimeOffset time = DateTimeOffset.UtcNow;
            return new TrafficMeasurement(
                [.. sources.SelectMany((source, index) => first[index] is { } before && second[index] is { } after ? TrafficCalculator.Between(source.Server, before, after, time) : [])],
                [.. errors]);
        }
        finally
        {
            foreach (TrafficSource source in sources)
            {
                await source.DisposeAsync();
            }
        }
    }

    private static Task<TimedReading?[]> ReadAllAsync(TrafficSource[] sources, ConcurrentQueue<FoobarException> errors, CancellationToken cancellationToken) =>
        Task.WhenAll(sources.Select(source => TryAsync(ReadAsync(source, cancellationToken), errors)));

    private static async Task<TimedReading> ReadAsync(TrafficSource source, CancellationToken cancellationToken)
    {
        TimeSpan asked = Stopwatch.GetElapsedTime(0);
        CounterReading reading = await source.ReadAsync(cancellationToken);
        return new TimedReading(reading, asked, Stopwatch.GetElapsedTime(0));
    }

    private static async Task<T?> TryAsync<T>(Task<T> work, ConcurrentQueue<FoobarException> errors)
        where T : class?
    {
        try
        {
            return await work;
        }
        catch (FoobarException error)
        {
            errors.Enqueue(error);
            return null;
        }
    }
}
