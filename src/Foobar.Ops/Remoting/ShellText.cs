using System.Runtime.CompilerServices;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>
/// Text for a POSIX shell, built from an interpolated string: literal parts stand as written in our source, every hole is
/// quoted as one word (IEEE Std 1003.1-2024, Shell Command Language, 2.2.2 Single-Quotes). The only place that quotes.
/// </summary>
[InterpolatedStringHandler]
public readonly ref struct ShellText
{
    private readonly StringBuilder _text;

    /// <summary>Called by the compiler.</summary>
    public ShellText(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (formattedCount * 16));

    /// <summary>Called by the compiler for literal parts.</summary>
    public void AppendLiteral(string literal) => _text.Append(literal);

    /// <summary>Called by the compiler for a hole: one word.</summary>
    public void AppendFormatted(string word) => _text.Append(Quote(word));

    /// <summary>Called by the compiler for a hole with several words.</summary>
    public void AppendFormatted(IEnumerable<string> words) => _text.AppendJoin(' ', words.Select(Quote));

    /// <summary>Called by the compiler for a number.</summary>
    public void AppendFormatted(long number) => _text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

    /// <summary>The text for the shell.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>Quotes one word so that a POSIX shell takes it literally.</summary>
    /// <exception cref="FoobarException"><c>ArgumentNotQuotable</c>: the word holds a NUL, which no argument can carry.</exception>
    public static string Quote(string word) => $"'{Checked(word).Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The text as it is, if a shell on a server can be given it.</summary>
    internal static string Checked(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw NotQuotable("a NUL character (U+0000)");
        }

        return IsWellFormed(text) ? text : throw NotQuotable("half a surrogate pair");
    }

    /// <summary>A value as an error message shows it: in quotes, control characters as <c>\u001b</c>, at most 80 characters.</summary>
    internal static string Show(string value)
    {
        StringBuilder shown = new("'");
        foreach (char next in value.Length <= 80 ? value : value[..79] + "…")
        {
            _ = char.IsControl(next) || char.IsSurrogate(next)
                ? shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)next:x4}")
                : shown.Append(next);
        }

        return shown.Append('\'').ToString();
    }

    private static bool IsWellFormed(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && !(at + 1 < text.Length && char.IsSurrogatePair(text[at], text[++at])))
            {
                return false;
            }
        }

        return true;
    }

    private static FoobarException NotQuotable(string what) =>
        new(
            "ArgumentNotQuotable", ErrorKind.InvalidInput,
            $"A command or argument for a server holds {what}, which no POSIX shell can be given.")
        {
            Recommendation = $"Remove {what} from the value.",
        };
}
