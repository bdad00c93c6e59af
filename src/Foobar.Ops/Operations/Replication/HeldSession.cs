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
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Turn _one = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _living = Task.CompletedTask;
    private long _last = inner.Time.GetTimestamp();

    public string Server => inner.Server;

    public string ServerVersion => inner.ServerVersion;

    public bool IsMariaDb => inner.IsMariaDb;

    public TimeProvider Time => inner.Time;

    public TimeSpan TimeLimit
    {
        get => inner.TimeLimit;
        set => inner.TimeLimit = value;
    }

    public Task<IReadOnlyList<DatabaseRow>> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        OneAsync(() => inner.QueryAsync(sql, parameters, cancellationToken), cancellationToken);

    public Task<int> ExecuteAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default) =>
        OneAsync(() => inner.ExecuteAsync(sql, parameters, cancellationToken), cancellationToken);

    /// <summary>Gives a sign of life from now on whenever nothing was sent for this long.</summary>
    public void KeepAlive(TimeSpan interval) => _living = LiveAsync(interval);

    public async ValueTask DisposeAsync()
    {
#pragma warning disable CA1849 // Only the sign of life waits for it.
        _ended.Cancel();
#pragma warning restore CA1849
        await _living;
        await inner.DisposeAsync();
        _ended.Dispose();
    }

    private async Task<T> OneAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        using IDisposable turn = await _one.TakeAsync(cancellationToken);
        try
        {
            return await send();
        }
        finally
        {
            _last = Time.GetTimestamp();
        }
    }

    private async Task LiveAsync(TimeSpan interval)
    {
        try
        {
            while (true)
            {
                TimeSpan idle = Time.GetElapsedTime(_last);

                // A delay counts whole milliseconds: less than one would be none.
                await Task.Delay(idle < interval ? interval - idle + Tick : interval, Time, _ended.Token);
                if (Time.GetElapsedTime(_last) >= interval)
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
