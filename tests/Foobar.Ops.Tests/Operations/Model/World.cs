namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>
/// Time and order: what happens next is the earliest event, and what operators' processes do in reaction to it. One thread does
/// all, so a seed decides everything. Nothing waits in fact.
/// </summary>
internal sealed class World(int seed, bool traced)
{
    private readonly PriorityQueue<Action, (long Time, long Number)> _events = new();
    private readonly Queue<(OperatorProcess Process, SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private string? _foreign;

    /// <summary>All chance comes from here.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>The time, in ticks of 100 ns.</summary>
    public long Now { get; private set; } = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>What happened, if it is kept.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>Whether what happens is kept.</summary>
    public bool IsTraced => traced;

    /// <summary>How many events there were.</summary>
    public long Events { get; private set; }

    /// <summary>The first thing that must not be; <see langword="null"/> for none.</summary>
    public string? Violation { get; private set; }

    /// <summary>Looks at everything after each event.</summary>
    public Action? Check { get; set; }

    /// <summary>The time from a number of seconds.</summary>
    public static long Seconds(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    /// <summary>Lets something happen later.</summary>
    public void After(double seconds, Action what) => AfterTicks(Seconds(seconds), what);

    /// <summary>Lets something happen after a number of ticks.</summary>
    public void AfterTicks(long ticks, Action what) => _events.Enqueue(what, (Now + Math.Max(0, ticks), _number++));

    /// <summary>A number between two.</summary>
    public double Between(double low, double high) => low + ((high - low) * Random.NextDouble());

    /// <summary>Whether something happens that has a chance.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Keeps what happened.</summary>
    public void Note(string what)
    {
        if (traced)
        {
            Trace.Add(
                FormattableString.Invariant($"{(Now - new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks) / 1e7:0.0000} {what}"));
        }
    }

    /// <summary>Something that must not be.</summary>
    public void Violate(string what)
    {
        Violation ??= what;
        Note($"VIOLATION: {what}");
    }

    /// <summary>Takes what a process is to do next.</summary>
    public void Ready(OperatorProcess process, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Volatile.Write(ref _foreign, $"{(state as Delegate)?.Target} {state}: {Environment.StackTrace}");
            return;
        }

        _ready.Enqueue((process, callback, state));
    }

    /// <summary>Goes on until a task has ended, or its process has, or there is something that must not be.</summary>
    /// <param name="over">Whether to stop.</param>
    public void Run(Func<bool> over)
    {
        while (Violation is null)
        {
            while (_ready.TryDequeue(out (OperatorProcess Process, SendOrPostCallback Callback, object? State) next))
            {
                next.Process.Do(next.Callback, next.State);
            }

            if (Volatile.Read(ref _foreign) is { } stack)
            {
                throw new InvalidOperationException($"Something went on outside of the model's thread: {stack}");
            }

            if (over())
            {
                return;
            }

            if (!_events.TryDequeue(out Action? happens, out (long Time, long Number) at))
            {
                Violate("nothing happens any more, and an operation waits");
                return;
            }

            Now = at.Time;
            if (++Events > 30_000)
            {
                Violate("it does not end");
                return;
            }

            happens();
            Check?.Invoke();
        }
    }
}
