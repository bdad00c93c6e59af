namespace Foobar.Ops.Linux;

/// <summary>Asks for space and inodes of a server's own file systems at once.</summary>
internal static class FileSystemScript
{
    private const string Second = "==> inodes";

    /// <summary>Where a container sees files of its host (systemd.io, "Container Interface"): the disk below is not its own.</summary>
    private const string HostFiles = "/run/host/";

    /// <summary>The script. df exits with 1 when one file system can't be asked (a dead FUSE mount) and prints the others.</summary>
    public const string Text = $"""
        export LC_ALL=C
        df -l -P -k 2>/dev/null; first=$?
        printf '\n%s\n' '{Second}'
        df -l -P -i 2>/dev/null
        [ "$first" -le 1 ]
        """;

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="Errors.ParseException">A line is not of its form, or there is no file system at all.</exception>
    public static IReadOnlyList<FileSystem> Parse(string text)
    {
        int at = text.IndexOf('\n' + Second, StringComparison.Ordinal);
        IReadOnlyList<FileSystem> found = at < 0 ? DfParser.Parse(text, "") : DfParser.Parse(text[..at], text[(at + Second.Length + 1)..]);
        FileSystem[] own = [.. found.Where(disk => !disk.MountPoint.StartsWith(HostFiles, StringComparison.Ordinal))];
        return own.Length > 0
            ? own
            : throw new Errors.ParseException(null, DfParser.Source, 0, "expected at least one file system, found none.");
    }
}
