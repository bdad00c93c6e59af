namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Notices commands that take longer, to have the server guard them. One timer for all: a timer a command would cost more
/// than most commands.
/// </summary>
internal sealed class JobWatch : IDisposable
{
    /// <summary>How long a command may take before the server is told to guard it; most are done before.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly IEnumerable<Job> _running;
    private readonly Action<Job> _guard;
    private readonly Timer _timer;
    private int _armed;

    /// <param name="running">The jobs that run at the time it is enumerated.</param>
    /// <param name="guard">Has the server guard a job.</param>
    public JobWatch(IEnumerable<Job> running, Action<Job> guard)
    {
        _running = running;
        _guard = guard;
        _timer = new Timer(_ => Look());
    }

    /// <summary>A job was started: looks at it in a moment.</summary>
    public void Expect()
    {
        if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(Moment, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        Volatile.Write(ref _armed, 0);
        foreach (Job job in _running.Where(job => !job.Watched))
        {
            if (job.Age < Moment)
            {
                Expect();
            }
            else
            {
                job.Watched = true;
                _guard(job);
            }
        }
    }
}
