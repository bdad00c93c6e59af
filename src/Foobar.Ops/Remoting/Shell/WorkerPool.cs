namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// The numbers of a runner's workers that are free. Each forks its next child after a job, so they take turns: who asks at
/// once for another command gets a worker that is ready.
/// </summary>
internal sealed class WorkerPool
{
    private const int Turns = 3;
    private const int MostIdle = 8;
    private readonly Queue<int> _free = new();
    private readonly Lock _lock = new();
    private int _hired;

    /// <summary>Takes a worker: the one that has been free for longest, or a new one.</summary>
    /// <param name="nextNumber">Gives a number that no worker of the session has had.</param>
    public int Take(Func<int> nextNumber)
    {
        lock (_lock)
        {
            if (_hired >= Turns && _free.TryDequeue(out int worker))
            {
                return worker;
            }

            _hired++;
            return nextNumber();
        }
    }

    /// <summary>Gives a worker back; <see langword="false"/> if there are enough, and it is to be dismissed.</summary>
    public bool Return(int worker)
    {
        lock (_lock)
        {
            if (_free.Count >= MostIdle)
            {
                _hired--;
                return false;
            }

            _free.Enqueue(worker);
            return true;
        }
    }
}
