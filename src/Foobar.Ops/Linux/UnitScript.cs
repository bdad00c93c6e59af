namespace Foobar.Ops.Linux;

/// <summary>
/// Asks systemd for its units, and for the files of those named: the states of all files take it most of a second to
/// work out, those of a few some milliseconds.
/// </summary>
internal static class UnitScript
{
    private const string Second = "==> files";

    private const string Text = $"""
        export SYSTEMD_COLORS=0 LC_ALL=C
        systemctl list-units --all --plain --no-legend --no-pager --full || exit
        printf '\n%s\n' '{Second}'
        systemctl list-unit-files --no-legend --no-pager --full "$@" || true
        """;

    /// <summary>The command.</summary>
    /// <param name="files">The units whose files matter.</param>
    public static Remoting.RemoteCommand For(IEnumerable<string> files) => Remoting.RemoteCommand.FromScript(Text, files);

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="Errors.ParseException">A line is not of its form.</exception>
    public static IReadOnlyList<Unit> Parse(string text)
    {
        int at = text.IndexOf('\n' + Second, StringComparison.Ordinal);
        return at < 0
            ? throw new Errors.ParseException(null, UnitParser.FilesSource, 0, "expected the unit files behind the units, found none.")
            : UnitParser.Join(UnitParser.Parse(text[..at]), UnitParser.ParseFiles(text[(at + Second.Length + 1)..]));
    }
}
