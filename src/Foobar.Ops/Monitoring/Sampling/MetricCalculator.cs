using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>From two samples to rates. A counter that went backwards was reset: it gives no rate and a note.</summary>
internal static class MetricCalculator
{
    public static ServerMetric Between(
        string server, TimedSample first, TimedSample second, IReadOnlyList<FileSystem> fileSystems, DateTimeOffset time)
    {
        double seconds = TimedSample.Seconds(first, second);
        Sample now = second.Sample;
        List<string> notes = now.IsContainer
            ? ["A container: CPU, memory, load, pressure and disk figures are those of its host; those of its services are its own."]
            : [];
        bool sameBoot = first.Sample.Boot == now.Boot;
        if (!sameBoot)
        {
            notes.Add("The server restarted within the interval; there are no rates.");
        }

        ServerMetric metric = new()
        {
            Server = server,
            Time = time,
            IntervalSeconds = seconds,
            CpuCount = now.Cpu.Count,
            Load1 = now.Load.One,
            Load5 = now.Load.Five,
            Load15 = now.Load.Fifteen,
            MemoryTotalBytes = now.Memory.TotalBytes,
            MemoryAvailableBytes = now.Memory.AvailableBytes,
            SwapTotalBytes = now.Memory.SwapTotalBytes,
            SwapUsedBytes = now.Memory.SwapUsedBytes,
            CpuPressure = Pressure.Between(sameBoot ? first.Sample.CpuPressure : null, now.CpuPressure, seconds),
            MemoryPressure = Pressure.Between(sameBoot ? first.Sample.MemoryPressure : null, now.MemoryPressure, seconds),
            IoPressure = Pressure.Between(sameBoot ? first.Sample.DiskPressure : null, now.DiskPressure, seconds),
            FileSystems = fileSystems,
            Disks =
            [
                .. now.Disks.Select(
                    disk =>
                        Disk(sameBoot ? first.Sample.Disks.FirstOrDefault(one => one.Device == disk.Device) : null, disk, seconds, notes)),
            ],
            Interfaces =
            [
                .. now.Interfaces.Select(
                    one => Interface(
                        sameBoot ? first.Sample.Interfaces.FirstOrDefault(other => other.Interface == one.Interface) : null,
                        one, seconds, notes)),
            ],
        };
        return (sameBoot ? WithCpu(metric, first.Sample.Cpu, now.Cpu) : metric) with { Notes = notes };
    }

    private static ServerMetric WithCpu(ServerMetric metric, CpuTimes before, CpuTimes after)
    {
        // Idle and iowait may step back a little: the kernel counts them without a lock (proc_stat(5)).
        long user = Grown(before.User, after.User), system = Grown(before.System, after.System), idle = Grown(before.Idle, after.Idle);
        long wait = Grown(before.IoWait, after.IoWait), steal = Grown(before.Steal, after.Steal);
        double total = user + system + idle + wait + steal;
        return total <= 0
            ? metric
            : metric with
            {
                CpuUserPercent = 100 * user / total,
                CpuSystemPercent = 100 * system / total,
                CpuIoWaitPercent = 100 * wait / total,
                CpuStealPercent = 100 * steal / total,
                CpuIdlePercent = 100 * idle / total,
            };
    }

    private static DiskMetric Disk(DiskCounters? before, DiskCounters after, double seconds, List<string> notes)
    {
        if (before is null
            || WentBack(
                notes, after.Device, (before.Reads, after.Reads), (before.SectorsRead, after.SectorsRead), (before.Writes, after.Writes),
                (before.SectorsWritten, after.SectorsWritten)))
        {
            return new DiskMetric { Device = after.Device };
        }

        long operations = after.Reads - before.Reads + after.Writes - before.Writes;
        long waited = Grown(before.ReadMilliseconds, after.ReadMilliseconds) + Grown(before.WriteMilliseconds, after.WriteMilliseconds);
        return new DiskMetric
        {
            Device = after.Device,
            ReadBytesPerSecond = (after.SectorsRead - before.SectorsRead) * DiskCounters.SectorBytes / seconds,
            WrittenBytesPerSecond = (after.SectorsWritten - before.SectorsWritten) * DiskCounters.SectorBytes / seconds,
            ReadsPerSecond = (after.Reads - before.Reads) / seconds,
            WritesPerSecond = (after.Writes - before.Writes) / seconds,
            AwaitMilliseconds = operations > 0 ? (double)waited / operations : null,
            UtilizationPercent = Math.Min(100, Grown(before.BusyMilliseconds, after.BusyMilliseconds) / (seconds * 10)),
        };
    }

    private static InterfaceMetric Interface(InterfaceCounters? before, InterfaceCounters after, double seconds, List<string> notes) =>
        before is null
            || WentBack(
                notes, after.Interface, (before.ReceivedBytes, after.ReceivedBytes), (before.SentBytes, after.SentBytes),
                (before.ReceivedPackets, after.ReceivedPackets), (before.SentPackets, after.SentPackets))
            ? new InterfaceMetric { Interface = after.Interface }
            : new InterfaceMetric
            {
                Interface = after.Interface,
                ReceivedBytesPerSecond = (after.ReceivedBytes - before.ReceivedBytes) / seconds,
                SentBytesPerSecond = (after.SentBytes - before.SentBytes) / seconds,
                ReceivedPacketsPerSecond = (after.ReceivedPackets - before.ReceivedPackets) / seconds,
                SentPacketsPerSecond = (after.SentPackets - before.SentPackets) / seconds,
                Errors = Grown(before.Errors, after.Errors),
                Drops = Grown(before.Drops, after.Drops),
            };

    private static bool WentBack(List<string> notes, string device, params ReadOnlySpan<(long Before, long After)> counters)
    {
        foreach ((long before, long after) in counters)
        {
            if (after < before)
            {
                notes.Add($"The counters of {device} were reset within the interval; it has no rates.");
                return true;
            }
        }

        return false;
    }

    private static long Grown(long before, long after) => Math.Max(0, after - before);
}
