namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>A process of an operator: it can be stopped and go on later, and die. Its timers and what it has to do stop with it.</summary>
internal sealed class OperatorProcess : SynchronizationContext
{
    private readonly World _world;
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _held = new();

    public OperatorProcess(World world, string name)
    {
        _world = world;
        Name = name;
        Time = new Clock(this);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Whether it is dead.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Whether it is stopped.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>What ends with it.</summary>
    public event Action? Died;

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        if (!IsDead)
        {
            _world.Note($"{Name} is killed");
            IsDead = true;
            Died?.Invoke();
        }
    }

    /// <summary>Stops it.</summary>
    public void Stop()
    {
        _world.Note($"{Name} is stopped");
        IsStopped = true;
    }

    /// <summary>Lets it go on.</summary>
    public void GoOn()
    {
        if (IsStopped)
        {
            _world.Note($"{Name} goes on");
            IsStopped = false;
            while (_held.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
            {
                _world.Ready(this, next.Callback, next.State);
            }
        }
    }

    /// <summary>Starts work in it.</summary>
    public Task<T> Start<T>(Func<Task<T>> work)
    {
        TaskCompletionSource<T> ended = new();
        _world.Ready(this, _ => _ = RunAsync(), null);
        return ended.Task;

        async Task RunAsync()
        {
            try
            {
                ended.SetResult(await work());
            }
#pragma warning disable CA1031 // Whoever waits for it looks at it.
            catch (Exception error)
#pragma warning restore CA1031
            {
                ended.SetException(error);
            }
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => _world.Ready(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Does something in it, now or when it goes on.</summary>
    public void Do(SendOrPostCallback callback, object? state)
    {
        if (IsDead)
        {
            return;
        }

        if (IsStopped)
        {
            _held.Enqueue((callback, state));
            return;
        }

        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private sealed class Clock(OperatorProcess process) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => new(process._world.Now, TimeSpan.Zero);

        public override long GetTimestamp() => process._world.Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timer timer = new(process, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class Timer(OperatorProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                process._world.AfterTicks(dueTime.Ticks, () => Fire(setting));
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        // In no context of synchronization: what goes on "anywhere" goes on here, and not in the thread pool.
        private void Fire(int setting)
        {
            if (setting != _setting || process.IsDead)
            {
                return;
            }

            if (process.IsStopped)
            {
                process._held.Enqueue((_ => Fire(setting), null));
                return;
            }

            callback(state);
        }
    }
}
