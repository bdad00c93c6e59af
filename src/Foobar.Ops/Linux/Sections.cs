using Foobar.Ops.Errors;

namespace Foobar.Ops.Linux;

/// <summary>Several texts gathered by one command, each under a line <c>==&gt; name</c>: what <see cref="Script"/> prints.</summary>
internal static class Sections
{
    private const string Mark = "==> ";

    /// <summary>A script that prints the files given to it as <c>$@</c>; one that can't be read is left out.</summary>
    public const string Script = """for f in "$@"; do if [ -r "$f" ]; then printf '\n==> %s\n' "$f"; cat -- "$f"; fi; done""";

    /// <summary>Takes the texts apart by name. Each is one copy, however many lines it has: a listing may have megabytes.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> sections = new(StringComparer.Ordinal);
        int mark = text.StartsWith(Mark, StringComparison.Ordinal) ? 0 : Next(text, 0);
        while (mark < text.Length)
        {
            int line = text.IndexOf('\n', mark);
            (int nameEnd, int start) = line < 0 ? (text.Length, text.Length) : (line, line + 1);
            int next = start < text.Length && text.AsSpan(start).StartsWith(Mark, StringComparison.Ordinal) ? start : Next(text, start);

            // The line feed before a mark begins the mark's line and ends no line of the text.
            int end = next < text.Length ? Math.Max(start, next - 1) : next;
            sections[text[(mark + Mark.Length)..nameEnd].Trim()] = text[start..end];
            mark = next;
        }

        return sections;
    }

    // Where the next line begins that is a mark; the text's end if none does.
    private static int Next(string text, int from)
    {
        int found = text.IndexOf('\n' + Mark, from, StringComparison.Ordinal);
        return found < 0 ? text.Length : found + 1;
    }

    /// <summary>The text of a name.</summary>
    /// <exception cref="ParseException">There is none: the file could not be read.</exception>
    public static string Require(this IReadOnlyDictionary<string, string> sections, string name) =>
        sections.GetValueOrDefault(name) ?? throw new ParseException(null, name, 0, "the file is missing or can't be read.");
}
