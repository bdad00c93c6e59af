using System.Diagnostics;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>
/// Writes numbered rows through the application's own path at a steady pace and reconnects whenever it must: what it sees
/// is what the application sees.
/// </summary>
internal sealed class WriteCanary : IAsyncDisposable
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(2);

    private readonly Func<CancellationToken, Task<IDatabaseSession>> _open;
    private readonly string _run;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(long Sequence, long Sent, long Acknowledged)> _writes = [];
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _next = New();

    public WriteCanary(Func<CancellationToken, Task<IDatabaseSession>> open, string run, TimeSpan interval)
    {
        _open = open;
        _run = run;
        _interval = interval;
    }

    /// <summary>The last error, for a canary that never got through.</summary>
    public string? LastError { get; private set; }

    /// <summary>Begins, and returns when the first write was acknowledged.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        try
        {
            await NextAsync(cancellationToken).WaitAsync(AttemptLimit * 2, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new FoobarException("CanaryFailed", ErrorKind.Refused, $"The canary could not write through the write endpoint: {LastError ?? "no answer"}")
            {
                Recommendation = "The canary's account needs INSERT on foobar_ops.canary, from the endpoint's address.",
            };
        }
    }

    /// <summary>Ends when a write that begins from now on is acknowledged.</summary>
    public Task NextAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _next.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops, and gives the acknowledged writes.</summary>
    public async Task<IReadOnlyList<(long Sequence, long Sent, long Acknowledged)>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return _writes;
    }

    /// <summary>The longest time between two acknowledged writes.</summary>
    public static WriteGap Longest(IReadOnlyList<(long Sequence, long Sent, long Acknowledged)> writes, TimeSpan interval)
    {
        TimeSpan longest = TimeSpan.Zero;
        List<double> latencies = [];
        for (int index = 0; index < writes.Count; index++)
        {
            latencies.Add(Stopwatch.GetElapsedTime(writes[index].Sent, writes[index].Acknowledged).TotalSeconds);
            TimeSpan apart = index == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(writes[index - 1].Acknowledged, writes[index].Acknowledged);
            longest = apart > longest ? apart : longest;
        }

        latencies.Sort();
        double median = latencies.Count > 0 ? latencies[latencies.Count / 2] : 0;
        return new() { Duration = longest, Resolution = interval + TimeSpan.FromSeconds(median), Source = WriteGapSource.Canary };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        IDatabaseSession? session = null;
        for (long sequence = 1; !_stop.IsCancellationRequested; sequence++)
        {
            long sent = Stopwatch.GetTimestamp();
            session = await WriteAsync(session, sequence, sent);
            TimeSpan pause = session is null ? TimeSpan.FromMilliseconds(1) : _interval - Stopwatch.GetElapsedTime(sent);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, CancellationToken.None);
            }
        }

        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }

    private async Task<IDatabaseSession?> WriteAsync(IDatabaseSession? session, long sequence, long sent)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(AttemptLimit);
        try
        {
            session ??= await _open(limit.Token);
            await session.ExecuteAsync(
                "INSERT INTO foobar_ops.canary (run, seq) VALUES (@run, @seq)",
                new Dictionary<string, object?> { ["run"] = _run, ["seq"] = sequence }, limit.Token);
            Acknowledge(sequence, sent);
            return session;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            LastError = error.Message;
            if (session is not null)
            {
                await session.DisposeAsync();
            }

            return null;
        }
    }

    private void Acknowledge(long sequence, long sent)
    {
        lock (_lock)
        {
            _writes.Add((sequence, sent, Stopwatch.GetTimestamp()));
            _next.TrySetResult();
            _next = New();
        }
    }
}
