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

    private const string Files = "SYSTEMD_COLORS=0 LC_ALL=C systemctl list-unit-files --no-legend --no-pager --full \"$@\" || true";

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
        .. from directory in Directories from file in files select $"{directory}/{file}",
    ]);

    /// <summary>Asks.</summary>
    /// <param name="session">The server.</param>
    /// <param name="files">The units whose files matter.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">The connection was lost.</exception>
    public static async Task<Reading<IReadOnlyList<Unit>>> ReadAsync(
        IServerSession session, IEnumerable<string> files, CancellationToken cancellationToken)
    {
        string[] names = [.. files];
        Task<Reading<IReadOnlyDictionary<string, string>>> states = session.ReadAsync(
            RemoteCommand.FromScript(Files, names) with { IsShort = true, Sources = SourcesOf(names) }, UnitParser.ParseFiles,
            UnitParser.FilesSource, cancellationToken);
        Reading<IReadOnlyList<Unit>> units = await session.ReadAsync(
            RemoteCommand.FromScript(Units) with
            {
                IsShared = true,
                IsShort = true,
            }, UnitParser.Parse, UnitParser.Source, cancellationToken);
        Reading<IReadOnlyDictionary<string, string>> known = await states;
        return !units.TryGet(out IReadOnlyList<Unit>? all) ? units
            : known.TryGet(out IReadOnlyDictionary<string, string>? found) ? Reading.Of(UnitParser.Join(all, found), units.Source)
            : Reading.Unreadable<IReadOnlyList<Unit>>(known.Failure ?? "The states of unit files were not read.", known.Source);
    }
}
