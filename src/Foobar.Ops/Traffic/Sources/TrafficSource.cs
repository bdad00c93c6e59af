namespace Foobar.Ops.Traffic.Sources;

/// <summary>A counter at the moment it was read.</summary>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Name">Which it is.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Value">Its value.</param>
internal sealed record Counter(TrafficOrigin Origin, string Name, TrafficUnit Unit, long Value)
{
    /// <summary>How many of what it counted between two readings is the reading itself.</summary>
    public long OwnPerReading { get; init; }

    /// <summary>Why it has no value; <see langword="null"/> if it has.</summary>
    public string? Uncountable { get; init; }

    /// <summary>What to know about it.</summary>
    public string? Note { get; init; }

    /// <summary>Whether what happened may be counted only later.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>How much later at most; <see langword="null"/> for no limit in time.</summary>
    public TimeSpan? HeldBack { get; init; }
}

/// <summary>All counters of a source at one moment.</summary>
/// <param name="Counters">The counters.</param>
/// <param name="Epoch">Another word after each event that sets the counters back (a restart).</param>
internal sealed record CounterReading(IReadOnlyList<Counter> Counters, string Epoch)
{
    /// <summary>How long the counters count, where the source tells; shorter than before after a restart.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>What to know about the counts up to this reading.</summary>
    public string? Note { get; init; }
}

/// <summary>Something on a server that counts traffic. Opened before the window so that a reading is one exchange.</summary>
internal abstract class TrafficSource(string server) : IAsyncDisposable
{
    /// <summary>The server's name.</summary>
    public string Server => server;

    /// <summary>Reads the counters.</summary>
    /// <exception cref="Errors.FoobarException">They could not be read or understood.</exception>
    public abstract Task<CounterReading> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Gives back what the source holds.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
