namespace Foobar.Ops.Remoting;

/// <summary>Waiting by a clock.</summary>
internal static class Pauses
{
    /// <summary>
    /// A time to be combined with other tasks (<see cref="Task.WhenAny(Task[])"/>). A bare <see cref="Task.Delay(TimeSpan)"/> that is
    /// cancelled ends them in the thread pool, of which a virtual clock knows nothing.
    /// </summary>
    /// <param name="time">The clock.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task PauseAsync(this TimeProvider time, TimeSpan duration, CancellationToken cancellationToken) =>
        await Task.Delay(duration, time, cancellationToken);
}
