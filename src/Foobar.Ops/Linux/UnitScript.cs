using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Linux;

/// <summary>
/// Asks systemd for its units, and for the files of those named: the states of all files take it most of a second to
/// work out, those of a few some milliseconds, and while no directory of units changes they stay as they are.
/// </summary>
internal static class UnitScript
{
    private const string Units = "SYSTEMD_COLORS=0 LC_ALL=C systemctl list-units --all --plain --no-legend --no-pager --full";

    // Of an alias the listing tells neither the unit it stands for nor whether that one starts at boot: its link tells the name,
    // and another listing the state of one not asked for yet. The first file on systemd's way of looking counts (systemd.unit(5),
    // "UNIT FILE LOAD PATH").
    private const string Files = """
        export SYSTEMD_COLORS=0 LC_ALL=C
        set -f
        known=" $* "
        for round in 1 2 3 4; do
          files=$(systemctl list-unit-files --no-legend --no-pager --full "$@")
          printf '%s\n' "$files"
          set --
          IFS='
        '
          for line in $files; do
            case $line in *' alias'*) ;; *) continue ;; esac
            name=${line%% *} target=''
            unset IFS
            for directory in SEARCHED; do
              if [ -L "$directory/$name" ]; then target=$(readlink -- "$directory/$name")
              elif ! [ -e "$directory/$name" ]; then continue
              fi
              break
            done
            target=${target##*/}
            [ -n "$target" ] || continue
            printf '%s -> %s\n' "$name" "$target"
            case $known in *" $target "*) ;; *) known="$known$target " && set -- "$@" "$target" ;; esac
          done
          unset IFS
          [ $# -gt 0 ] || break
        done
        true
        """;

    /// <summary>Where systemd looks for units, in the order of which the first counts (systemd.unit(5), "UNIT FILE LOAD PATH").</summary>
    public static readonly string[] Searched =
    [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/run/systemd/generator.early",
        "/etc/systemd/system", "/etc/systemd/system.attached", "/run/systemd/system", "/run/systemd/system.attached",
        "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
        "/run/systemd/generator.late",
    ];

    private static readonly string FilesScript = Files.Replace("SEARCHED", string.Join(' ', Searched), StringComparison.Ordinal);

    /// <summary>Where systemd looks for units, and for what it enables of new ones (systemd.unit(5), systemd.preset(5)).</summary>
    private static readonly string[] Directories =
    [
        .. from directory in (string[])["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"]
           from kind in (string[])
               [
                   "system", "system.control", "system.attached", "transient", "generator", "generator.early", "generator.late",
                   "system-preset",
               ]
           select $"{directory}/{kind}",
    ];

    /// <summary>What decides the states of unit files: the files, the links beside them that enable them, and the presets.</summary>
    /// <param name="files">The units.</param>
    public static CommandSources SourcesOf(IEnumerable<string> files) => new(
    [
        .. Directories, "/etc/systemd/system/*", "/run/systemd/system/*",
        "/etc/systemd/system-preset/*", "/usr/lib/systemd/system-preset/*",
        .. PathsOf(files),
    ], TargetsOf);

    private static IEnumerable<string> PathsOf(IEnumerable<string> files) =>
        from directory in Directories from file in files select $"{directory}/{file}";

    // The units that aliases lead to decide too.
    private static IEnumerable<string>? TargetsOf(CommandResult result) => PathsOf(
        from line in Lines.Of(result.OutputText) let fields = Lines.Fields(line.Text, 4) where fields is [_, "->", ..] select fields[2]);

    /// <summary>Asks.</summary>
    /// <param name="session">The server.</param>
    /// <param name="files">The units whose files matter.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">The connection was lost.</exception>
    public static async Task<Reading<IReadOnlyList<Unit>>> ReadAsync(
        IServerSession session, IEnumerable<string> files, CancellationToken cancellationToken)
    {
        string[] names = [.. files];
        Task<Reading<IReadOnlyDictionary<string, UnitFile>>> states = session.ReadAsync(
            RemoteCommand.FromScript(FilesScript, names) with { IsShort = true, Sources = SourcesOf(names) }, UnitParser.ParseFiles,
            UnitParser.FilesSource, cancellationToken);
        Reading<IReadOnlyList<Unit>> units = await session.ReadAsync(
            RemoteCommand.FromScript(Units) with
            {
                IsShared = true,
                IsShort = true,
            }, UnitParser.Parse, UnitParser.Source, cancellationToken);
        Reading<IReadOnlyDictionary<string, UnitFile>> known = await states;
        return !units.TryGet(out IReadOnlyList<Unit>? all) ? units
            : known.TryGet(out IReadOnlyDictionary<string, UnitFile>? found) ? Reading.Of(UnitParser.Join(all, found), units.Source)
            : Reading.Unreadable<IReadOnlyList<Unit>>(known.Failure ?? "The states of unit files were not read.", known.Source);
    }
}
