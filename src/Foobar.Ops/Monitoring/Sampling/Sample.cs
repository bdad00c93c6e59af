using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>All counters of a server at one time.</summary>
internal sealed record Sample
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    private const string Container = "/run/systemd/container";

    /// <summary>The files that <see cref="Script"/> prints.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [
            CpuTimes.Source, DiskCounters.Source, InterfaceCounters.Source, MemoryUse.Source, LoadAverage.Source, BootId, Container,
            Pressure.Processors, Pressure.Memory, Pressure.Disks,
        ];

    /// <summary>Prints the server's time first, so that it stands close to the counters that are rated by it.</summary>
    public const string Script = "printf '==> time\\n'; date +%s.%N\n" + Sections.Script;

    /// <summary>
    /// The server's own clock, in seconds since 1970; good for differences only. <see langword="null"/> where it tells whole seconds only.
    /// </summary>
    public double? ClockSeconds { get; init; }

    public required CpuTimes Cpu { get; init; }

    public required IReadOnlyList<DiskCounters> Disks { get; init; }

    /// <summary>The names of devices by their numbers: <c>254:0</c> to <c>vda</c>.</summary>
    public IReadOnlyDictionary<string, string> DeviceNames { get; init; } = new Dictionary<string, string>();

    public required IReadOnlyList<InterfaceCounters> Interfaces { get; init; }

    public required MemoryUse Memory { get; init; }

    public required LoadAverage Load { get; init; }

    public Pressure? CpuPressure { get; init; }

    public Pressure? MemoryPressure { get; init; }

    public Pressure? DiskPressure { get; init; }

    /// <summary>Another one after each boot.</summary>
    public required string Boot { get; init; }

    public bool IsContainer { get; init; }

    /// <exception cref="Errors.ParseException">A file is missing or not of its form.</exception>
    public static Sample Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        return new Sample
        {
            ClockSeconds = Clock(sections.GetValueOrDefault("time", "")),
            Cpu = CpuTimes.Parse(sections.Require(CpuTimes.Source)),
            DeviceNames = DiskCounters.Names(sections.GetValueOrDefault(DiskCounters.Source, "")),
            Disks = DiskCounters.Parse(sections.GetValueOrDefault(DiskCounters.Source, "")),
            Interfaces = InterfaceCounters.Parse(sections.Require(InterfaceCounters.Source)),
            Memory = MemoryUse.Parse(sections.Require(MemoryUse.Source)),
            Load = LoadAverage.Parse(sections.Require(LoadAverage.Source)),
            CpuPressure = Pressure.Parse(sections.GetValueOrDefault(Pressure.Processors, "")),
            MemoryPressure = Pressure.Parse(sections.GetValueOrDefault(Pressure.Memory, "")),
            DiskPressure = Pressure.Parse(sections.GetValueOrDefault(Pressure.Disks, "")),
            Boot = sections.GetValueOrDefault(BootId, "").Trim(),
            IsContainer = sections.ContainsKey(Container),
        };
    }

    private static double? Clock(string text) =>
        text.Contains('.', StringComparison.Ordinal)
            && double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            ? seconds
            : null;
}
