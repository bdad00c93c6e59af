using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// Runs asynchronous work while the calling thread, PowerShell's pipeline thread, writes what the work hands over. The
/// only bridge between the two: workers never write, and the pipeline thread never works.
/// </summary>
/// <param name="activity">What the progress is shown of.</param>
/// <param name="write">Writes a record.</param>
/// <param name="leave">Takes cancelled work that has not ended within <see cref="Grace"/>.</param>
internal sealed class OutputPump(string activity, Action<CmdletRecord> write, Action<Task>? leave = null)
{
    /// <summary>
    /// How long cancelled work may take to end what it does on the servers before it is left to end by itself: Ctrl+C is
    /// to return within a second.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly Channel<CmdletRecord> _records = Channel.CreateUnbounded<CmdletRecord>(new UnboundedChannelOptions
    {
        SingleReader = true,
    });
    private readonly WorkProgress _progress = new(activity);

    /// <summary>Runs the work to its end and gives its result.</summary>
    /// <exception cref="OperationCanceledException">The work was stopped by the token.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed when the worker has ended, which may be after this method has.")]
    public T Run<T>(Func<CmdletOutput, CancellationToken, Task<T>> work, CancellationToken stopping)
    {
        CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        CmdletOutput output = new(_records.Writer, _progress);
        Task<T> worker = Task.Run(() => work(output, cancel.Token), CancellationToken.None);
        _ = worker.ContinueWith(
            _ => _records.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            WriteUntilDone(stopping);
            return worker.GetAwaiter().GetResult();
        }
        catch
        {
            Abandon(worker, cancel);
            throw;
        }
        finally
        {
            // Never while the worker may still use its token.
            _ = worker.ContinueWith(_ => cancel.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void WriteUntilDone(CancellationToken stopping)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan shown = TimeSpan.Zero;
        while (HasMore(stopping))
        {
            while (_records.Reader.TryRead(out CmdletRecord? record))
            {
                stopping.ThrowIfCancellationRequested();
                write(record);
            }

            if (clock.Elapsed - shown >= Tick && _progress.Show(clock.Elapsed) is { } progress)
            {
                write(progress);
                shown = clock.Elapsed;
            }
        }

        if (_progress.End() is { } end)
        {
            write(end);
        }
    }

    // True when there is a record, or a tick has passed; false when the work is over and all is written.
    private bool HasMore(CancellationToken stopping)
    {
        using CancellationTokenSource tick = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        tick.CancelAfter(Tick);
        try
        {
            return _records.Reader.WaitToReadAsync(tick.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return true;
        }
    }

    private void Abandon(Task worker, CancellationTokenSource cancel)
    {
        cancel.Cancel();
        _records.Writer.TryComplete();
        try
        {
            if (!worker.Wait(Grace))
            {
                leave?.Invoke(worker);
            }
        }
        catch (AggregateException)
        {
            // What the work says of its own cancellation is of no interest: the first exception is on its way.
        }
    }
}
