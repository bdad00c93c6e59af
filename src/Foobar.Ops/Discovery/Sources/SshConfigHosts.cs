using System.IO.Enumeration;

namespace Foobar.Ops.Discovery.Sources;

/// <summary>
/// The aliases of an OpenSSH client configuration (ssh_config(5), Host, Include). What an alias means is left to <c>ssh</c> itself,
/// which is given the alias.
/// </summary>
public static class SshConfigHosts
{
    private const int DeepestInclude = 16;

    /// <summary>The user's own configuration.</summary>
    public static string Own => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh", "config");

    /// <summary>The aliases of a configuration and of what it includes, in its order; none where there is no such file.</summary>
    public static IReadOnlyList<string> Read(string path)
    {
        List<string> aliases = [];
        ReadFile(path, aliases, 0);
        return [.. aliases.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The aliases of a text, and the paths that it includes, in their order.</summary>
    public static (IReadOnlyList<string> Aliases, IReadOnlyList<string> Includes) Parse(string text)
    {
        List<string> aliases = [], includes = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = Words(line);
            if (words.Length > 1 && words[0].Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                aliases.AddRange(words.Skip(1).Where(static word => word.AsSpan().IndexOfAny("*?!") < 0));
            }
            else if (words.Length > 1 && words[0].Equals("Include", StringComparison.OrdinalIgnoreCase))
            {
                includes.AddRange(words.Skip(1));
            }
        }

        return (aliases, includes);
    }

    // "Host a b", "Host=a", "Host "a b""; a comment is a line of its own.
    private static string[] Words(string line)
    {
        string trimmed = line.Trim();
        int end = trimmed.AsSpan().IndexOfAny(" \t=");
        return trimmed.StartsWith('#') || end <= 0 ? []
            : [
                trimmed[..end],
                .. trimmed[end..].TrimStart(' ', '\t', '=')
                    .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
                    .Select(static word => word.Trim('"')),
            ];
    }

    private static void ReadFile(string path, List<string> aliases, int depth)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return;
        }

        (IReadOnlyList<string> own, IReadOnlyList<string> includes) = Parse(text);
        aliases.AddRange(own);
        foreach (string file in depth < DeepestInclude
            ? includes.SelectMany(pattern => Files(pattern, Path.GetDirectoryName(path) ?? "."))
            : [])
        {
            ReadFile(file, aliases, depth + 1);
        }
    }

    private static IEnumerable<string> Files(string pattern, string directory)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string whole = Path.GetFullPath(
            pattern.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, pattern[2..]) : pattern, directory);
        string folder = Path.GetDirectoryName(whole) ?? "/", name = Path.GetFileName(whole);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder)
                .Where(file => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(file)))
                .Order(StringComparer.Ordinal)
            : [];
    }
}
