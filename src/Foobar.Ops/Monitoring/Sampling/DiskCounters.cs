using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>What a disk did since boot (Linux, Documentation/admin-guide/iostats.rst).</summary>
internal sealed record DiskCounters
{
    public const string Source = "/proc/diskstats";

    /// <summary>A sector is 512 bytes here whatever the disk's own is.</summary>
    public const int SectorBytes = 512;

    public required string Device { get; init; }

    public required long Reads { get; init; }

    public required long SectorsRead { get; init; }

    public required long ReadMilliseconds { get; init; }

    public required long Writes { get; init; }

    public required long SectorsWritten { get; init; }

    public required long WriteMilliseconds { get; init; }

    public required long BusyMilliseconds { get; init; }

    /// <summary>Reads the whole disks that ever did something; partitions are left out, since their disk counts them too.</summary>
    /// <exception cref="Errors.ParseException">A line has not at least 14 columns or one is no number.</exception>
    public static IReadOnlyList<DiskCounters> Parse(string text)
    {
        DiskCounters[] all = [.. Lines.Of(text).Select(line => ParseLine(line.Number, line.Text)).DistinctBy(disk => disk.Device)];
        HashSet<string> names = [.. all.Select(disk => disk.Device)];
        return [.. all.Where(disk => disk.Reads + disk.Writes > 0 && !IsPartition(disk.Device, names))];
    }

    /// <summary>The names of all devices by their numbers: <c>254:0</c> to <c>vda</c>.</summary>
    public static IReadOnlyDictionary<string, string> Names(string text) => Lines.Of(text)
        .Select(static line => Lines.Fields(line.Text))
        .Where(static fields => fields.Length > 2)
        .DistinctBy(static fields => $"{fields[0]}:{fields[1]}")
        .ToDictionary(static fields => $"{fields[0]}:{fields[1]}", static fields => fields[2], StringComparer.Ordinal);

    private static DiskCounters ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line);
        long Number(int index) =>
            long.TryParse(fields[index], NumberStyles.None, CultureInfo.InvariantCulture, out long value)
                && value < long.MaxValue / SectorBytes
                ? value
                : throw Lines.Unexpected(Source, number, "counters", line);
        return fields.Length < 14
            ? throw Lines.Unexpected(Source, number, "device numbers, name and 11 counters", line)
            : new DiskCounters
            {
                Device = fields[2],
                Reads = Number(3),
                SectorsRead = Number(5),
                ReadMilliseconds = Number(6),
                Writes = Number(7),
                SectorsWritten = Number(9),
                WriteMilliseconds = Number(10),
                BusyMilliseconds = Number(12),
            };
    }

    /// <summary>sda1 is a part of sda; nvme0n1p2 of nvme0n1.</summary>
    private static bool IsPartition(string name, HashSet<string> names)
    {
        string disk = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return disk.Length < name.Length && (names.Contains(disk) || (disk.EndsWith('p') && names.Contains(disk[..^1])));
    }
}
