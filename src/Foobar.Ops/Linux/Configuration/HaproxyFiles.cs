using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>The files of HAProxy's configuration on a server: those that its running process was given.</summary>
internal static class HaproxyFiles
{
    /// <summary>What they are read from, as findings and errors name it.</summary>
    public const string Source = "the configuration of HAProxy";

    /// <summary>Where distributions put the file.</summary>
    public const string Usual = "/etc/haproxy/haproxy.cfg";

    // haproxy(1), -f: a file, or a directory whose *.cfg files are read in the order of their names. A worker repeats its
    // master's arguments. Two sets of files are two services; one in a container (another process namespace) has files of its own.
    private const string List = """
        LC_ALL=C own=''
        for process in /proc/[0-9]*; do
          name=''
          { read -r name < "$process/comm"; } 2>/dev/null
          [ "$name" = haproxy ] || continue
          # One that only tells its version or checks a file, or has ended meanwhile, is no service.
          case " $(tr '\0' ' ' < "$process/cmdline" 2>/dev/null)" in ' '|*' -v '*|*' -vv '*|*' -c '*) continue ;; esac
          [ -n "$own" ] || own=$(readlink /proc/self/ns/pid)
          if [ "$(readlink "$process/ns/pid")" != "$own" ]; then echo "== container"; continue; fi
          echo "=="
          tr '\0' '\n' < "$process/cmdline" 2>/dev/null | {
            before='' rest=no
            while IFS= read -r word; do
              if [ "$before" = -f ] || [ $rest = yes ]; then
                case $word in /*) ;; *) word=$(readlink "$process/cwd")/$word ;; esac
                if [ -d "$word" ]; then
                  for file in "$word"/*.cfg; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
                else printf '%s\n' "$word"; fi
              fi
              [ "$word" != -- ] || rest=yes
              before=$word
            done
          }
        done
        if [ -f /etc/haproxy/haproxy.cfg ]; then printf '== usual\n%s\n' /etc/haproxy/haproxy.cfg; fi
        """;

    /// <summary>Reads the files, in the order in which HAProxy does; none where there is no HAProxy.</summary>
    /// <exception cref="FoobarException"><c>EndpointRefused</c>: two services run with different files; a file can't be read.</exception>
    public static async Task<IReadOnlyList<HaproxyFile>> ReadAsync(IServerSession session, CancellationToken cancellationToken)
    {
        CommandResult listed = SessionReadings.Succeeded(
            await session.RunAsync(
                RemoteCommand.FromScript(List) with { Privileged = true, IsShared = true, IsShort = true }, cancellationToken), Source);
        List<HaproxyFile> files = [];
        foreach (string path in Paths(listed.OutputText, session.Server.Name))
        {
            CommandResult read = await session.RunAsync(ReadFile(path), cancellationToken);
            files.Add(new HaproxyFile(path, SessionReadings.Succeeded(read, $"read {path}").OutputText));
        }

        return files;
    }

    /// <summary>When each file's text was changed last, and the server's own time, both in seconds since 1970-01-01 UTC.</summary>
    /// <exception cref="FoobarException">A file is gone; <c>OutputNotUnderstood</c>.</exception>
    public static async Task<(long Now, IReadOnlyList<(string Path, long Changed)> Files)> ReadTimesAsync(
        IServerSession session, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        CommandResult read = await session.RunAsync(
            RemoteCommand.FromScript("date +%s; [ $# = 0 ] || stat -c '%Y %n' -- \"$@\"", paths) with
            {
                Privileged = true, IsShort = true,
            },
            cancellationToken);
        return ParseTimes(SessionReadings.Succeeded(read, Source).OutputText);
    }

    /// <summary>Reads what <c>date +%s</c> and <c>stat -c '%Y %n'</c> print.</summary>
    /// <exception cref="ParseException">A line is not so.</exception>
    internal static (long Now, IReadOnlyList<(string Path, long Changed)> Files) ParseTimes(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (Number(lines.FirstOrDefault() ?? "", 1), [.. lines.Index().Skip(1).Select(line =>
            line.Item.Split(' ', 2) is [{ } time, { } path]
                ? (path, Number(time, line.Index + 1))
                : throw Unexpected(line.Index + 1, line.Item))]);

        static long Number(string word, int line) => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Unexpected(line, word);

        static ParseException Unexpected(int line, string found) =>
            new(null, "stat -c '%Y %n'", line, $"expected a time in seconds, found '{found}'.");
    }

    /// <summary>Reads one file, of the configuration or one that it names.</summary>
    internal static RemoteCommand ReadFile(string path) =>
        RemoteCommand.Create($"cat -- {path}") with { Privileged = true, IsShort = true, Sources = new([path]) };

    /// <summary>Reads what the listing prints: the files of each process, and the usual one where it is there.</summary>
    /// <exception cref="FoobarException"><c>EndpointRefused</c>: processes were given different files, or the only ones run
    /// in a container.</exception>
    internal static IReadOnlyList<string> Paths(string listed, string server)
    {
        const string UsualMark = "== usual\n", ContainerMark = "== container\n";
        bool isContained = listed.Contains(ContainerMark, StringComparison.Ordinal);
        listed = listed.Replace(ContainerMark, "", StringComparison.Ordinal);
        int usual = listed.IndexOf(UsualMark, StringComparison.Ordinal);
        string[][] sets =
        [
            .. (usual < 0 ? listed : listed[..usual]).Split("==\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(set => set.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray())
                .Where(set => set.Length > 0)
                .DistinctBy(set => string.Join('\n', set)),
        ];
        return sets.Length switch
        {
            0 when isContained => throw new FoobarException(
                "EndpointRefused", ErrorKind.Refused,
                $"{server}: HAProxy runs in a container, whose configuration is not read.") { Server = server },
            0 => usual < 0 ? [] : [Usual],
            1 => sets[0],
            _ => throw new FoobarException(
                "EndpointRefused", ErrorKind.Refused,
                $"{server}: several HAProxy services run with different configurations "
                    + $"({string.Join("; ", sets.Select(set => string.Join(", ", set)))}); which one is meant is not known.")
                {
                    Server = server,
                },
        };
    }
}
