using System.Buffers.Text;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// HAProxy's <c>option httplog</c> (Configuration Manual, 8.2.3): after the time in brackets come frontend, backend and
/// server, five timers, and the status; what syslog writes before it doesn't matter. The status is -1 where no answer began.
/// </summary>
internal sealed class HaproxyLogFormat : LogFormat
{
    private const int DateLength = 20;

    /// <inheritdoc/>
    public override string Name => "HAProxy httplog";

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<byte> line, ref LogLine found)
    {
        // "haproxy[123]:" has a bracket too.
        int open = line.IndexOf((byte)'[');
        while (open >= 0 && !IsTime(line[(open + 1)..]))
        {
            int next = line[(open + 1)..].IndexOf((byte)'[');
            open = next < 0 ? -1 : open + 1 + next;
        }

        if (open < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = line[(open + DateLength)..];
        int close = rest.IndexOf("] "u8);
        if (close < 0)
        {
            return false;
        }

        rest = rest[(close + 2)..];
        if (!Skip(ref rest) || !Skip(ref rest) || rest.IndexOf((byte)' ') is not (> 0 and var timers))
        {
            return false;
        }

        ReadOnlySpan<byte> total = rest[..timers];
        ReadOnlySpan<byte> status = rest[(timers + 1)..];
        if (total.Count((byte)'/') != 4 || (!TryStatus(status, out found.Status) && !status.StartsWith("-1 "u8)))
        {
            return false;
        }

        found.Time = line.Slice(open + 1, DateLength);
        found.Kind = LogTime.Haproxy;
        ReadOnlySpan<byte> last = total[(total.LastIndexOf((byte)'/') + 1)..].TrimStart((byte)'+');
        found.Milliseconds = Utf8Parser.TryParse(last, out long milliseconds, out int _) ? milliseconds : -1;
        return true;
    }

    private static bool IsTime(ReadOnlySpan<byte> text) =>
        text.Length > DateLength + 5 && text[DateLength] == '.' && LogClock.IsDate(text);

    private static bool Skip(ref ReadOnlySpan<byte> rest)
    {
        int space = rest.IndexOf((byte)' ');
        rest = space < 0 ? [] : rest[(space + 1)..];
        return space > 0;
    }
}
