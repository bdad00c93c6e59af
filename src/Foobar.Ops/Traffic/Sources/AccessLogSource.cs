using System.Globalization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Lines appended to nginx's access logs. The first reading notes inode and size of each log; a later one counts the lines
/// from there on, past a rotation: the rest of the old file, found by its inode, and the new. The old file is watched further,
/// since nginx writes to it until it is told to open its logs anew.
/// </summary>
/// <param name="server">The server's name.</param>
/// <param name="connect">Its session; another one once the last was lost.</param>
/// <param name="logs">The logs.</param>
/// <param name="workers">How many workers of nginx hold lines back.</param>
internal sealed class AccessLogSource(
    string server, Func<CancellationToken, Task<IServerSession>> connect, IReadOnlyList<NginxLog> logs, int workers) : TrafficSource(server)
{
    private const int ShortestLine = 64;

    private static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(60), ReopenedWithin = TimeSpan.FromSeconds(30);

    private static readonly TrafficPart[] Parts =
    [
        TrafficPart.OtherAnswers, TrafficPart.Informational, TrafficPart.Successful, TrafficPart.Redirections,
        TrafficPart.ClientErrors, TrafficPart.ServerErrors,
    ];

    private readonly Log[] _logs = [.. logs.Select(log => new Log(log))];
    private long _lastRead;

    /// <summary>Why the logs are read and not what counts better; <see langword="null"/> if there is nothing better.</summary>
    public string? Instead { get; init; }

    /// <summary>It starts programs on the server, and a rotation loses nothing between two readings.</summary>
    public override bool IsCheap => false;

    /// <inheritdoc/>
    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        Log[] files = [.. _logs.Where(log => log.Declared.IsFile)];
        long now = Environment.TickCount64;
        TimeSpan counting = TimeSpan.Zero;
        if (files.Length > 0)
        {
            IServerSession session = await connect(cancellationToken);
            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript(AccessLogScript.Text, files.SelectMany(log => log.Arguments())) with { Privileged = true },
                cancellationToken);
            string output = SessionReadings.Succeeded(result, AccessLogScript.Source).OutputText;
            counting = AccessLogScript.AfterSizes(output);
            ILookup<string, AccessLogState> states = AccessLogScript.Parse(output).ToLookup(state => state.Path);
            foreach (Log log in files)
            {
                log.Take(states[log.Declared.Path], now, TimeSpan.FromMilliseconds(_lastRead == 0 ? 0 : now - _lastRead));
            }
        }

        _lastRead = now;
        return new CounterReading([.. _logs.Select(log => log.ToCounter(workers))], "") { Note = Instead, ReadBefore = counting };
    }

    /// <summary>A log with the lines counted in it so far.</summary>
    private sealed class Log(NginxLog declared)
    {
        private readonly long[] _lines = new long[AccessLogScript.Classes];
        private readonly List<(long Inode, long Size, long Since)> _old = [];
        private long _inode, _size, _bytes;
        private TimeSpan _unseen;
        private string _state = "same";
        private string? _trouble;

        public NginxLog Declared => declared;

        public IEnumerable<string> Arguments() =>
        [
            .. _old.SelectMany(old => (string[])[
                declared.Path, Text(old.Inode), Text(old.Size), declared.HasStatus ? "old-status" : "old"]),
            declared.Path, Text(_inode), Text(_size), declared.HasStatus ? "status" : "plain",
        ];

        public void Take(IEnumerable<AccessLogState> states, long now, TimeSpan passed)
        {
            foreach (AccessLogState state in states)
            {
                for (int status = 0; status < _lines.Length; status++)
                {
                    _lines[status] += state.Lines[status];
                }

                int old = _old.FindIndex(each => each.Inode == state.Inode);
                switch (state.State)
                {
                    case "old":
                        _old[old] = _old[old] with { Size = state.Size };
                        break;
                    case "moved":
                        _old.Add((state.Inode, state.Size, now));
                        break;
                    case "packed" or "gone" or "lost" when old >= 0:
                        // Once nginx has opened its logs anew, nothing is lost with the old file.
                        _unseen += state.State != "packed" && now - _old[old].Since < ReopenedWithin.TotalMilliseconds
                            ? passed
                            : TimeSpan.Zero;
                        _old.RemoveAt(old);
                        break;
                    case "packed":
                        break;
                    case "lost":
                        _unseen += passed;
                        _trouble = "The log was rotated within the window and the old file not found.";
                        break;
                    default:
                        TakeCurrent(state, passed);
                        break;
                }
            }

            _old.RemoveAll(each => now - each.Since > WatchedFor.TotalMilliseconds);
        }

        public Counter ToCounter(int workers)
        {
            Counter counter = new(TrafficOrigin.NginxAccessLog, declared.Path, TrafficUnit.Requests, _lines.Sum())
            {
                Note = string.Join(' ', new[] { _trouble, declared.Note }.OfType<string>()) is { Length: > 0 } note ? note : null,
                Unseen = _unseen,
                IsHeldBack = declared.Buffer is not null,
                HeldBack = declared.Flush,
                MostHeldBack = declared.BufferBytes is { } bytes ? workers * (double)bytes / MeanLine() : null,
                Parts = declared.HasStatus
                    ? Parts.Select((part, index) => (part, index)).ToDictionary(each => each.part, each => _lines[each.index])
                    : new Dictionary<TrafficPart, long>(),
            };
            return counter with
            {
                Uncountable = !declared.IsFile ? $"Requests can't be counted in this log: {declared.Doubt}."
                    : _state == "special" ? "It is not a regular file (a device or a pipe), so requests can't be counted in it."
                    : _state == "missing" && _lines.Sum() == 0 ? "There is no such file, so requests can't be counted in it."
                    : null,
            };
        }

        private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

        private void TakeCurrent(AccessLogState state, TimeSpan passed)
        {
            if (state.State == "truncated")
            {
                _unseen += passed;
                _trouble = "The log was cut within the window, and what was written between the last reading and that is not known.";
            }

            _bytes += state.State == "same" && _inode != 0 ? state.Size - _size : 0;
            (_inode, _size, _state) = (state.Inode, state.Size, state.State);
        }

        /// <summary>Half the mean length of a line, so that few lines are no reason to think that little is held back.</summary>
        private double MeanLine() => Math.Max(ShortestLine, _lines.Sum() == 0 ? 0 : _bytes / 2.0 / _lines.Sum());
    }
}
