using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic.Counting;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic;

/// <summary>
/// Measures the traffic of a site over windows that all its sources share: HAProxy, nginx, the databases, monitoring
/// services. Everything is opened first. At each edge of a window all counters are read before and after it, so that
/// each count has bounds that hold; within a window they are read now and then, so that little is missed at a restart.
/// </summary>
public static class TrafficMeter
{
    /// <summary>The shortest window that gives rates of use.</summary>
    public static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1), ShortestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an edge waits for the answers before it, and for those after it.</summary>
    private static readonly TimeSpan PatienceBefore = TimeSpan.FromSeconds(1), PatienceAfter = TimeSpan.FromSeconds(5);

    /// <summary>Measures over one window.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="servers">The servers to measure on.</param>
    /// <param name="window">How long to count, at least <see cref="ShortestWindow"/>.</param>
    /// <param name="services">Monitoring services to ask for the same window.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<TrafficMeasurement> MeasureAsync(
        ISiteSession site, IReadOnlyList<Server> servers, TimeSpan window, IReadOnlyList<TrafficService> services,
        CancellationToken cancellationToken) =>
        await StreamAsync(site, servers, window, window, services, cancellationToken).FirstAsync(cancellationToken);

    /// <summary>Measures over one window after another, without a gap; each is given as soon as it is over.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="servers">The servers to measure on.</param>
    /// <param name="interval">The length of each window, at least <see cref="ShortestWindow"/>.</param>
    /// <param name="duration">How long in all; <see langword="null"/> for until it is cancelled.</param>
    /// <param name="services">Monitoring services to ask for the same windows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async IAsyncEnumerable<TrafficMeasurement> StreamAsync(
        ISiteSession site, IReadOnlyList<Server> servers, TimeSpan interval, TimeSpan? duration, IReadOnlyList<TrafficService> services,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, ShortestWindow);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // A slow service holds up neither the next window nor the order of the samples.
        Channel<Task<TrafficMeasurement>> samples = Channel.CreateBounded<Task<TrafficMeasurement>>(64);
        Task measuring = MeasureAllAsync(site, servers, interval, duration, services, samples.Writer, end.Token);
        try
        {
            await foreach (Task<TrafficMeasurement> sample in samples.Reader.ReadAllAsync(cancellationToken))
            {
                yield return await sample.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            await end.CancelAsync();
            await measuring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task MeasureAllAsync(
        ISiteSession site, IReadOnlyList<Server> servers, TimeSpan interval, TimeSpan? duration, IReadOnlyList<TrafficService> services,
        ChannelWriter<Task<TrafficMeasurement>> samples, CancellationToken cancellationToken)
    {
        SourceRun[] runs = [];
        Exception? failure = null;
        try
        {
            ConcurrentQueue<FoobarException> errors = [];
            runs = await OpenAsync(site, servers, errors, cancellationToken);
            TrafficEdge first = await EdgeAsync(runs, errors, cancellationToken), last = first;
            long windows = duration is { } given ? Math.Max(1, (long)Math.Round(given / interval)) : long.MaxValue;
            for (long window = 1; window <= windows; window++)
            {
                // Edges keep to multiples of the interval, so what an edge takes does not add up; none is much shorter for that.
                TrafficEdge begin = last;
                TimeSpan planned = first.Clock + (window * interval), least = begin.Clock + (interval / 2);
                await PollUntilAsync(runs, planned > least ? planned : begin.Clock + interval, interval, cancellationToken);
                last = await EdgeAsync(runs, errors, cancellationToken);
                TrafficWindow measured = new(begin, last);
                FoobarException[] met = [.. errors];
                errors.Clear();
                TrafficRate[] rates = [.. runs.SelectMany(run => run.Within(measured))];
                await samples.WriteAsync(SampleAsync(measured, rates, met, services, cancellationToken), cancellationToken);
            }
        }
#pragma warning disable CA1031 // The reader of the channel gets it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }
        finally
        {
            foreach (SourceRun run in runs)
            {
                await run.DisposeAsync();
            }

            samples.Complete(failure);
        }
    }

    private static async Task<SourceRun[]> OpenAsync(
        ISiteSession site, IReadOnlyList<Server> servers, ConcurrentQueue<FoobarException> errors, CancellationToken cancellationToken)
    {
        async Task<IReadOnlyList<TrafficSource>> TryAsync(Task<IReadOnlyList<TrafficSource>> opening)
        {
            try
            {
                return await opening;
            }
            catch (FoobarException error)
            {
                errors.Enqueue(error);
                return [];
            }
        }

        IReadOnlyList<TrafficSource>[] sources = await Task.WhenAll(
            servers.SelectMany(server => TrafficSources.Of(site, server, cancellationToken)).Select(TryAsync));
        return [.. sources.SelectMany(each => each).Select(source => new SourceRun(source))];
    }

    /// <summary>Reads all before a moment and after it; a source that is slow to answer before it has an older reading.</summary>
    private static async Task<TrafficEdge> EdgeAsync(
        SourceRun[] runs, ConcurrentQueue<FoobarException> errors, CancellationToken cancellationToken)
    {
        await Task.WhenAny(
            Task.WhenAll(runs.Select(run => run.TryReadAsync(cancellationToken))), Task.Delay(PatienceBefore, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        TrafficEdge edge = new(SourceRun.Now, DateTimeOffset.UtcNow);
        foreach (FoobarException? error in await Task.WhenAll(
            runs.Select(run => run.ReadAfterAsync(edge.Clock, PatienceAfter, cancellationToken))))
        {
            if (error is not null)
            {
                errors.Enqueue(error);
            }
        }

        return edge;
    }

    private static async Task PollUntilAsync(SourceRun[] runs, TimeSpan end, TimeSpan interval, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromTicks(Math.Clamp(interval.Ticks / 10, ShortestPause.Ticks, LongestPause.Ticks));
        SourceRun[] cheap = [.. runs.Where(run => run.IsCheap)];
        Task polls = Task.CompletedTask;
        while (end - SourceRun.Now > pause)
        {
            await Task.Delay(pause, cancellationToken);
            if (polls.IsCompleted)
            {
                polls = Task.WhenAll(cheap.Select(run => run.TryReadAsync(cancellationToken)));
            }
        }

        if (end > SourceRun.Now)
        {
            await Task.Delay(end - SourceRun.Now, cancellationToken);
        }
    }

    private static async Task<TrafficMeasurement> SampleAsync(
        TrafficWindow window,
        IReadOnlyList<TrafficRate> rates,
        IReadOnlyList<FoobarException> errors,
        IReadOnlyList<TrafficService> services,
        CancellationToken cancellationToken)
    {
        List<TrafficRate> all = [.. rates];
        List<FoobarException> failures = [.. errors];
        foreach (Task<IReadOnlyList<TrafficRate>> asked in services.Select(
            service => service.MeasureAsync(window.Start, window.End, cancellationToken)).ToArray())
        {
            try
            {
                all.AddRange(await asked);
            }
            catch (FoobarException error)
            {
                failures.Add(error);
            }
        }

        return new TrafficMeasurement(window.Start, window.End, all, failures);
    }
}
