using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Canary;

/// <summary>
/// Writes numbered rows through the application's own path at a steady pace and reconnects whenever it must: what it sees
/// is what the application sees. A write is never repeated: an unanswered one may have been committed.
/// </summary>
internal sealed class WriteCanary : IAsyncDisposable
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(2);

    // A switchover's gap is over soon; to come back late would be most of what is measured.
    private static readonly TimeSpan Young = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(2);

    // ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE. By their numbers: the words follow the server's lc_messages.
    private static readonly int[] ReadOnly = [1290, 1836];

    // No privilege on the database or the table, no such database, no such table: no patience mends these either.
    private static readonly int[] Hopeless = [1044, 1142, 1049, 1146, .. ReadOnly];

    private readonly Func<CancellationToken, Task<IDatabaseSession>> _open;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<CanaryWrite> _writes = [];
    private readonly List<Task> _closing = [];
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private readonly TaskCompletionSource _hopeless = New();
    private TaskCompletionSource _next = New();

    /// <summary>Prepares a canary.</summary>
    /// <param name="open">Opens a connection through the application's path.</param>
    /// <param name="run">What its rows are known by.</param>
    /// <param name="interval">How often it writes.</param>
    public WriteCanary(Func<CancellationToken, Task<IDatabaseSession>> open, string run, TimeSpan interval)
    {
        _open = open;
        Run = run;
        Interval = interval;
    }

    /// <summary>What its rows are known by.</summary>
    public string Run { get; }

    /// <summary>How often it writes.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Begins, and returns when the first write was acknowledged.</summary>
    /// <exception cref="FoobarException"><c>CanaryFailed</c>: none was in time.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(WriteOnAsync, CancellationToken.None);
        try
        {
            await (await Task.WhenAny(NextAsync(cancellationToken), _hopeless.Task).WaitAsync(AttemptLimit * 2, cancellationToken));
        }
        catch (Exception error) when (error is TimeoutException or DatabaseException)
        {
            string why = LastError() ?? "no answer";
            throw new FoobarException("CanaryFailed", ErrorKind.Refused, $"The canary could not write through the write endpoint: {why}")
            {
                Recommendation = error is DatabaseException { Number: { } number } && ReadOnly.Contains(number)
                    ? "The write endpoint leads to a member that takes no writes, so the application can't write either: see "
                        + "Get-FoobarBackend and Get-FoobarReplication, and lead it to the primary."
                    : "The canary's account needs SELECT, INSERT and DELETE on foobar_ops.canary, from the write endpoint's address; the "
                        + "help of Measure-FoobarWrite has the statements.",
            };
        }
    }

    /// <summary>Ends when a write that ends from now on is acknowledged.</summary>
    public Task NextAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _next.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops, and gives all writes in order.</summary>
    public async Task<IReadOnlyList<CanaryWrite>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAll(_closing);
        return _writes;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static bool IsHopeless(DatabaseException? error) =>
        error is not null && (error.Kind == ErrorKind.Authentication || (error.Number is { } number && Hopeless.Contains(number)));

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string? LastError()
    {
        lock (_lock)
        {
            return _writes.Count > 0 ? _writes[^1].Error : null;
        }
    }

    private async Task WriteOnAsync()
    {
        IDatabaseSession? session = null;
        long next = Stopwatch.GetTimestamp();
        long acknowledged = next;
        for (long sequence = 1; !_stop.IsCancellationRequested; sequence++)
        {
            session = await WriteAsync(session, sequence);

            // By the clock, not by what the last write took; what could not be written in time is not made up for.
            long now = Stopwatch.GetTimestamp();
            acknowledged = session is null ? acknowledged : now;
            next = session is null
                ? now + Ticks(Stopwatch.GetElapsedTime(acknowledged, now) < Young && Interval > Eager ? Eager : Interval)
                : Math.Max(next + Ticks(Interval), now);
            TimeSpan pause = Stopwatch.GetElapsedTime(now, next);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, CancellationToken.None);
            }
        }

        await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task<IDatabaseSession?> WriteAsync(IDatabaseSession? session, long sequence)
    {
        long sent = Stopwatch.GetTimestamp();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(AttemptLimit);
        try
        {
            session ??= await _open(limit.Token);
            await CanaryTable.WriteAsync(session, Run, sequence, limit.Token);
            Record(new(sequence, sent, Stopwatch.GetTimestamp(), null));
            return session;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The one under way at the end is neither acknowledged nor failed.
            return session;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            Record(new(
                sequence, sent, Stopwatch.GetTimestamp(),
                error is FoobarException
                    ? error.Message
                    : FormattableString.Invariant($"no answer within {AttemptLimit.TotalSeconds:0.#} s")));
            if (IsHopeless(error as DatabaseException))
            {
                _hopeless.TrySetException(error);
            }

            // Saying goodbye to a server that may be gone takes its time.
            _closing.Add(session?.DisposeAsync().AsTask() ?? Task.CompletedTask);
            return null;
        }
    }

    private void Record(CanaryWrite write)
    {
        lock (_lock)
        {
            _writes.Add(write);
            if (write.IsAcknowledged)
            {
                _next.TrySetResult();
                _next = New();
            }
        }
    }
}
