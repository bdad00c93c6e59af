using System.Globalization;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Lines appended to access logs, where nginx has no status page. The first reading notes inode and size of each log; a
/// later one counts the lines from there on, past a rotation: the rest of the old file, found by its inode, and the new.
/// </summary>
internal sealed class AccessLogSource(IServerSession session, IReadOnlyList<NginxLog> logs) : TrafficSource(session.Server.Name)
{
    private const string Origin = "lines appended to the access logs";

    /// <summary>
    /// Arguments are path, inode and size, in threes (0 and 0 at first). Prints <c>INODE SIZE LINES STATE PATH</c>; the sizes
    /// are taken before lines are counted. A link is followed, as nginx follows it; the file before a rotation is looked
    /// for beside its target. What is no regular file (a device, a pipe) has no size that grows.
    /// </summary>
    internal const string Script = """
        count() { tail -c "+$(($2 + 1))" -- "$1" | head -c "$(($3 - $2))" | wc -l; }
        while [ $# -ge 3 ]; do
          path=$1 inode=$2 size=$3
          shift 3
          real=$(readlink -f -- "$path" 2>/dev/null) || real=$path
          if [ -e "$real" ] && [ ! -f "$real" ]; then echo "0 0 0 special $path"; continue; fi
          if ! now=$(stat -L -c '%i %s' -- "$real" 2>/dev/null); then echo "0 0 0 missing $path"; continue; fi
          new_inode=${now% *} new_size=${now#* }
          if [ "$inode" = 0 ]; then echo "$new_inode $new_size 0 same $path"
          elif [ "$inode" = "$new_inode" ] && [ "$new_size" -ge "$size" ]; then echo "$new_inode $new_size $(count "$real" "$size" "$new_size") same $path"
          elif [ "$inode" = "$new_inode" ]; then echo "$new_inode $new_size $(count "$real" 0 "$new_size") truncated $path"
          else
            lines=$(count "$real" 0 "$new_size") state=lost
            for old in "$real"* "$path"* "${real%/*}"/*; do
              if [ "$state" = lost ] && [ "$(stat -L -c %i -- "$old" 2>/dev/null)" = "$inode" ]; then
                lines=$((lines + $(count "$old" "$size" "$(stat -L -c %s -- "$old")"))) state=rotated
              fi
            done
            echo "$new_inode $new_size $lines $state $path"
          fi
        done
        """;

    private readonly Dictionary<string, NginxLog> _logs = logs.ToDictionary(log => log.Path);
    private Dictionary<string, LogState> _states = logs.Where(log => log.IsFile)
        .ToDictionary(log => log.Path, log => new LogState(log.Path, 0, 0, 0, "same"));

    /// <summary>Why the logs are read and not what counts better; <see langword="null"/> if there is nothing better.</summary>
    public string? Instead { get; init; }

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        LogState[] states = _states.Count == 0 ? [] : await ReadStatesAsync(cancellationToken);
        Dictionary<string, long> before = _states.ToDictionary(pair => pair.Key, pair => pair.Value.Lines);
        _states = states.Select(state => state with { Lines = state.Lines + before.GetValueOrDefault(state.Path) }).ToDictionary(state => state.Path);
        return new CounterReading([.. _states.Values.Select(state => ToCounter(state, _logs[state.Path])), .. _logs.Values.Where(log => !log.IsFile).Select(Uncountable)], "") { Note = Instead };
    }

    private async Task<LogState[]> ReadStatesAsync(CancellationToken cancellationToken)
    {
        IEnumerable<string> arguments = _states.Values.SelectMany(state => (string[])[state.Path, Text(state.Inode), Text(state.Size)]);
        CommandResult result = await session.RunAsync(
            RemoteCommand.FromScript(Script, arguments) with { Privileged = true }, cancellationToken);
        return [.. Parse(SessionReadings.Succeeded(result, Origin).OutputText).Where(state => _logs.ContainsKey(state.Path))];
    }

    private static Counter ToCounter(LogState state, NginxLog log)
    {
        Counter counter = new(TrafficOrigin.NginxAccessLog, state.Path, TrafficUnit.Requests, state.Lines) { Note = log.Note, IsHeldBack = log.Buffer is not null, HeldBack = log.Flush };
        return state.State switch
        {
            "special" =>
                counter with { Uncountable = "It is not a regular file (a device or a pipe), so requests can't be counted in it." },
            "missing" => counter with { Uncountable = "There is no such file, so requests can't be counted in it." },
            "lost" or "truncated" =>
                counter with { Note = $"Some requests may be missing: the log was {state.State}. {log.Note}".TrimEnd() },
            _ => counter,
        };
    }

    private static Counter Uncountable(NginxLog log) =>
        new(TrafficOrigin.NginxAccessLog, log.Path, TrafficUnit.Requests, 0) { Uncountable = $"Requests can't be counted in this log: {log.Doubt}." };

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
