using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux;

/// <summary>A mounted file system of the server's own (none of the network) and how full it is.</summary>
public sealed record FileSystem
{
    /// <summary>Where it is mounted.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The device or source.</summary>
    public required string Device { get; init; }

    /// <summary>The size, in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>What is used, in bytes.</summary>
    [Measurement]
    public required long UsedBytes { get; init; }

    /// <summary>What an ordinary user can still write, in bytes (what is reserved for root does not count).</summary>
    [Measurement]
    public required long AvailableBytes { get; init; }

    /// <summary>How many files and directories it can hold; <see langword="null"/> where it sets no limit or that is not known.</summary>
    public long? Inodes { get; init; }

    /// <summary>How many it holds.</summary>
    [Measurement]
    public long? InodesUsed { get; init; }

    /// <summary>How full it is for an ordinary user, in percent: used of used and available, as df counts.</summary>
    public double UsedPercent => UsedBytes + AvailableBytes <= 0 ? 0 : 100.0 * UsedBytes / (UsedBytes + AvailableBytes);

    /// <summary>How many of its inodes are used, in percent; <see langword="null"/> where it sets no limit.</summary>
    public double? InodesUsedPercent => Inodes is > 0 ? 100.0 * (InodesUsed ?? 0) / Inodes : null;
}
