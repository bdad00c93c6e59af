using System.Diagnostics;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Has the server look again and again at commands that take longer: whether their output has outgrown its cap, and whether
/// somebody is left to tell their end. One timer for all: a timer a command would cost more than most commands.
/// </summary>
internal sealed class JobWatch : IDisposable
{
    /// <summary>How often commands are looked at that have just begun; most are done before the first time.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>How often others are.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a command counts as one that has just begun, and how often its files are looked at, which costs a program.
    /// </summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private readonly IEnumerable<Job> _running;
    private readonly Action<IReadOnlyList<Job>, bool> _look;
    private readonly Timer _timer;
    private long _lastDeep = Stopwatch.GetTimestamp();
    private int _armed;

    /// <param name="running">The jobs that run at the time it is enumerated.</param>
    /// <param name="look">Has the server look at jobs once; at their files too if its second argument says so.</param>
    public JobWatch(IEnumerable<Job> running, Action<IReadOnlyList<Job>, bool> look)
    {
        _running = running;
        _look = look;
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

    // While no job runs that has just begun, a new one may wait up to a quarter of a second for its first look.
    private void Look()
    {
        Volatile.Write(ref _armed, 0);
        List<Job> running = [.. _running];
        if (running.Count == 0)
        {
            return;
        }

        if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(running.Exists(job => job.Age < Long) ? Moment : Later, Timeout.InfiniteTimeSpan);
        }

        bool deep = running.Exists(job => job.Age >= Long) && Stopwatch.GetElapsedTime(_lastDeep) >= Long;
        if (deep)
        {
            _lastDeep = Stopwatch.GetTimestamp();
        }

        running.RemoveAll(job => job.Age < Moment);
        if (running.Count > 0)
        {
            _look(running, deep);
        }
    }
}
