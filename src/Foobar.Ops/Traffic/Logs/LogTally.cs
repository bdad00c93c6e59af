using System.Globalization;
using System.Numerics;
using System.Text;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>Requests of one second, by the first digit of their status.</summary>
internal sealed class SecondCounts
{
    private readonly long[] _classes = new long[10];

    /// <summary>Lines that stand beside those of this second and were not understood.</summary>
    public long Unparsed { get; set; }

    /// <summary>All requests.</summary>
    public long Total => _classes.Sum();

    /// <summary>The requests whose status begins with a digit; 0 for those without one.</summary>
    public long this[int digit] => _classes[digit];

    /// <summary>Counts a request.</summary>
    public void Count(int status) => _classes[status / 100]++;

    /// <summary>Takes what another reader counted for the same second.</summary>
    public void Add(SecondCounts other)
    {
        Unparsed += other.Unparsed;
        for (int digit = 0; digit < _classes.Length; digit++)
        {
            _classes[digit] += other._classes[digit];
        }
    }
}

/// <summary>Counts lines by second and status. One reader's own; those of several are joined at the end.</summary>
internal sealed class LogTally
{
    /// <summary>A longer line is no request, whatever stands in it.</summary>
    public const int LongestLine = 64 * 1024;

    private const int Examples = 10, ExcerptLength = 160, SubBits = 4;

    private readonly LogFormat[] _formats = LogFormat.All();
    private readonly long[] _parsed;
    private readonly long[] _durations = new long[64 << SubBits];
    private readonly List<UnparsedLine> _examples = [];
    private readonly Dictionary<long, SecondCounts> _seconds = [];
    private LogClock _clock = new();
    private int _last;
    private long _second = long.MinValue, _ahead;
    private SecondCounts? _current;

    public LogTally() => _parsed = new long[_formats.Length];

    /// <summary>The seconds in which there was something, since 1970.</summary>
    public IReadOnlyDictionary<long, SecondCounts> Seconds => _seconds;

    /// <summary>Lines with something in them.</summary>
    public long Lines { get; private set; }

    /// <summary>Those that were not understood.</summary>
    public long Unparsed { get; private set; }

    /// <summary>Takes a line without its end.</summary>
    public void Take(ReadOnlySpan<byte> line, string path, long offset)
    {
        if (line.Length > 0 && line[^1] == '\r')
        {
            line = line[..^1];
        }

        if (line.Length == 0)
        {
            return;
        }

        Lines++;
        LogLine found = default;
        if (line.Length > LongestLine || !TryRead(line, ref found, out long second))
        {
            Miss(line, path, offset, line.Length, line.Length > LongestLine ? "too long" : Reason(line));
            return;
        }

        if (second != _second)
        {
            Turn(second);
        }

        _current!.Count(found.Status);
        if (found.Milliseconds >= 0)
        {
            _durations[Bucket(found.Milliseconds)]++;
        }
    }

    /// <summary>Takes a line that is too long to be held.</summary>
    public void TakeLong(ReadOnlySpan<byte> beginning, string path, long offset, long length)
    {
        Lines++;
        Miss(beginning, path, offset, length, "too long");
    }

    /// <summary>Takes what another reader counted.</summary>
    public void Add(LogTally other)
    {
        Lines += other.Lines;
        Unparsed += other.Unparsed;
        _ahead += other._ahead;
        foreach ((long second, SecondCounts counts) in other._seconds)
        {
            At(second).Add(counts);
        }

        for (int format = 0; format < _parsed.Length; format++)
        {
            _parsed[format] += other._parsed[format];
        }

        for (int bucket = 0; bucket < _durations.Length; bucket++)
        {
            _durations[bucket] += other._durations[bucket];
        }

        _examples.AddRange(other._examples);
    }

    /// <summary>What was read, in words.</summary>
    public TrafficLog ToLog() => new()
    {
        Formats = [.. _formats.Select((format, index) => (format.Name, Count: _parsed[index])).Where(each => each.Count > 0)
            .OrderByDescending(each => each.Count).Select(
                each => string.Create(CultureInfo.InvariantCulture, $"{each.Name} ({each.Count} lines)"))],
        Lines = Lines,
        Unparsed = Unparsed,
        UnparsedLines = [.. _examples.OrderBy(line => line.Path, StringComparer.Ordinal).ThenBy(line => line.Offset).Take(Examples)],
    };

    /// <summary>
    /// The time in milliseconds that a part of the requests took at most, to 6 %; <see langword="null"/> if no line tells.
    /// </summary>
    public double? Quantile(double part)
    {
        long all = _durations.Sum(), sum = 0;
        for (int bucket = 0; bucket < _durations.Length && all > 0; bucket++)
        {
            sum += _durations[bucket];
            if (sum >= all * part)
            {
                return Upper(bucket);
            }
        }

        return null;
    }

    /// <summary>Whether times without a zone were read.</summary>
    public bool HasZoneless => _formats.Select((format, index) => format is HaproxyLogFormat && _parsed[index] > 0).Any(each => each);

    private bool TryRead(ReadOnlySpan<byte> line, ref LogLine found, out long second)
    {
        if (_formats[_last].TryRead(line, ref found) && _clock.TryGet(found, out second))
        {
            _parsed[_last]++;
            return true;
        }

        for (int format = 0; format < _formats.Length; format++)
        {
            if (format != _last && _formats[format].TryRead(line, ref found) && _clock.TryGet(found, out second))
            {
                _parsed[_last = format]++;
                return true;
            }
        }

        second = 0;
        return false;
    }

    private void Turn(long second)
    {
        _second = second;
        _current = At(second);
        _current.Unparsed += _ahead;
        _ahead = 0;
    }

    private SecondCounts At(long second)
    {
        if (!_seconds.TryGetValue(second, out SecondCounts? counts))
        {
            _seconds[second] = counts = new SecondCounts();
        }

        return counts;
    }

    private void Miss(ReadOnlySpan<byte> line, string path, long offset, long length, string reason)
    {
        Unparsed++;
        if (_current is { } beside)
        {
            beside.Unparsed++;
        }
        else
        {
            _ahead++;
        }

        if (_examples.Count < Examples)
        {
            _examples.Add(new UnparsedLine(path, offset, length, reason, Printable(line[..Math.Min(line.Length, ExcerptLength)])));
        }
    }

    private static string Reason(ReadOnlySpan<byte> line) =>
        line.ContainsAnyInRange((byte)0, (byte)8) || line.ContainsAnyInRange((byte)14, (byte)26)
            ? "binary"
            : "no time and status that are known";

    private static string Printable(ReadOnlySpan<byte> line)
    {
        StringBuilder text = new();
        foreach (byte each in line)
        {
            _ = each is >= 0x20 and < 0x7f ? text.Append((char)each) : text.Append(CultureInfo.InvariantCulture, $"\\x{each:X2}");
        }

        return text.ToString();
    }

    /// <summary>A bucket for each sixteenth of a power of two of microseconds.</summary>
    private static int Bucket(double milliseconds)
    {
        ulong microseconds = (ulong)Math.Min(milliseconds * 1000, 1e15);
        int power = BitOperations.Log2(microseconds | 1);
        return power <= SubBits
            ? (int)microseconds
            : ((power - SubBits + 1) << SubBits) + (int)((microseconds >> (power - SubBits)) & ((1 << SubBits) - 1));
    }

    private static double Upper(int bucket)
    {
        int power = bucket >> SubBits;
        return power <= 1 ? bucket / 1000.0 : (((1 << SubBits) + (bucket & ((1 << SubBits) - 1)) + 1L) << (power - 1)) / 1000.0;
    }
}
