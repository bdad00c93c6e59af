using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>
/// What each service used up to one time: the counters of its control group (Linux, Documentation/admin-guide/cgroup-v2.rst) and
/// of its processes (proc_pid_io(5), proc_pid_statm(5)).
/// </summary>
internal sealed record ServiceSample
{
    public const string Source = "the control groups of the services and /proc/PID/io";

    /// <summary>Prints each file's lines behind the file's name: one program reads them all.</summary>
    public const string Script = """
        export LC_ALL=C
        printf '==> time\n'; date +%s.%N
        printf '\n==> page\n'; getconf PAGESIZE 2>/dev/null || echo 4096
        root=/sys/fs/cgroup
        [ -f "$root/cgroup.controllers" ] || root=/sys/fs/cgroup/unified
        printf '\n==> groups\n'
        if cd "$root" 2>/dev/null; then
          set --
          for group in system.slice/*.service system.slice/*.scope system.slice/*.slice/*.service machine.slice/*; do
            [ -d "$group" ] && set -- "$@" "$group/cpu.stat" "$group/memory.current" "$group/io.stat" "$group/cpu.pressure" "$group/memory.pressure" "$group/io.pressure"
          done
          [ $# -eq 0 ] || grep -sHE '^(usage_usec|some|full|[0-9])' "$@"
        fi
        printf '\n==> processes\n'
        grep -sHE '^(0::|read_bytes|write_bytes)' /proc/[0-9]*/cgroup /proc/[0-9]*/io
        printf '\n==> memory\n'
        grep -sH . /proc/[0-9]*/statm
        exit 0
        """;

    private static readonly string[] FileNames =
        ["/cpu.stat:", "/memory.current:", "/io.stat:", "/cpu.pressure:", "/memory.pressure:", "/io.pressure:", "/cgroup:", "/io:",
            "/statm:"];

    /// <summary>The server's own clock, in seconds since 1970; <see langword="null"/> where it tells whole seconds only.</summary>
    public double? ClockSeconds { get; init; }

    /// <summary>By name: <c>nginx.service</c>.</summary>
    public required IReadOnlyDictionary<string, ServiceCounters> Services { get; init; }

    /// <exception cref="Errors.ParseException">A line is not of its form.</exception>
    public static ServiceSample Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        long page = ServiceCounters.Number(sections.GetValueOrDefault("page", "").Trim()) is > 0 and < 1 << 20 and { } size ? size : 4096;
        Dictionary<string, Dictionary<string, string>> groups = ByFile(sections.Require("groups"), static path => (path[..Math.Max(0,
            path.LastIndexOf('/'))], path[(path.LastIndexOf('/') + 1)..]));
        Dictionary<string, Dictionary<string, string>> processes = ByFile(
            sections.GetValueOrDefault("processes", "") + "\n" + sections.GetValueOrDefault("memory", ""),
            static path => path.Split('/') is ["", "proc", var id, var file] ? (id, file) : ("", ""));
        ILookup<string, ProcessCounters> byGroup = processes
            .Where(static one => one.Key.Length > 0 && one.Value.ContainsKey("cgroup"))
            .ToLookup(static one => one.Value["cgroup"][Math.Min(3, one.Value["cgroup"].Length)..].Trim().TrimStart('/'), one =>
                ProcessCounters.Of(one.Key, one.Value, page));
        string clock = sections.GetValueOrDefault("time", "").Trim();
        return new ServiceSample
        {
            ClockSeconds = clock.Contains('.', StringComparison.Ordinal) && double.TryParse(clock, NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double seconds) ? seconds : null,
            Services = groups.Select(group => (Name: group.Key[(group.Key.LastIndexOf('/') + 1)..], Counters: ServiceCounters.Of(
                    group.Value,
                    [.. byGroup.Where(own => own.Key == group.Key || own.Key.StartsWith(group.Key + "/", StringComparison.Ordinal))
                        .SelectMany(static own => own)])))
                .Where(static service => service.Counters.Processes.Count > 0)
                .DistinctBy(static service => service.Name)
                .ToDictionary(static service => service.Name, static service => service.Counters, StringComparer.Ordinal),
        };
    }

    // Lines PATH:LINE by the owner of the path and the file in it.
    private static Dictionary<string, Dictionary<string, string>> ByFile(string text, Func<string, (string Owner, string File)> split)
    {
        Dictionary<string, Dictionary<string, string>> files = new(StringComparer.Ordinal);
        foreach ((int number, string line) in Lines.Of(text))
        {
            int at = FileEnd(line);
            (string owner, string file) = at > 0 ? split(line[..at]) : throw Lines.Unexpected(Source, number, "a file and a line of it",
                line);
            Dictionary<string, string> own = files.TryGetValue(owner, out Dictionary<string, string>? known) ? known
                : files[owner] = new(StringComparer.Ordinal);
            own[file] = own.TryGetValue(file, out string? before) ? before + "\n" + line[(at + 1)..] : line[(at + 1)..];
        }

        return files;
    }

    // The name of a group may hold a colon, which does not end the file's name.
    private static int FileEnd(string line) => FileNames
        .Select(name => line.IndexOf(name, StringComparison.Ordinal) is >= 0 and int at ? at + name.Length - 1 : -1)
        .Where(static at => at > 0)
        .DefaultIfEmpty(-1)
        .Min();
}

