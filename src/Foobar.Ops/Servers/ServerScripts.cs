using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>Scripts that gather two texts at once, and the joining of what they print.</summary>
internal static class ServerScripts
{
    private const string Second = "==> second";

    public const string Units = $"""
        export SYSTEMD_COLORS=0 LC_ALL=C
        systemctl list-units --all --plain --no-legend --no-pager --full || exit
        printf '\n%s\n' '{Second}'
        systemctl list-unit-files --no-legend --no-pager --full
        """;

    /// <summary>df exits with 1 when one file system can't be asked (a dead FUSE mount) and prints the others.</summary>
    public const string FileSystems = $"""
        export LC_ALL=C
        df -l -P -k 2>/dev/null; first=$?
        printf '\n%s\n' '{Second}'
        df -l -P -i 2>/dev/null
        [ "$first" -le 1 ]
        """;

    public const string Mounts = $"""
        cat /proc/self/mountinfo || exit
        printf '\n%s\n' '{Second}'
        cat /etc/fstab 2>/dev/null || true
        """;

    public static IReadOnlyList<Unit> ParseUnits(string text)
    {
        (string units, string files) = Split(text);
        return UnitParser.Join(UnitParser.Parse(units), UnitParser.ParseFiles(files));
    }

    public static IReadOnlyList<FileSystem> ParseFileSystems(string text)
    {
        (string space, string inodes) = Split(text);
        IReadOnlyList<FileSystem> found = DfParser.Parse(space, inodes);
        return found.Count > 0 ? found : throw new Errors.ParseException(null, DfParser.Source, 0, "expected at least one file system, found none.");
    }

    public static IReadOnlyList<Mount> ParseMounts(string text)
    {
        (string mountInfo, string fstab) = Split(text);
        return MountParser.Parse(mountInfo, fstab);
    }

    private static (string First, string Second) Split(string text)
    {
        int at = text.IndexOf('\n' + Second, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + Second.Length + 1)..]);
    }
}
