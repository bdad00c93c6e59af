namespace Foobar.Ops.Auditing;

/// <summary>How facts are read.</summary>
public sealed record CollectOptions
{
    /// <summary>How many servers are read at once.</summary>
    public int ThrottleLimit { get; init; } = 16;

    /// <summary>How long one server may take, from connecting to the last fact; what is not read then is Unknown.</summary>
    public TimeSpan ServerTimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the endpoints of the site are scanned too (hundreds of handshakes each), so that grades can be compared.</summary>
    public bool IncludeTlsScan { get; init; }

    /// <summary>
    /// Is given the facts of each part of each server as they arrive, with the time of the whole reading; called from several threads.
    /// </summary>
    internal Action<SnapshotFacts, DateTimeOffset>? Arrived { get; init; }

    /// <summary>Takes note of where the time goes.</summary>
    public AuditProfile? Profile { get; init; }

    /// <summary>Is told of each server that is done; called from several threads.</summary>
    public Action<CollectProgress>? Progress { get; init; }
}

/// <summary>How far the reading of facts is.</summary>
/// <param name="Server">The server that is done.</param>
/// <param name="Done">How many servers are done, this one among them.</param>
/// <param name="Total">How many servers are read.</param>
/// <param name="Duration">How long this server took.</param>
public sealed record CollectProgress(string Server, int Done, int Total, TimeSpan Duration);