/// <summary>The counters of one service.</summary>
internal sealed record ServiceCounters
{
    public long? CpuMicroseconds { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>Bytes read and written by device (<c>254:0</c>); <see langword="null"/> if the group's I/O is not accounted.</summary>
    public IReadOnlyDictionary<string, (long Read, long Written)>? Devices { get; init; }

    public Pressure? CpuPressure { get; init; }

    public Pressure? MemoryPressure { get; init; }

    public Pressure? DiskPressure { get; init; }

    public IReadOnlyList<ProcessCounters> Processes { get; init; } = [];

    public static ServiceCounters Of(Dictionary<string, string> files, IReadOnlyList<ProcessCounters> processes) => new()
    {
        CpuMicroseconds = Number(KeyValues.Parse(files.GetValueOrDefault("cpu.stat", ""), ' ').GetValueOrDefault("usage_usec")),
        MemoryBytes = Number(files.GetValueOrDefault("memory.current")?.Trim()),
        Devices = files.TryGetValue("io.stat", out string? devices) ? ParseDevices(devices) : null,
        CpuPressure = Pressure.Parse(files.GetValueOrDefault("cpu.pressure", "")),
        MemoryPressure = Pressure.Parse(files.GetValueOrDefault("memory.pressure", "")),
        DiskPressure = Pressure.Parse(files.GetValueOrDefault("io.pressure", "")),
        Processes = processes,
    };

    /// <summary>A counter; <see langword="null"/> for what is none.</summary>
    internal static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number < long.MaxValue / (1 << 21) ? number
            : null;

    private static Dictionary<string, (long Read, long Written)> ParseDevices(string text)
    {
        Dictionary<string, (long, long)> devices = new(StringComparer.Ordinal);
        foreach ((_, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line);
            Dictionary<string, string> values = KeyValues.Parse(string.Join('\n', fields.Skip(1)), '=');
            devices[fields[0]] = (Number(values.GetValueOrDefault("rbytes")) ?? 0, Number(values.GetValueOrDefault("wbytes")) ?? 0);
        }

        return devices;
    }
}

/// <summary>The counters of one process. Bytes are <see langword="null"/> where they may not be read.</summary>
internal sealed record ProcessCounters(string Id, long? ReadBytes, long? WrittenBytes, long ResidentBytes)
{
    public static ProcessCounters Of(string id, Dictionary<string, string> files, long page)
    {
        Dictionary<string, string> io = KeyValues.Parse(files.GetValueOrDefault("io", ""), ':');
        string[] memory = Lines.Fields(files.GetValueOrDefault("statm", ""));
        long resident = memory.Length > 1 ? ServiceCounters.Number(memory[1]) ?? 0 : 0;
        return new ProcessCounters(id, ServiceCounters.Number(io.GetValueOrDefault("read_bytes")),
            ServiceCounters.Number(io.GetValueOrDefault("write_bytes")), resident * page);
    }
}
