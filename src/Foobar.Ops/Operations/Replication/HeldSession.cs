using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// A database connection that an operation holds from its beginning to its end: one statement after another, whoever sends
/// them, so that an undo waits for a statement that was given up and is still being ended; and with a sign of life, where
/// asked for, whenever it was idle for a while.
/// </summary>
/// <param name="inner">The connection; disposed with this.</param>
internal sealed class HeldSession(IDatabaseSession inner) : IDatabaseSession
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private Task _living = Task.CompletedTask;
    private long _last = Stopwatch.GetTimestamp();

    public string Server => inner.Server;

    public string ServerVersion => inner.ServerVersion;

    public bool IsMariaDb => inner.IsMariaDb;

    public TimeSpan TimeLimit
    {
        get => inner.TimeLimit;
        set => inner.TimeLimit = value;
    }

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        OneAsync(() => inner.QueryAsync(sql, parameters, cancellationToken), cancellationToken);

    public Task<int> ExecuteAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        OneAsync(() => inner.ExecuteAsync(sql, parameters, cancellationToken), cancellationToken);

    /// <summary>Gives a sign of life from now on whenever nothing was sent for this long.</summary>
    public void KeepAlive(TimeSpan interval) => _living = LiveAsync(interval);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _living;
        await inner.DisposeAsync();
        _ended.Dispose();
        _one.Dispose();
    }

    private async Task<T> OneAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return await send();
        }
        finally
        {
            _last = Stopwatch.GetTimestamp();
            _one.Release();
        }
    }

    private async Task LiveAsync(TimeSpan interval)
    {
        try
        {
            while (true)
            {
                TimeSpan idle = Stopwatch.GetElapsedTime(_last);
                await Task.Delay(idle < interval ? interval - idle : interval, _ended.Token);
                if (Stopwatch.GetElapsedTime(_last) >= interval)
                {
                    await QueryAsync("SELECT 1", null, _ended.Token);
                }
            }
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Disposed, or the connection is gone.
        }
    }
}
