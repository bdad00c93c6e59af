using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>What a server tells of a log, or of the file that was the log before a rotation.</summary>
/// <param name="Path">The log.</param>
/// <param name="Inode">The file.</param>
/// <param name="Size">Up to where its lines were counted.</param>
/// <param name="Lines">The lines from the last reading on, each by the first digit of its status (0 for none).</param>
/// <param name="State">What happened to it.</param>
internal sealed record AccessLogState(string Path, long Inode, long Size, IReadOnlyList<long> Lines, string State)
{
    /// <summary>All lines together.</summary>
    public long Total => Lines.Sum();
}

/// <summary>The script that counts lines of logs, and what it prints.</summary>
internal static class AccessLogScript
{
    /// <summary>What is read, as errors name it.</summary>
    public const string Source = "lines appended to the access logs";

    /// <summary>How many classes of status are counted: the first digit of the status, 0 for none.</summary>
    public const int Classes = 6;

    /// <summary>
    /// Arguments are path, inode, size and kind, in fours (0 and 0 at first). The kind is <c>plain</c> or <c>status</c> for a
    /// log whose lines have the status behind the quoted request, and <c>old</c> or <c>old-status</c> for the file that was
    /// the log before a rotation, to which nginx still writes until it opens its logs anew. Prints
    /// <c>INODE SIZE N:N:N:N:N:N STATE PATH</c>; the sizes are taken before lines are counted. A link is followed, as nginx
    /// follows it; the file before a rotation is looked for beside its target, compressed too. What is no regular file (a
    /// device, a pipe) has no size that grows. The last line is <c>clock BEGAN TAKEN ENDED</c>: seconds of the server's own
    /// clock (proc_uptime(5)) when the script began, when the last size had been taken, and at its end.
    /// </summary>
    public const string Text = """
        uptime() { read -r "$1" ignored < /proc/uptime || eval "$1=0"; }
        uptime began
        none=0:0:0:0:0:0
        class() {
          case $kind in
            *status) awk -F'"' '{ c = substr($3, 2, 1); n[c ~ /[1-5]/ ? c : 0]++ } END { printf "%d:%d:%d:%d:%d:%d\n", n[0], n[1], n[2], n[3], n[4], n[5] }' ;;
            *) echo "$(($(wc -l))):0:0:0:0:0" ;;
          esac
        }
        count() { tail -c "+$(($2 + 1))" -- "$1" | head -c "$(($3 - $2))" | class; }
        find_old() {
          old=''
          for each in "$real"* "$path"* "${real%/*}"/*; do
            if [ "$(stat -L -c %i -- "$each" 2>/dev/null)" = "$inode" ]; then old=$each; return 0; fi
          done
          return 1
        }
        packed() {
          for each in $(ls -t -- "$real"*.gz 2>/dev/null | head -n 1); do
            full=$(gzip -dc -- "$each" 2>/dev/null | wc -c)
            [ -n "$(find "$each" -cmin -70 2>/dev/null)" ] || continue
            if [ "$full" -ge "$size" ]; then gzip -dc -- "$each" | tail -c "+$((size + 1))" | class; return 0; fi
          done
          return 1
        }
        rest() {
          if find_old; then
            old_size=$(stat -L -c %s -- "$old")
            uptime taken
            [ "$old_size" -ge "$size" ] || old_size=$size
            echo "$inode $old_size $(count "$old" "$size" "$old_size") $1 $path"
          elif lines=$(packed); then echo "$inode 0 $lines packed $path"
          else echo "$inode 0 $none $2 $path"; fi
        }
        while [ $# -ge 4 ]; do
          path=$1 inode=$2 size=$3 kind=$4
          shift 4
          real=$(readlink -f -- "$path" 2>/dev/null) || real=$path
          case $kind in old*) rest old gone; continue ;; esac
          if [ -e "$real" ] && [ ! -f "$real" ]; then echo "0 0 $none special $path"; continue; fi
          if ! now=$(stat -L -c '%i %s' -- "$real" 2>/dev/null); then
            [ "$inode" = 0 ] || rest moved lost
            echo "0 0 $none missing $path"
            continue
          fi
          uptime taken
          new_inode=${now% *} new_size=${now#* }
          if [ "$inode" = 0 ]; then echo "$new_inode $new_size $none same $path"
          elif [ "$inode" = "$new_inode" ] && [ "$new_size" -ge "$size" ]; then echo "$new_inode $new_size $(count "$real" "$size" "$new_size") same $path"
          elif [ "$inode" = "$new_inode" ]; then echo "$new_inode $new_size $(count "$real" 0 "$new_size") truncated $path"
          else
            rest moved lost
            echo "$new_inode $new_size $(count "$real" 0 "$new_size") rotated $path"
          fi
        done
        uptime ended
        echo "clock $began ${taken:-$ended} $ended"
        """;

    private const string Clock = "clock ";

    // Of what /proc/uptime tells.
    private static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(10);

    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    public static IReadOnlyList<AccessLogState> Parse(string text) =>
        [
            .. Lines.Of(text)
                .Where(static line => !line.Text.StartsWith(Clock, StringComparison.Ordinal))
                .Select(line => ParseLine(line.Number, line.Text)),
        ];

    /// <summary>How long before its end the script had taken the last size, at least: what it counted since is not in the counts.</summary>
    /// <exception cref="Errors.ParseException">The line with the times is missing, or not of that form.</exception>
    public static TimeSpan AfterSizes(string text)
    {
        (int Number, string Text) last = Lines.Of(text).LastOrDefault(static line => line.Text.StartsWith(Clock, StringComparison.Ordinal));
        string[] fields = last.Text?.Split(' ') ?? [];
        double[] times = [.. fields.Skip(1).Select(static field =>
            double.TryParse(field, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
                ? seconds
                : double.NaN)];
        if (times is not [var began, var taken, var ended] || !(began <= taken && taken <= ended && ended < TimeSpan.MaxValue.TotalSeconds))
        {
            throw Lines.Unexpected(Source, last.Number, "'clock' and three times", last.Text ?? "nothing");
        }

        TimeSpan after = TimeSpan.FromSeconds(ended - taken) - Resolution;
        return after > TimeSpan.Zero ? after : TimeSpan.Zero;
    }

    private static AccessLogState ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 5);
        long[] counts = fields.Length == 5 ? [.. fields[2].Split(':').Select(each => TryNumber(each, out long count) ? count : -1)] : [];
        return counts.Length == Classes && counts.All(count => count >= 0)
            && TryNumber(fields[0], out long inode) && TryNumber(fields[1], out long size)
            ? new AccessLogState(fields[4], inode, size, counts, fields[3])
            : throw Lines.Unexpected(Source, number, "inode, size, lines by status, state and path", line);
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue / 16;
}
