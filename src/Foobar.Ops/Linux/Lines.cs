using Foobar.Ops.Errors;

namespace Foobar.Ops.Linux;

/// <summary>The lines of a command's output with their numbers, for parsers that say where they stopped understanding.</summary>
internal static class Lines
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>The lines that hold more than blanks, each with its number counted from 1.</summary>
    public static IEnumerable<(int Number, string Text)> Of(string text) =>
        text.Split('\n').Select((line, index) => (index + 1, line.TrimEnd('\r'))).Where(line => !string.IsNullOrWhiteSpace(line.Item2));

    /// <summary>The fields of a line, separated by any number of blanks.</summary>
    public static string[] Fields(string line) => line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The fields of a line: at most this many, the last one with the rest of the line.</summary>
    public static string[] Fields(string line, int count)
    {
        List<string> fields = [];
        ReadOnlySpan<char> rest = line.AsSpan().Trim();
        while (fields.Count < count - 1 && rest.IndexOfAny(Blanks) is >= 0 and int end)
        {
            fields.Add(rest[..end].ToString());
            rest = rest[end..].TrimStart();
        }

        if (!rest.IsEmpty)
        {
            fields.Add(rest.ToString());
        }

        return [.. fields];
    }

    /// <summary>The error of a line that is not what was expected.</summary>
    public static ParseException Unexpected(string source, int line, string expected, string text) =>
        new(null, source, line, $"expected {expected}, found '{(text.Length > 120 ? text[..120] + " ..." : text)}'");
}
