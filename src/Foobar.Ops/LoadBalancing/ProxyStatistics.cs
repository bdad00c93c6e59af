using Foobar.Ops.Findings;

namespace Foobar.Ops.LoadBalancing;

/// <summary>HAProxy's proxies with their states and counters.</summary>
public sealed record ProxyStatistics
{
    /// <summary>Where clients connect.</summary>
    public required IReadOnlyList<Frontend> Frontends { get; init; }

    /// <summary>Where their requests go.</summary>
    public required IReadOnlyList<Backend> Backends { get; init; }
}

/// <summary>A frontend of HAProxy.</summary>
public sealed record Frontend
{
    /// <summary>The name in its configuration.</summary>
    public required string Name { get; init; }

    /// <summary><c>http</c> or <c>tcp</c>; empty before HAProxy 1.8.</summary>
    public required string Mode { get; init; }

    /// <summary><c>OPEN</c>, <c>FULL</c>, <c>STOP</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Sessions now.</summary>
    [Measurement]
    public required long CurrentSessions { get; init; }

    /// <summary>How many it takes at most (<c>maxconn</c>); <see langword="null"/> if it is not told.</summary>
    public long? MaximumSessions { get; init; }

    /// <summary>Sessions since it started.</summary>
    [Measurement]
    public required long SessionsTotal { get; init; }

    /// <summary>HTTP requests since it started; <see langword="null"/> for TCP.</summary>
    [Measurement]
    public long? RequestsTotal { get; init; }
}

/// <summary>A backend of HAProxy.</summary>
public sealed record Backend
{
    /// <summary>The name in its configuration.</summary>
    public required string Name { get; init; }

    /// <summary><c>http</c> or <c>tcp</c>.</summary>
    public required string Mode { get; init; }

    /// <summary><c>UP</c> or <c>DOWN</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Requests that wait for a server.</summary>
    [Measurement]
    public required long QueueLength { get; init; }

    /// <summary>Sessions now.</summary>
    [Measurement]
    public required long CurrentSessions { get; init; }

    /// <summary>Sessions since it started.</summary>
    [Measurement]
    public required long SessionsTotal { get; init; }

    /// <summary>Its servers.</summary>
    public required IReadOnlyList<BackendServer> Servers { get; init; }
}
