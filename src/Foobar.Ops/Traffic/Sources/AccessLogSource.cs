using System.Globalization;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Lines appended to access logs, where nginx has no status page. The first reading notes inode and size of each log; a
/// later one counts the lines from there on, past a rotation: the rest of the old file, found by its inode, and the new.
/// </summary>
internal sealed class AccessLogSource(IServerSession session, IReadOnlyList<string> logs) : TrafficSource(session.Server.Name)
{
    private const string Origin = "lines appended to the access logs";

    /// <summary>Arguments are path, inode and size, in threes (0 and 0 at first). Prints <c>INODE SIZE LINES STATE PATH</c>; the sizes are taken before lines are counted.</summary>
    internal const string Script = """
        count() { tail -c "+$(($2 + 1))" -- "$1" | head -c "$(($3 - $2))" | wc -l; }
        while [ $# -ge 3 ]; do
          path=$1 inode=$2 size=$3
          shift 3
          if ! now=$(stat -c '%i %s' -- "$path" 2>/dev/null); then echo "0 0 0 missing $path"; continue; fi
          new_inode=${now% *} new_size=${now#* }
          if [ "$inode" = 0 ]; then echo "$new_inode $new_size 0 same $path"
          elif [ "$inode" = "$new_inode" ] && [ "$new_size" -ge "$size" ]; then echo "$new_inode $new_size $(count "$path" "$size" "$new_size") same $path"
          elif [ "$inode" = "$new_inode" ]; then echo "$new_inode $new_size $(count "$path" 0 "$new_size") truncated $path"
          else
            lines=$(count "$path" 0 "$new_size") state=lost
            for old in "$path"*; do
              if [ "$(stat -c %i -- "$old" 2>/dev/null)" = "$inode" ]; then
                lines=$((lines + $(count "$old" "$size" "$(stat -c %s -- "$old")"))) state=rotated
              fi
            done
            echo "$new_inode $new_size $lines $state $path"
          fi
        done
        """;

    private Dictionary<string, LogState> _states = logs.ToDictionary(path => path, path => new LogState(path, 0, 0, 0, "same"));

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        IEnumerable<string> arguments = _states.Values.SelectMany(state => (string[])[state.Path, Text(state.Inode), Text(state.Size)]);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript(Script, arguments) with { Privileged = true }, cancellationToken);
        LogState[] states = [.. Parse(SessionReadings.Succeeded(result, Origin).OutputText)];
        Dictionary<string, long> before = _states.ToDictionary(pair => pair.Key, pair => pair.Value.Lines);
        _states = states.Select(state => state with { Lines = state.Lines + before.GetValueOrDefault(state.Path) }).ToDictionary(state => state.Path);
        string[] lost = [.. states.Where(state => state.State is "lost" or "truncated" or "missing").Select(state => $"{state.Path} was {state.State}")];
        return new CounterReading([.. _states.Values.Select(state => new Counter(TrafficOrigin.NginxAccessLog, state.Path, TrafficUnit.Requests, state.Lines))], "")
        {
            Note = lost.Length == 0 ? null : $"Some requests may be missing: {string.Join(", ", lost)}.",
        };
    }

    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    internal static IReadOnlyList<LogState> Parse(string text) => [.. Lines.Of(text).Select(line => ParseLine(line.Number, line.Text)).DistinctBy(state => state.Path)];

    private static LogState ParseLine(int number, string line)
    {
        string[] fields = Lines.Fields(line, 5);
        return fields.Length == 5 && TryNumber(fields[0], out long inode) && TryNumber(fields[1], out long size) && TryNumber(fields[2], out long lines)
            ? new LogState(fields[4], inode, size, lines, fields[3])
            : throw Lines.Unexpected(Origin, number, "inode, size, lines, state and path", line);
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue / 4;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A log with the lines counted in it so far.</summary>
    internal sealed record LogState(string Path, long Inode, long Size, long Lines, string State);
}
