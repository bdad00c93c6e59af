namespace Foobar.Ops.Remoting;

/// <summary>A token that ends with another one, or when a time has passed by a clock.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    /// <summary>Begins to count.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="limit">The time.</param>
    /// <param name="cancellationToken">The other token.</param>
    public TimeLimit(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        _timer = new(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _timer.Token);
    }

    /// <summary>The token.</summary>
    public CancellationToken Token => _either.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
