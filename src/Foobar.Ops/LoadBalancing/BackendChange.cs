namespace Foobar.Ops.LoadBalancing;

/// <summary>What an operator wants of a server of a backend.</summary>
public enum BackendTarget
{
    /// <summary>It takes traffic.</summary>
    Ready,

    /// <summary>It keeps its sessions until they end and takes no new ones.</summary>
    Drain,

    /// <summary>It takes no traffic and is not checked.</summary>
    Maint,
}

/// <summary>What was done to a server of a backend, and what came of it.</summary>
public sealed record BackendChange
{
    /// <summary>The load balancer.</summary>
    public required string Server { get; init; }

    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The server's name in the backend.</summary>
    public required string Name { get; init; }

    /// <summary>Its status before, in HAProxy's words.</summary>
    public required string Before { get; init; }

    /// <summary>Its status now.</summary>
    public required string After { get; init; }

    /// <summary>Sessions that it still holds, those of older workers of HAProxy too; 0 when it is drained.</summary>
    public required long SessionsLeft { get; init; }

    /// <summary>
    /// The sessions of older workers, which go on with their connections after a reload; <see langword="null"/> if that could not be
    /// seen, and of a server that was to become ready.
    /// </summary>
    public long? SessionsOfOlderWorkers { get; init; }

    /// <summary>
    /// Whether a restart of HAProxy finds it so too, as was asked; a drained server starts in maintenance, since there are no sessions to
    /// keep then.
    /// </summary>
    public bool Persisted { get; init; }

    /// <summary>How long it took, waiting included.</summary>
    public required TimeSpan Duration { get; init; }
}
