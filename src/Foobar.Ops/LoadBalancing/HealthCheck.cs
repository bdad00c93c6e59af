namespace Foobar.Ops.LoadBalancing;

/// <summary>What the health check of a backend's server asks (HAProxy Configuration Manual, 4.2 option httpchk, 5.2 addr, port).</summary>
public sealed record HealthCheck
{
    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The server's name in it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it asks for an answer of HTTP; else that the port opens, or what another protocol says.</summary>
    public bool IsHttp { get; init; }

    /// <summary>The address and port that it asks, where they are not those that take the traffic; <see langword="null"/> if they
    /// are.</summary>
    public string? Elsewhere { get; init; }

    /// <summary>Why it can't be told for sure.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
