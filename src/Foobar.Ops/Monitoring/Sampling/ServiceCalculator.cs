namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>From two samples of services to rates.</summary>
internal static class ServiceCalculator
{
    /// <summary>The services that were there at both times, those that use most of the processors first.</summary>
    /// <param name="server">The server.</param>
    /// <param name="first">The first sample.</param>
    /// <param name="second">The second sample.</param>
    /// <param name="seconds">The time between them by the operator's clock, for a server whose own clock does not tell it.</param>
    /// <param name="devices">Names of devices by their numbers.</param>
    public static IReadOnlyList<ServiceMetric> Between(string server, ServiceSample first, ServiceSample second, double seconds,
        IReadOnlyDictionary<string, string> devices)
    {
        double own = second.ClockSeconds - first.ClockSeconds is { } measured && measured > 0 && Math.Abs(measured - seconds) < Math.Max(1,
            seconds / 2) ? measured : seconds;
        return
        [
            .. from service in second.Services
               where first.Services.ContainsKey(service.Key)
               let metric = Of(server, service.Key, first.Services[service.Key], service.Value, own, devices)
               orderby metric.CpuPercent descending, metric.Service
               select metric,
        ];
    }

    private static ServiceMetric Of(string server, string name, ServiceCounters before, ServiceCounters after, double seconds,
        IReadOnlyDictionary<string, string> devices)
    {
        (double Read, double Written)? ofGroup = OfGroup(before, after, seconds);
        (double Read, double Written)? io = ofGroup ?? OfProcesses(before, after, seconds);
        return new ServiceMetric
        {
            Server = server,
            Service = name,
            ProcessCount = after.Processes.Count,

            // Processor time of a service that was started again begins anew.
            CpuPercent = after.CpuMicroseconds >= before.CpuMicroseconds
                ? (after.CpuMicroseconds - before.CpuMicroseconds) / (seconds * 10_000) : null,
            MemoryBytes = after.MemoryBytes,
            ResidentBytes = after.Processes.Sum(static process => process.ResidentBytes),
            ReadBytesPerSecond = io?.Read,
            WrittenBytesPerSecond = io?.Written,
            IoSource = io is null ? ServiceIoSource.None : ofGroup is null ? ServiceIoSource.Processes : ServiceIoSource.ControlGroup,
            Devices = after.Devices is null || before.Devices is null
                ? []
                : [.. after.Devices.Where(device => device.Value != before.Devices.GetValueOrDefault(device.Key)).Select(device =>
                    devices.GetValueOrDefault(device.Key, device.Key)).Order(StringComparer.Ordinal)],
            CpuPressure = Pressure.Between(before.CpuPressure, after.CpuPressure, seconds),
            MemoryPressure = Pressure.Between(before.MemoryPressure, after.MemoryPressure, seconds),
            IoPressure = Pressure.Between(before.DiskPressure, after.DiskPressure, seconds),
        };
    }

    private static (double Read, double Written)? OfGroup(ServiceCounters before, ServiceCounters after, double seconds) =>
        before.Devices is null || after.Devices is null
        ? null
        : (after.Devices.Sum(device => Math.Max(0, device.Value.Read - before.Devices.GetValueOrDefault(device.Key).Read)) / seconds,
            after.Devices.Sum(device => Math.Max(0, device.Value.Written - before.Devices.GetValueOrDefault(device.Key)
                .Written)) / seconds);

    // A process that ended meanwhile takes its counters with it; one that began counts from zero.
    private static (double Read, double Written)? OfProcesses(ServiceCounters before, ServiceCounters after, double seconds)
    {
        if (!after.Processes.Any(static process => process.ReadBytes is not null))
        {
            return null;
        }

        Dictionary<string, ProcessCounters> known = before.Processes.ToDictionary(static process => process.Id, StringComparer.Ordinal);
        double read = after.Processes.Sum(process => Grown(known.GetValueOrDefault(process.Id)?.ReadBytes, process.ReadBytes));
        double written = after.Processes.Sum(process => Grown(known.GetValueOrDefault(process.Id)?.WrittenBytes, process.WrittenBytes));
        return (read / seconds, written / seconds);
    }

    private static double Grown(long? before, long? after) => after is not { } now ? 0 : before is { } then && then <= now ? now - then
        : now;
}
