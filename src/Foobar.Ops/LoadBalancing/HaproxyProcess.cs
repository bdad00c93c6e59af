using Foobar.Ops.Findings;

namespace Foobar.Ops.LoadBalancing;

/// <summary>The HAProxy process that serves now.</summary>
public sealed record HaproxyProcess
{
    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>Its process id; another one after each restart and reload.</summary>
    [Measurement]
    public required int ProcessId { get; init; }

    /// <summary>How long it runs, in seconds.</summary>
    [Measurement]
    public required long UptimeSeconds { get; init; }

    /// <summary>How many connections it holds.</summary>
    [Measurement]
    public required long CurrentConnections { get; init; }

    /// <summary>How many it takes at most.</summary>
    public required long MaximumConnections { get; init; }
}
