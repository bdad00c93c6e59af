namespace Foobar.Ops.Monitoring;

/// <summary>Where what a service read and wrote is known from.</summary>
public enum ServiceIoSource : long
{
    /// <summary>It is not known.</summary>
    None,

    /// <summary>Its control group (<c>io.stat</c>), which is exact and tells the devices.</summary>
    ControlGroup,

    /// <summary>Its processes (<c>/proc/PID/io</c>), where the group's I/O is not accounted: what ended meanwhile is left out.</summary>
    Processes,
}

/// <summary>The part of an interval in which tasks were stalled for want of a resource (pressure stall information).</summary>
public sealed record PressureMetric
{
    /// <summary>The time in which some task was, in percent.</summary>
    public required double SomePercent { get; init; }

    /// <summary>The time in which all tasks with work were at once, in percent; <see langword="null"/> if the kernel does not
    /// say.</summary>
    public double? FullPercent { get; init; }
}

/// <summary>What a service (a unit of systemd, or a scope of containers) used over an interval.</summary>
public sealed record ServiceMetric
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The unit: <c>nginx.service</c>.</summary>
    public required string Service { get; init; }

    /// <summary>How many processes it has.</summary>
    public required int ProcessCount { get; init; }

    /// <summary>Processor time, in percent of one processor; <see langword="null"/> if it was started again within the interval.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Memory that is charged to it, caches of its files too, in bytes; <see langword="null"/> if memory is not accounted
    /// (<c>MemoryAccounting=</c>).</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory that its processes have in use, in bytes; what several share is counted in each.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Bytes a second read from disks.</summary>
    public double? ReadBytesPerSecond { get; init; }

    /// <summary>Bytes a second written to disks, or given to the kernel to be written (see <see cref="IoSource"/>).</summary>
    public double? WrittenBytesPerSecond { get; init; }

    /// <summary>Where the two are known from.</summary>
    public ServiceIoSource IoSource { get; init; }

    /// <summary>The devices that it read or wrote within the interval; empty where only its processes tell
    /// (<c>IOAccounting=</c>).</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>How long it was stalled for want of processors.</summary>
    public PressureMetric? CpuPressure { get; init; }

    /// <summary>How long it was stalled for want of memory.</summary>
    public PressureMetric? MemoryPressure { get; init; }

    /// <summary>How long it was stalled waiting for disks.</summary>
    public PressureMetric? IoPressure { get; init; }
}
