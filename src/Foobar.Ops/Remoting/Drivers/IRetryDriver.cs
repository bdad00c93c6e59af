namespace Foobar.Ops.Remoting.Drivers;

/// <summary>Repeats work that failed in a way that may pass.</summary>
internal interface IRetryDriver
{
    /// <summary>Does the work, again while it fails so.</summary>
    /// <exception cref="Exception">What the last attempt threw.</exception>
    Task<T> RunAsync<T>(RetryPlan plan, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken);
}

/// <summary>When work is repeated: after a wait that doubles, with jitter so that several operators don't come back at once.</summary>
internal sealed record RetryPlan
{
    /// <summary>How often at most, the first attempt not counted.</summary>
    public required int Repetitions { get; init; }

    /// <summary>The wait before the first repetition.</summary>
    public required TimeSpan FirstWait { get; init; }

    /// <summary>How long all may take: a repetition that would begin later is not made.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>Tells whether a failure may pass.</summary>
    public required Func<Exception, bool> MayRepeat { get; init; }

    /// <summary>The wait that the failure itself asks for; <see langword="null"/> for none.</summary>
    public required Func<Exception, TimeSpan?> WaitOf { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
