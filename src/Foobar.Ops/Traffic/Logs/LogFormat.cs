namespace Foobar.Ops.Traffic.Logs;

/// <summary>A format of access logs: finds time and status in a line.</summary>
internal abstract class LogFormat
{
    /// <summary>What it is called.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// All formats, the ones told apart most surely first. JSON learns its members from the lines: one instance a reader.
    /// </summary>
    public static LogFormat[] All() => [new JsonLogFormat(), new HaproxyLogFormat(), new CommonLogFormat(), new IsoLogFormat()];

    /// <summary>Reads a line.</summary>
    /// <returns>Whether it is of this format.</returns>
    public abstract bool TryRead(ReadOnlySpan<byte> line, ref LogLine found);

    /// <summary>Three digits of a status, as HTTP has them, with nothing behind them that belongs to them.</summary>
    protected static bool TryStatus(ReadOnlySpan<byte> text, out int status)
    {
        status = 0;
        if (text.Length < 3
            || text[0] is < (byte)'1' or > (byte)'9'
            || !char.IsAsciiDigit((char)text[1])
            || !char.IsAsciiDigit((char)text[2])
            || (text.Length > 3 && char.IsAsciiLetterOrDigit((char)text[3])))
        {
            return false;
        }

        status = ((text[0] - '0') * 100) + ((text[1] - '0') * 10) + (text[2] - '0');
        return true;
    }

    /// <summary>What follows the quoted request: the quote that ends it is not escaped (Apache) and has a status behind it.</summary>
    protected static bool TryStatusBehindQuote(ReadOnlySpan<byte> text, out int status, out ReadOnlySpan<byte> rest)
    {
        while (true)
        {
            int quote = text.IndexOf((byte)'"');
            if (quote < 0 || quote + 4 >= text.Length)
            {
                status = 0;
                rest = default;
                return false;
            }

            ReadOnlySpan<byte> behind = text[(quote + 1)..];
            if (behind[0] == ' ' && TryStatus(behind[1..], out status) && (quote == 0 || text[quote - 1] != '\\'))
            {
                rest = behind[4..];
                return true;
            }

            text = behind;
        }
    }
}
