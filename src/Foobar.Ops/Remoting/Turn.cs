namespace Foobar.Ops.Remoting;

/// <summary>
/// Lets one at a time, in the order in which they came. Whoever waited goes on where the one before left, on no other thread: a
/// <see cref="SemaphoreSlim"/> hands over through the thread pool, of which a virtual clock knows nothing.
/// </summary>
internal sealed class Turn
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<IDisposable>> _waiting = new();
    private bool _taken;

    /// <summary>Waits for the turn, which lasts until it is disposed.</summary>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<IDisposable>> place = new(new());
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return new Held(this);
            }

            _waiting.AddLast(place);
        }

        using CancellationTokenRegistration giving = cancellationToken.UnsafeRegister(_ => GiveUp(place, cancellationToken), null);
        return await place.Value.Task;
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource<IDisposable>> place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (place.List is null)
            {
                return;
            }

            _waiting.Remove(place);
        }

        place.Value.SetCanceled(cancellationToken);
    }

    private void Next()
    {
        TaskCompletionSource<IDisposable>? next;
        lock (_lock)
        {
            next = _waiting.First?.Value;
            if (next is null)
            {
                _taken = false;
                return;
            }

            _waiting.RemoveFirst();
        }

        next.SetResult(new Held(this));
    }

    private sealed class Held(Turn turn) : IDisposable
    {
        private bool _over;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _over, true))
            {
                turn.Next();
            }
        }
    }
}
