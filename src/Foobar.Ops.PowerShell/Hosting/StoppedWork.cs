using System.Collections.Concurrent;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// The work of stopped cmdlets that still puts back what it changed. Ctrl+C returns at once; the sessions it needs are not closed
/// before it has ended.
/// </summary>
internal static class StoppedWork
{
    /// <summary>How long an end of the runspace waits for it; as long as the longest step of an undo may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly ConcurrentDictionary<Task, Guid> Left = new();

    /// <summary>Keeps work in mind until it has ended.</summary>
    public static void Keep(Guid runspace, Task work)
    {
        Left[work] = runspace;
        _ = work.ContinueWith(
            ended => Left.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits until the work of a runspace has ended, at most <see cref="Patience"/>.</summary>
    public static void Wait(Guid runspace) =>
        Task.WhenAll(Left.Where(one => one.Value == runspace).Select(one => one.Key))
            .ContinueWith(_ => { }, TaskScheduler.Default)
            .Wait(Patience);
}
