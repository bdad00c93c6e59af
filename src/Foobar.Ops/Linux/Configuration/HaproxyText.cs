using System.Text;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>
/// The words of HAProxy's configuration (Configuration Manual, 2.2 "Quoting and escaping", 2.3 "Environment variables",
/// 2.4 "Conditional blocks"): a comment begins at any <c>#</c> that is neither quoted nor escaped, also within a word.
/// </summary>
internal static class HaproxyText
{
    /// <summary>The lines that hold words.</summary>
    /// <param name="text">The whole text of a file.</param>
    /// <param name="source">The file, for errors.</param>
    /// <exception cref="Errors.ParseException">A quote is not closed.</exception>
    public static IReadOnlyList<HaproxyLine> Parse(string text, string source)
    {
        List<HaproxyLine> lines = [];
        int depth = 0;
        for (int start = 0, number = 1; start < text.Length; number++)
        {
            int end = text.IndexOf('\n', start) is >= 0 and int found ? found : text.Length;
            HaproxyLine line = new(number, [.. Words(text, start, end, source, number)]);
            start = end + 1;
            if (line.Words.Count == 0)
            {
                continue;
            }

            depth += line.Words[0].Text switch { ".if" => 1, ".endif" => -1, _ => 0 };
            lines.Add(line with { IsConditional = depth > 0 });
        }

        return lines;
    }

    private static IEnumerable<ConfigurationWord> Words(string text, int start, int end, string source, int number)
    {
        int at = start;
        while (true)
        {
            while (at < end && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            if (at >= end || text[at] == '#')
            {
                yield break;
            }

            ConfigurationWord word = Word(text, at, end) ?? throw new Errors.ParseException(
                null, source, number, "expected the end of a quoted text, found the end of the line.");
            yield return word;
            at = word.End;
        }
    }

    /// <summary>The word at a place; <see langword="null"/> if a quote in it is not closed.</summary>
    private static ConfigurationWord? Word(string text, int start, int end)
    {
        StringBuilder word = new();
        char quote = '\0';
        bool hasVariable = false;
        int at = start;
        for (; at < end && (quote != '\0' || !(char.IsWhiteSpace(text[at]) || text[at] == '#')); at++)
        {
            char character = text[at];
            if (character == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && character is '"' or '\'')
            {
                quote = character;
            }
            else if (character == '\\' && quote != '\'' && at + 1 < end)
            {
                at += Escape(text, at, end, word);
            }
            else
            {
                hasVariable |= character == '$' && quote == '"';
                word.Append(character);
            }
        }

        return quote == '\0' ? new ConfigurationWord(word.ToString(), start, at) { HasVariable = hasVariable } : null;
    }

    /// <summary>Appends what an escape stands for, and gives how many characters it takes besides the backslash.</summary>
    private static int Escape(string text, int at, int end, StringBuilder word)
    {
        char next = text[at + 1];
        if (next == 'x' && at + 3 < end && char.IsAsciiHexDigit(text[at + 2]) && char.IsAsciiHexDigit(text[at + 3]))
        {
            word.Append((char)Convert.ToInt32(text.Substring(at + 2, 2), 16));
            return 3;
        }

        string? plain =
            next switch { 'n' => "\n", 'r' => "\r", 't' => "\t", ' ' or '\\' or '#' or '"' or '\'' or '$' => next.ToString(), _ => null };
        word.Append(plain ?? "\\");
        return plain is null ? 0 : 1;
    }
}
