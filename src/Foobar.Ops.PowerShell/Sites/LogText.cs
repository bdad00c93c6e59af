namespace Foobar.Ops.PowerShell.Sites;

/// <summary>Makes one readable line of a script or statement.</summary>
internal static class LogText
{
    private const int Longest = 160;

    /// <summary>The text on one line, control characters as spaces, cut where a reader would stop.</summary>
    public static string Shorten(string text)
    {
        // A long script is not worth walking to its end for its first line.
        string start = text.Length > Longest * 8 ? text[..(Longest * 8)] : text;
        string line = string.Join(' ', start.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        string clean = string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character));
        return clean.Length > Longest ? string.Concat(clean.AsSpan(0, Longest - 3), "...") : clean;
    }
}
