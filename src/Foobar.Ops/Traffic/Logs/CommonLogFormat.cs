using System.Buffers.Text;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// The Common Log Format and what is made of it: Apache's <c>common</c>, <c>combined</c> and <c>vhost_combined</c>, nginx's
/// <c>combined</c>, and each <c>log_format</c> in which <c>[$time_local]</c> stands before <c>"$request" $status</c>
/// (Apache, mod_log_config; nginx, ngx_http_log_module). A time that nginx took, written as <c>rt=</c> or
/// <c>request_time=</c>, is read too.
/// </summary>
internal sealed class CommonLogFormat : LogFormat
{
    private const int TimeLength = 26;

    private bool _hasTime = true;
    private int _without;

    /// <inheritdoc/>
    public override string Name => "common or combined";

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<byte> line, ref LogLine found)
    {
        int open = line.IndexOf((byte)'[');
        while (open >= 0 && open + TimeLength + 1 < line.Length && line[open + TimeLength + 1] != ']')
        {
            int next = line[(open + 1)..].IndexOf((byte)'[');
            open = next < 0 ? -1 : open + 1 + next;
        }

        if (open < 0 || open + TimeLength + 2 >= line.Length
            || !TryStatusBehindQuote(AfterOpeningQuote(line[(open + TimeLength + 2)..]), out found.Status, out ReadOnlySpan<byte> rest))
        {
            return false;
        }

        found.Time = line.Slice(open + 1, TimeLength);
        found.Kind = LogTime.Common;
        found.Milliseconds = _hasTime ? Milliseconds(rest) : -1;
        return true;
    }

    private static ReadOnlySpan<byte> AfterOpeningQuote(ReadOnlySpan<byte> text) =>
        text.Length > 2 && text[0] == ' ' && text[1] == '"' ? text[2..] : text;

    private double Milliseconds(ReadOnlySpan<byte> rest)
    {
        int at = rest.IndexOf(" rt="u8) is var shortName && shortName >= 0 ? shortName + 4
            : rest.IndexOf(" request_time="u8) is var longName && longName >= 0 ? longName + 14 : -1;
        if (at >= 0 && Utf8Parser.TryParse(rest[at..], out double seconds, out int _))
        {
            return seconds * 1000;
        }

        // A format has it in each line or in none.
        _hasTime = ++_without < 100;
        return -1;
    }
}
