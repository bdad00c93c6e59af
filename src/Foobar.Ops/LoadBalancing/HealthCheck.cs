namespace Foobar.Ops.LoadBalancing;

/// <summary>What the health check of a backend's server asks (HAProxy Configuration Manual, 4.2 option httpchk, http-check connect,
/// http-check expect; 5.2 addr, inter, port).</summary>
public sealed record HealthCheck
{
    /// <summary>HAProxy's own <c>inter</c>.</summary>
    internal static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(2);

    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The server's name in it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it asks for an answer of HTTP; else that the port opens, or what another protocol says.</summary>
    public bool IsHttp { get; init; }

    /// <summary>The address and port that it asks, where they are not those that take the traffic; <see langword="null"/> if they
    /// are.</summary>
    public string? Elsewhere { get; init; }

    /// <summary>What it takes for a good answer though servers give it for errors (<c>http-check expect</c>); <see langword="null"/> if
    /// nothing is.</summary>
    public string? Lenient { get; init; }

    /// <summary>How long after a check the next one follows while the server is up (<c>inter</c>; 2 s if nothing is said).</summary>
    public TimeSpan Interval { get; init; } = UsualInterval;

    /// <summary>Why it can't be told for sure.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
