using System.Globalization;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux;

/// <summary>Memory as the kernel counts it (proc_meminfo(5)). In a container these are the figures of its host.</summary>
public sealed record MemoryUse
{
    /// <summary>The file this is read from.</summary>
    public const string Source = "/proc/meminfo";

    /// <summary>Usable memory, in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>What a new program could take without swapping, in bytes.</summary>
    [Measurement]
    public required long AvailableBytes { get; init; }

    /// <summary>Swap space, in bytes; 0 for none.</summary>
    public long SwapTotalBytes { get; init; }

    /// <summary>Swap space in use, in bytes.</summary>
    [Measurement]
    public long SwapUsedBytes { get; init; }

    /// <summary>What is available, in percent of the total.</summary>
    public double AvailablePercent => TotalBytes <= 0 ? 0 : 100.0 * AvailableBytes / TotalBytes;

    /// <summary>Reads the text of /proc/meminfo.</summary>
    /// <exception cref="Errors.ParseException">MemTotal or MemAvailable (Linux 3.14 and later) is missing or no number of kB.</exception>
    public static MemoryUse Parse(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, ':');
        long swap = Bytes(values, "SwapTotal") ?? 0;
        return new MemoryUse
        {
            TotalBytes = Bytes(values, "MemTotal") ?? throw new Errors.ParseException(null, Source, 0, "MemTotal is missing."),
            AvailableBytes = Bytes(values, "MemAvailable")
                ?? throw new Errors.ParseException(null, Source, 0, "MemAvailable is missing; it stands there since Linux 3.14."),
            SwapTotalBytes = swap,
            SwapUsedBytes = Math.Max(0, swap - (Bytes(values, "SwapFree") ?? swap)),
        };
    }

    private static long? Bytes(Dictionary<string, string> values, string key)
    {
        if (!values.TryGetValue(key, out string? value))
        {
            return null;
        }

        string number = value.Split(' ')[0];
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes)
            && kibibytes < long.MaxValue / 1024
            ? kibibytes * 1024
            : throw new Errors.ParseException(null, Source, 0, $"{key} should be a number of kB, but is '{value}'.");
    }
}
