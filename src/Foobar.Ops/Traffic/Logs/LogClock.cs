using System.Buffers.Text;

namespace Foobar.Ops.Traffic.Logs;

/// <summary>
/// From the bytes of a time to the second. Lines that follow each other mostly are of the same second: their bytes are
/// compared first.
/// </summary>
internal struct LogClock
{
    private const int LongestKept = 40, CommonLength = 26, HaproxyLength = 20, IsoDate = 19, SecondsPerDay = 86400;

    private readonly byte[] _kept = new byte[LongestKept];
    private int _length;
    private long _second;
    private byte[] _day = [];
    private long _dayStart;

    public LogClock()
    {
    }

    /// <summary>The second of a line, since 1970 in UTC; a time without a zone is taken as UTC.</summary>
    public bool TryGet(in LogLine line, out long second)
    {
        ReadOnlySpan<byte> time = line.Time;
        if (time.Length == _length && time.SequenceEqual(_kept.AsSpan(0, _length)))
        {
            second = _second;
            return true;
        }

        if (!TryParse(time, line.Kind, out second))
        {
            return false;
        }

        if (time.Length <= LongestKept)
        {
            time.CopyTo(_kept);
            (_length, _second) = (time.Length, second);
        }

        return true;
    }

    /// <summary>Whether bytes are a time as HAProxy writes it, fraction aside.</summary>
    public static bool IsDate(ReadOnlySpan<byte> text) =>
        text.Length >= HaproxyLength && text[2] == '/' && text[6] == '/' && text[11] == ':' && text[14] == ':' && text[17] == ':';

    private bool TryParse(ReadOnlySpan<byte> time, LogTime kind, out long second)
    {
        second = 0;
        return kind switch
        {
            LogTime.Common =>
                time.Length == CommonLength && time[20] == ' ' && TryCommon(time, out second) && TryZone(time[21..], ref second),
            LogTime.Haproxy => time.Length >= HaproxyLength && TryCommon(time, out second),
            LogTime.Iso => TryIso(time, out second),
            _ =>
                Utf8Parser.TryParse(time, out second, out int used) && used is > 8 and <= 11 && (used == time.Length || time[used] == '.'),
        };
    }

    private bool TryCommon(ReadOnlySpan<byte> time, out long second)
    {
        second = 0;
        if (!IsDate(time))
        {
            return false;
        }

        // A day begins seldom.
        if (!time[..11].SequenceEqual(_day))
        {
            int month = Month(time[3..6]);
            if (month == 0 || !TryNumber(time[..2], out int day) || !TryNumber(time[7..11], out int year) || !IsDay(year, month, day))
            {
                return false;
            }

            _day = time[..11].ToArray();
            _dayStart = (long)(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).TotalSeconds;
        }

        return TryTimeOfDay(time[12..20], out int ofDay) && (second = _dayStart + ofDay) >= 0;
    }

    private static bool TryIso(ReadOnlySpan<byte> time, out long second)
    {
        second = 0;
        if (time.Length < IsoDate || time[4] != '-' || time[7] != '-' || time[10] is not ((byte)'T' or (byte)' ')
            || !TryNumber(time[..4], out int year) || !TryNumber(time[5..7], out int month) || !TryNumber(time[8..10], out int day)
            || !IsDay(year, month, day) || !TryTimeOfDay(time[11..19], out int ofDay))
        {
            return false;
        }

        second = (long)(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).TotalSeconds + ofDay;
        ReadOnlySpan<byte> rest = time[IsoDate..];
        if (rest.Length > 0 && rest[0] is (byte)'.' or (byte)',')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            rest = digits < 0 ? [] : rest[(digits + 1)..];
        }

        return rest.Length == 0 || rest.SequenceEqual("Z"u8) || TryZone(rest, ref second);
    }

    /// <summary><c>+0100</c> or <c>+01:00</c>.</summary>
    private static bool TryZone(ReadOnlySpan<byte> zone, ref long second)
    {
        bool isLong = zone.Length == 6 && zone[3] == ':';
        if ((zone.Length != 5 && !isLong) || zone[0] is not ((byte)'+' or (byte)'-')
            || !TryNumber(zone[1..3], out int hours) || !TryNumber(zone[^2..], out int minutes) || hours > 15 || minutes > 59)
        {
            return false;
        }

        int offset = (hours * 3600) + (minutes * 60);
        second -= zone[0] == '-' ? -offset : offset;
        return true;
    }

    private static bool TryTimeOfDay(ReadOnlySpan<byte> time, out int second)
    {
        second = 0;
        if (time[2] != ':' || time[5] != ':' || !TryNumber(time[..2], out int hour) || !TryNumber(time[3..5], out int minute)
            || !TryNumber(time[6..8], out int inMinute) || hour > 23 || minute > 59 || inMinute > 60)
        {
            return false;
        }

        second = (hour * 3600) + (minute * 60) + inMinute;
        return second <= SecondsPerDay;
    }

    private static bool IsDay(int year, int month, int day) =>
        year is > 1969 and < 9999 && month is > 0 and < 13 && day > 0 && day <= DateTime.DaysInMonth(year, month);

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return true;
    }

    private static int Month(ReadOnlySpan<byte> name) =>
        "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(name) is var at && at >= 0 && at % 3 == 0 ? (at / 3) + 1 : 0;
}
