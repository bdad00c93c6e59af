namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Threads that take turns at reading a shell's output. Whoever read the end of a job lets another read on, and only then
/// wakes the job's caller, on its own thread: to wake one more thread for that takes longer than many commands do. However
/// long a caller keeps a thread, there is always one that reads.
/// </summary>
/// <param name="name">What the threads are called.</param>
/// <param name="read">
/// Reads one frame: gives what to do once another reads on, <see cref="Nothing"/>, or <see langword="null"/> at the end. Must not throw.
/// </param>
internal sealed class FrameThreads(string name, Func<Action?> read)
{
    /// <summary>There is nothing to do after a frame.</summary>
    public static readonly Action Nothing = static () => { };

    // A monitor, and no semaphore: that would spin before it waits, and keep a processor from those we wait for.
    private readonly object _lock = new();
    private Turn? _next;
    private bool _ended;

    /// <summary>Starts to read.</summary>
    public void Start() => new Thread(TakeTurns) { IsBackground = true, Name = name }.UnsafeStart();

    // A thread begins with a turn of its own.
    private void TakeTurns()
    {
        do
        {
            Action? after = read();
            while (after == Nothing)
            {
                after = read();
            }

            HandOver(after is null);
            after?.Invoke();
        }
        while (WaitForTurn());
    }

    private void HandOver(bool end)
    {
        Turn? next;
        lock (_lock)
        {
            _ended = end;
            next = _next;
            _next = null;
            if (next is not null)
            {
                next.Come = true;
                Monitor.Pulse(_lock);
            }
        }

        if (next is null && !end)
        {
            Start();
        }
    }

    // False at the end, and where another waits already: one is enough.
    private bool WaitForTurn()
    {
        lock (_lock)
        {
            if (_ended || _next is not null)
            {
                return false;
            }

            Turn mine = new();
            _next = mine;
            while (!mine.Come)
            {
                Monitor.Wait(_lock);
            }

            return !_ended;
        }
    }

    private sealed class Turn
    {
        public bool Come { get; set; }
    }
}
