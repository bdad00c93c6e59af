using System.Buffers;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// A <c>log_format</c> with <c>$time_iso8601</c> (<c>2026-11-30T05:44:51+00:00</c>), and the status behind the quoted
/// request, else the first field of three digits behind the time.
/// </summary>
internal sealed class IsoLogFormat : LogFormat
{
    private const int DateLength = 19;

    private static readonly SearchValues<byte> Ends = SearchValues.Create(" \"]\t,|;"u8), Separators = SearchValues.Create(" \t,|;"u8);

    /// <inheritdoc/>
    public override string Name => "ISO 8601 time";

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<byte> line, ref LogLine found)
    {
        int from = 0;
        while (line[from..].IndexOf("T"u8) is >= 0 and var next)
        {
            int start = from + next - 10;
            from += next + 1;
            if (start < 0 || start + DateLength > line.Length || line[start + 4] != '-' || line[start + 13] != ':')
            {
                continue;
            }

            ReadOnlySpan<byte> rest = line[start..];
            int end = rest.IndexOfAny(Ends);
            if (end < DateLength)
            {
                return false;
            }

            found.Time = rest[..end];
            found.Kind = LogTime.Iso;
            found.Milliseconds = -1;
            return TryStatusBehindQuote(rest[end..], out found.Status, out _) || TryField(rest[end..], out found.Status);
        }

        return false;
    }

    private static bool TryField(ReadOnlySpan<byte> text, out int status)
    {
        while (text.IndexOfAny(Separators) is >= 0 and var space)
        {
            text = text[(space + 1)..];
            if (TryStatus(text, out status) && (text.Length == 3 || Separators.Contains(text[3])))
            {
                return true;
            }
        }

        status = 0;
        return false;
    }
}
