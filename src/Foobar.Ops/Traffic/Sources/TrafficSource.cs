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

    /// <summary>Counters of its parts, each growing as it does.</summary>
    public IReadOnlyDictionary<TrafficPart, long> Parts { get; init; } = NoParts;

    /// <summary>What holds at the moment of the reading: open connections, a queue, response times.</summary>
    public TrafficBreakdown? Now { get; init; }

    /// <summary>The highest rate a second that the source itself saw; 0 if it doesn't tell.</summary>
    public double PeakPerSecond { get; init; }

    /// <summary>For how long in all, up to this reading, it may have counted what can't be found any more.</summary>
    public TimeSpan Unseen { get; init; }

    /// <summary>Whether what happened may be counted only later.</summary>
    public bool IsHeldBack { get; init; }

    /// <summary>How much later at most; <see langword="null"/> for no limit in time.</summary>
    public TimeSpan? HeldBack { get; init; }

    /// <summary>How many of them may be held back at one time; <see langword="null"/> for no limit.</summary>
    public double? MostHeldBack { get; init; }

    private static readonly IReadOnlyDictionary<TrafficPart, long> NoParts = new Dictionary<TrafficPart, long>();
}

/// <summary>All counters of a source at one moment.</summary>
/// <param name="Counters">The counters.</param>
/// <param name="Epoch">Another word after each event that sets the counters back (a restart).</param>
internal sealed record CounterReading(IReadOnlyList<Counter> Counters, string Epoch)
{
    /// <summary>How long the counters count, where the source tells; shorter than before after a restart.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>How exactly <see cref="Uptime"/> is known.</summary>
    public TimeSpan UptimeResolution { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the counters may have been set back without a new epoch, as far as was seen (<c>FLUSH STATUS</c>).
    /// </summary>
    public int Resets { get; init; }

    /// <summary>How many of the counts since the reading before may be of the source's own doing, beside the reading itself.</summary>
    public int Doubtful { get; init; }

    /// <summary>Whether counters of an earlier epoch may go on after a new one began: an old process that drains.</summary>
    public bool Overlaps { get; init; }

    /// <summary>For how long, at least, the answer was under way or in the making after the counters were read.</summary>
    public TimeSpan ReadBefore { get; init; }

    /// <summary>Counters of earlier epochs that still count: old processes that drain.</summary>
    public IReadOnlyList<CounterReading> Older { get; init; } = [];

    /// <summary>What to know about the counts up to this reading.</summary>
    public string? Note { get; init; }
}

/// <summary>Something on a server that counts traffic. Opened before the window so that a reading is one exchange.</summary>
internal abstract class TrafficSource(string server) : IAsyncDisposable
{
    /// <summary>The server's name.</summary>
    public string Server => server;

    /// <summary>Whether it is read within a window too, so that less is missed when its counters are set back.</summary>
    public virtual bool IsCheap => true;

    /// <summary>Reads the counters.</summary>
    /// <exception cref="Errors.FoobarException">They could not be read or understood.</exception>
    public abstract Task<CounterReading> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Gives back what the source holds.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
