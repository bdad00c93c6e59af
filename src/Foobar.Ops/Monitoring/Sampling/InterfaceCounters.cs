using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Sampling;

/// <summary>What a network interface did since it came up (proc_pid_net(5), <c>/proc/net/dev</c>).</summary>
internal sealed record InterfaceCounters
{
    public const string Source = "/proc/net/dev";

    public required string Interface { get; init; }

    public required long ReceivedBytes { get; init; }

    public required long ReceivedPackets { get; init; }

    public required long SentBytes { get; init; }

    public required long SentPackets { get; init; }

    public required long Errors { get; init; }

    public required long Drops { get; init; }

    /// <exception cref="Errors.ParseException">A line has not a name and 16 counters.</exception>
    public static IReadOnlyList<InterfaceCounters> Parse(string text) =>
        [
            .. Lines.Of(text)
                .Where(line => !line.Text.Contains('|', StringComparison.Ordinal))
                .Select(line => ParseLine(line.Number, line.Text))
                .DistinctBy(one => one.Interface),
        ];

    private static InterfaceCounters ParseLine(int number, string line)
    {
        // The name may hold a colon (an alias); the counters never do, and may stand right behind it.
        int colon = line.LastIndexOf(':');
        string[] fields = Lines.Fields(line[(colon + 1)..]);
        long Number(int index) =>
            long.TryParse(fields[index], NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < long.MaxValue / 4
                ? value
                : throw Lines.Unexpected(Source, number, "counters", line);
        return colon < 1 || fields.Length < 16
            ? throw Lines.Unexpected(Source, number, "an interface and 16 counters", line)
            : new InterfaceCounters
            {
                Interface = line[..colon].Trim(),
                ReceivedBytes = Number(0),
                ReceivedPackets = Number(1),
                SentBytes = Number(8),
                SentPackets = Number(9),
                Errors = Number(2) + Number(10),
                Drops = Number(3) + Number(11),
            };
    }
}
