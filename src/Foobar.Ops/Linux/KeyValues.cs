namespace Foobar.Ops.Linux;

/// <summary>
/// Settings printed one a line: <c>Key=value</c> (systemd), <c>Key: value</c> (/proc/meminfo), <c>key value</c> (sshd -T).
/// </summary>
internal static class KeyValues
{
    /// <summary>Reads the settings; a key given twice keeps its first value, a line without the separator has an empty one.</summary>
    public static Dictionary<string, string> Parse(string text, char separator)
    {
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach ((_, string line) in Lines.Of(text))
        {
            int at = line.IndexOf(separator, StringComparison.Ordinal);
            string key = (at < 0 ? line : line[..at]).Trim();
            values.TryAdd(key, at < 0 ? "" : line[(at + 1)..].Trim());
        }

        return values;
    }
}
