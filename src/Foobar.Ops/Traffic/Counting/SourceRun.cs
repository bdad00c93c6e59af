using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>Reads one source again and again, one reading at a time, and keeps its history.</summary>
internal sealed class SourceRun(TrafficSource source) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _one = new(1);
    private readonly SourceHistory _history = new(source.Server);
    private int _failed;
    private TimeSpan _lastAsked = TimeSpan.MinValue;
    private FoobarException? _error;

    /// <summary>Whether it is read within windows too.</summary>
    public bool IsCheap => source.IsCheap;

    /// <summary>The clock of all readings.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Reads it; a failure is kept, and an earlier reading stands for this one.</summary>
    public async Task TryReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Reads it until there is a reading that was asked for after a moment, for as long as that may take.</summary>
    /// <returns>Why there is none; <see langword="null"/> if there is.</returns>
    public async Task<FoobarException?> ReadAfterAsync(TimeSpan moment, TimeSpan patience, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            while (_lastAsked < moment)
            {
                await ReadAsync(cancellationToken);
                if (_lastAsked < moment)
                {
                    if (Now - moment > patience)
                    {
                        return _error;
                    }

                    await Task.Delay(Pause, cancellationToken);
                }
            }

            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The rates of a window that is over.</summary>
    public IReadOnlyList<TrafficRate> Within(TrafficWindow window)
    {
        lock (_history)
        {
            TrafficRate[] rates = [.. _history.Within(window)];
            _history.Forget(window.From);
            return rates;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync();
        _one.Dispose();
        await source.DisposeAsync();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        TimeSpan asked = Now;
        try
        {
            CounterReading reading = await source.ReadAsync(cancellationToken);
            TimeSpan answered = Now - reading.ReadBefore;
            lock (_history)
            {
                _history.Take(new TimedReading(reading, asked, answered > asked ? answered : asked, _failed));
            }

            (_lastAsked, _failed) = (asked, 0);
        }
        catch (FoobarException error)
        {
            _failed++;
            _error = error;
        }
    }
}
