using Foobar.Ops.Errors;

namespace Foobar.Ops.Linux;

/// <summary>Several texts gathered by one command, each under a line <c>==&gt; name</c>: what <see cref="Script"/> prints.</summary>
internal static class Sections
{
    private const string Mark = "==> ";

    /// <summary>A script that prints the files given to it as <c>$@</c>; one that can't be read is left out.</summary>
    public const string Script = """for f in "$@"; do if [ -r "$f" ]; then printf '\n==> %s\n' "$f"; cat -- "$f"; fi; done""";

    /// <summary>Takes the texts apart by name.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> sections = new(StringComparer.Ordinal);
        string? name = null;
        List<string> lines = [];
        foreach (string line in text.Split('\n').Append(Mark))
        {
            if (!line.StartsWith(Mark, StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }

            if (name is not null)
            {
                sections[name] = string.Join('\n', lines);
            }

            (name, lines) = (line[Mark.Length..].Trim(), []);
        }

        return sections;
    }

    /// <summary>The text of a name.</summary>
    /// <exception cref="ParseException">There is none: the file could not be read.</exception>
    public static string Require(this IReadOnlyDictionary<string, string> sections, string name) =>
        sections.GetValueOrDefault(name) ?? throw new ParseException(null, name, 0, "the file is missing or can't be read.");
}
