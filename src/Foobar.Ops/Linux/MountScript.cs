namespace Foobar.Ops.Linux;

/// <summary>Asks for the mounts and for what /etc/fstab wants of them at once.</summary>
internal static class MountScript
{
    private const string Second = "==> fstab";

    /// <summary>The script.</summary>
    public const string Text = $"""
        cat /proc/self/mountinfo || exit
        printf '\n%s\n' '{Second}'
        cat /etc/fstab 2>/dev/null || true
        """;

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="Errors.ParseException">A line is not of its form.</exception>
    public static IReadOnlyList<Mount> Parse(string text)
    {
        int at = text.IndexOf('\n' + Second, StringComparison.Ordinal);
        return at < 0 ? MountParser.Parse(text, "") : MountParser.Parse(text[..at], text[(at + Second.Length + 1)..]);
    }
}
