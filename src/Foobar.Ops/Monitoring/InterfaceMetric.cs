namespace Foobar.Ops.Monitoring;

/// <summary>What a network interface did over an interval.</summary>
public sealed record InterfaceMetric
{
    /// <summary>The name: <c>eth0</c>.</summary>
    public required string Interface { get; init; }

    /// <summary>Bytes received a second.</summary>
    public double? ReceivedBytesPerSecond { get; init; }

    /// <summary>Bytes sent a second.</summary>
    public double? SentBytesPerSecond { get; init; }

    /// <summary>Packets received a second.</summary>
    public double? ReceivedPacketsPerSecond { get; init; }

    /// <summary>Packets sent a second.</summary>
    public double? SentPacketsPerSecond { get; init; }

    /// <summary>Packets received wrong or not sent for an error in the interval.</summary>
    public long? Errors { get; init; }

    /// <summary>Packets dropped, both ways, in the interval.</summary>
    public long? Drops { get; init; }
}
