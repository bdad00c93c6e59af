namespace Foobar.Ops.Monitoring;

/// <summary>What a disk did over an interval.</summary>
public sealed record DiskMetric
{
    /// <summary>The device: <c>sda</c>, <c>nvme0n1</c>, <c>dm-0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Bytes read a second.</summary>
    public double? ReadBytesPerSecond { get; init; }

    /// <summary>Bytes written a second.</summary>
    public double? WrittenBytesPerSecond { get; init; }

    /// <summary>Reads finished a second.</summary>
    public double? ReadsPerSecond { get; init; }

    /// <summary>Writes finished a second.</summary>
    public double? WritesPerSecond { get; init; }

    /// <summary>How long a finished read or write took on average, in milliseconds; <see langword="null"/> if there was none.</summary>
    public double? AwaitMilliseconds { get; init; }

    /// <summary>The part of the interval in which it had work, in percent.</summary>
    public double? UtilizationPercent { get; init; }
}
