using System.Diagnostics;
using System.Globalization;
using System.IO.Enumeration;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>One look at the files that remembered results depend on, and at the server's clock: one command.</summary>
internal sealed class SourceLook
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long before the look files must have been left alone: a clock that was set back in between by less than this is not
    /// noticed, since the time that two looks took is doubt about it.
    /// </summary>
    private static readonly TimeSpan Margin = (2 * TimeLimit) + TimeSpan.FromSeconds(2);

    // stat(1) tells of a link once by itself and once of what it leads to. The time of the last change of the inode (%Z) is one
    // that no program can set.
    private const string Script = """
        date +%s
        IFS='
        '
        [ $# = 0 ] || { stat -c 'n %Z %d %i %f %u %g %s %Y %n' -- $1; stat -L -c 't %Z %d %i %f %u %g %s %Y %n' -- $1; } 2>/dev/null
        true
        """;

    private readonly long _serverSeconds;
    private readonly long _asked;
    private readonly TimeSpan _took;
    private readonly HashSet<string> _asksFor;
    private readonly IReadOnlyList<Entry> _entries;
    private readonly ILookup<string, Entry> _byPath;

    private SourceLook(long serverSeconds, long asked, TimeSpan took, HashSet<string> asksFor, IReadOnlyList<Entry> entries)
    {
        _serverSeconds = serverSeconds;
        _asked = asked;
        _took = took;
        _asksFor = asksFor;
        _entries = entries;
        _byPath = entries.ToLookup(static entry => entry.Path, StringComparer.Ordinal);
    }

    /// <summary>What changed before this surely changed before the look was asked for: seconds since 1970 by the server's clock.</summary>
    public long Before => _serverSeconds - (long)Math.Ceiling((_took + Margin).TotalSeconds);

    /// <summary>Whether a path can be watched: the shell has to take it as it is meant.</summary>
    public static bool CanWatch(string path) => path.StartsWith('/') && path.IndexOfAny(['\n', '[', '\\', '\0']) < 0;

    /// <summary>Looks.</summary>
    /// <param name="server">The server.</param>
    /// <param name="paths">The files, as <see cref="CommandSources"/> names them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns><see langword="null"/> where it could not be looked: then nothing is known to stand.</returns>
    public static async Task<SourceLook?> AtAsync(IServerSession server, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        string[] all = [.. paths.SelectMany(static path => Above(path).Append(path)).Prepend("/").Distinct(StringComparer.Ordinal)];
        RemoteCommand command = RemoteCommand.FromScript(Script, all.Length == 1 ? [] : [string.Join('\n', all)]) with
        {
            Privileged = true, TimeLimit = TimeLimit,
        };
        long asked = Stopwatch.GetTimestamp();
        try
        {
            CommandResult result = await server.RunAsync(command, cancellationToken).ConfigureAwait(false);
            TimeSpan took = Stopwatch.GetElapsedTime(asked);
            return result.ExitCode == 0 && !result.Truncated ? Parse(result.OutputText, asked, took, paths) : null;
        }
        catch (FoobarException)
        {
            // Whoever needs the server meets what is wrong with it.
            return null;
        }
    }

    /// <summary>Reads what the script prints; <see langword="null"/> if it is not of its form.</summary>
    internal static SourceLook? Parse(string text, long asked, TimeSpan took, IEnumerable<string> paths)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Entry?[] entries = [.. lines.Skip(1).Select(Entry.Parse)];
        return lines.Length > 0 && long.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && entries.All(static entry => entry is not null)
            ? new SourceLook(seconds, asked, took, paths.ToHashSet(StringComparer.Ordinal), entries!)
            : null;
    }

    /// <summary>Whether the server's clock has gone on since another look as the operator's has.</summary>
    public bool IsOneClockWith(SourceLook earlier)
    {
        TimeSpan passed = Stopwatch.GetElapsedTime(earlier._asked, _asked);
        double doubt = (earlier._took + _took).TotalSeconds + 2;
        return Math.Abs(_serverSeconds - earlier._serverSeconds - passed.TotalSeconds) <= doubt;
    }

    /// <summary>Whether these files were among those looked at.</summary>
    public bool Covers(IReadOnlyList<string> paths) => paths.All(_asksFor.Contains);

    /// <summary>The state of files, as a text that is another one when it has changed.</summary>
    public string StateOf(IReadOnlyList<string> paths) => string.Join(
        '\n', paths.SelectMany(At).Select(static entry => entry.Line).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>Whether files, and what leads to them, were last changed before a time of the server's clock.</summary>
    /// <remarks>
    /// The directory above a file that is not there tells whether one was: it changed when the file was removed. Directories further
    /// up tell whether they were renamed, which the place that something is mounted at can't be.
    /// </remarks>
    public bool IsOlder(IReadOnlyList<string> paths, long seconds) => paths.All(path =>
    {
        Entry[] found = At(path);
        bool wasThere = found.Length > 0 && !IsPattern(path);
        foreach (string above in Above(path).Reverse())
        {
            Entry[] directories = At(above);
            if (directories.Any(entry => entry.Changed >= seconds && !(wasThere && IsMount(entry))))
            {
                return false;
            }

            wasThere |= directories.Length > 0;
        }

        return found.All(entry => entry.Changed < seconds);
    });

    private Entry[] At(string path) => IsPattern(path) ? [.. _entries.Where(entry => Matches(path, entry.Path))] : [.. _byPath[path]];

    private bool IsMount(Entry directory)
    {
        int slash = directory.Path.LastIndexOf('/');
        return _byPath[slash <= 0 ? "/" : directory.Path[..slash]].FirstOrDefault() is { } parent && parent.Device != directory.Device;
    }

    private static bool IsPattern(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;

    // "/etc/x/*.conf": /etc and /etc/x. What is added to or removed from the root directory itself is no file of a service.
    private static IEnumerable<string> Above(string path)
    {
        for (int at = path.IndexOf('/', 1); at > 0; at = path.IndexOf('/', at + 1))
        {
            yield return path[..at];
        }
    }

    private static bool Matches(string pattern, string path)
    {
        // Both begin with a slash; of an empty text nothing would match.
        string[] wanted = pattern[1..].Split('/'), parts = path[1..].Split('/');
        return wanted.Length == parts.Length
            && wanted.Zip(parts).All(static pair => FileSystemName.MatchesSimpleExpression(pair.First, pair.Second, ignoreCase: false));
    }

    private sealed record Entry(string Line, string Path, string Device, long Changed)
    {
        // n CTIME DEVICE INODE MODE UID GID SIZE MTIME PATH
        public static Entry? Parse(string line)
        {
            string[] fields = line.Split(' ', 10);
            return fields.Length == 10
                && long.TryParse(fields[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long changed)
                ? new Entry(line, fields[9], fields[2], changed)
                : null;
        }
    }
}
