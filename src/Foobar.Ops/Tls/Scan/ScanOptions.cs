namespace Foobar.Ops.Tls.Scan;

/// <summary>How an endpoint is scanned.</summary>
public sealed record ScanOptions
{
    /// <summary>
    /// What a caller with a time limit of its own adds to <see cref="TimeLimit"/>: the scan ends by itself and keeps what it
    /// knows.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>The protocol in which TLS is begun.</summary>
    public StartTls StartTls { get; init; }

    /// <summary>How many connections may be open at once.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>How long to wait between two connections, so that nothing is flooded.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.Zero;

    /// <summary>How long one connection may take, to its last answer.</summary>
    public TimeSpan ConnectionLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the scan may take; what was not asked by then is <see cref="Support.Unknown"/>.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>One connection at a time, with pauses.</summary>
    public ScanOptions Gently() => this with { Concurrency = 1, Pause = TimeSpan.FromMilliseconds(200) };
}
