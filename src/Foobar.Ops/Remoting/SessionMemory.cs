using System.Runtime.CompilerServices;

namespace Foobar.Ops.Remoting;

/// <summary>
/// What a session remembers of a server: results of commands whose <see cref="CommandSources"/> stand. A result is given again only
/// after a look at its files, once a round: the first time they must all have last changed before the command ran, later be in the
/// state that was seen then. It ends with the session, and is emptied when the server's clock is stepped, by which changes are told.
/// Safe for concurrent use.
/// </summary>
internal sealed class SessionMemory
{
    private static readonly ConditionalWeakTable<IServerSession, SessionMemory> Known = [];

    // Commands that differ in what they were given beside their files are others, and the former ones are asked for no more.
    private const int MostRoundsUnused = 8;

    private readonly Dictionary<RemoteCommand, Remembered> _results = [];
    private readonly Lock _lock = new();
    private SourceLook? _last;

    /// <summary>Whether nothing is remembered.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _results.Count == 0;
            }
        }
    }

    /// <summary>The memory of a session.</summary>
    public static SessionMemory Of(IServerSession session) => Known.GetOrCreateValue(session);

    /// <summary>Looks at the files of all that is remembered.</summary>
    /// <returns><see langword="null"/> where it could not be looked.</returns>
    public async Task<SourceLook?> LookAsync(IServerSession server, CancellationToken cancellationToken)
    {
        string[] paths;
        lock (_lock)
        {
            foreach ((RemoteCommand command, Remembered known) in _results.ToArray())
            {
                if (++known.Unused > MostRoundsUnused)
                {
                    _results.Remove(command);
                }
            }

            paths = [.. _results.Values.SelectMany(static result => result.Paths)];
        }

        SourceLook? look = await SourceLook.AtAsync(server, paths, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (look is null || _last is null || !look.IsOneClockWith(_last))
            {
                _results.Clear();
            }

            _last = look;
        }

        return look;
    }

    /// <summary>The result that stands, by a look; <see langword="null"/> if the command has to run.</summary>
    public CommandResult? Recall(RemoteCommand command, SourceLook look)
    {
        lock (_lock)
        {
            if (!_results.TryGetValue(command, out Remembered? known) || !look.Covers(known.Paths))
            {
                return null;
            }

            string state = look.StateOf(known.Paths);
            if (known.State is null ? look.IsOlder(known.Paths, known.Before) : known.State == state)
            {
                known.State = state;
                known.Unused = 0;
                return known.Result;
            }

            _results.Remove(command);
            return null;
        }
    }

    /// <summary>Remembers a result.</summary>
    /// <param name="command">The command.</param>
    /// <param name="result">What it gave, after the look was asked for.</param>
    /// <param name="look">The look of its round.</param>
    public void Keep(RemoteCommand command, CommandResult result, SourceLook look)
    {
        if (result.ExitCode == 0 && !result.Truncated && !(command.Sources!.GivenChanged >= look.Before)
            && command.Sources.Of(result) is { } paths)
        {
            lock (_lock)
            {
                _results[command] = new Remembered(result, paths, look.Before);
            }
        }
    }

    private sealed class Remembered(CommandResult result, IReadOnlyList<string> paths, long before)
    {
        public CommandResult Result => result;

        public IReadOnlyList<string> Paths => paths;

        /// <summary>Files that last changed before this, by the server's clock, were read as they were then.</summary>
        public long Before => before;

        /// <summary>For how many rounds nobody asked for it.</summary>
        public int Unused { get; set; }

        /// <summary>The files' state once it was seen; <see langword="null"/> before.</summary>
        public string? State { get; set; }
    }
}
