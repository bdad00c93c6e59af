using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring;

/// <summary>
/// How busy a server was over an interval. A rate whose counter was reset meanwhile is <see langword="null"/>, and <see cref="Notes"/> says
/// so.
/// </summary>
public sealed record ServerMetric
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>When the interval ended, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How long the interval was, in seconds, as measured.</summary>
    public required double IntervalSeconds { get; init; }

    /// <summary>How many processors are online.</summary>
    public required int CpuCount { get; init; }

    /// <summary>Time of all processors in programs, in percent.</summary>
    public double? CpuUserPercent { get; init; }

    /// <summary>Time in the kernel and its interrupts, in percent.</summary>
    public double? CpuSystemPercent { get; init; }

    /// <summary>Idle time with a disk being waited for, in percent.</summary>
    public double? CpuIoWaitPercent { get; init; }

    /// <summary>Time that the hypervisor gave to others, in percent.</summary>
    public double? CpuStealPercent { get; init; }

    /// <summary>Idle time, in percent.</summary>
    public double? CpuIdlePercent { get; init; }

    /// <summary>Runnable and waiting tasks, averaged over a minute.</summary>
    public required double Load1 { get; init; }

    /// <summary>The same over five minutes.</summary>
    public required double Load5 { get; init; }

    /// <summary>The same over fifteen minutes.</summary>
    public required double Load15 { get; init; }

    /// <summary>Usable memory, in bytes.</summary>
    public required long MemoryTotalBytes { get; init; }

    /// <summary>What a new program could take, in bytes.</summary>
    public required long MemoryAvailableBytes { get; init; }

    /// <summary>What is not available, in percent.</summary>
    public double MemoryUsedPercent => MemoryTotalBytes <= 0 ? 0 : 100.0 * (MemoryTotalBytes - MemoryAvailableBytes) / MemoryTotalBytes;

    /// <summary>Swap space, in bytes.</summary>
    public long SwapTotalBytes { get; init; }

    /// <summary>Swap space in use, in bytes.</summary>
    public long SwapUsedBytes { get; init; }

    /// <summary>
    /// How long tasks were stalled for want of processors; <see langword="null"/> if the kernel does not account pressure.
    /// </summary>
    public PressureMetric? CpuPressure { get; init; }

    /// <summary>How long tasks were stalled for want of memory.</summary>
    public PressureMetric? MemoryPressure { get; init; }

    /// <summary>How long tasks were stalled waiting for disks.</summary>
    public PressureMetric? IoPressure { get; init; }

    /// <summary>The file systems and how full they are.</summary>
    public IReadOnlyList<FileSystem> FileSystems { get; init; } = [];

    /// <summary>The disks.</summary>
    public IReadOnlyList<DiskMetric> Disks { get; init; } = [];

    /// <summary>The network interfaces.</summary>
    public IReadOnlyList<InterfaceMetric> Interfaces { get; init; } = [];

    /// <summary>
    /// The services, those that use most of the processors first. Several with I/O pressure and I/O of their own compete for the disks.
    /// </summary>
    public IReadOnlyList<ServiceMetric> Services { get; init; } = [];

    /// <summary>What to know when reading the figures: a counter that was reset, a container that shows its host's figures.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
