using System.Globalization;
using System.Text;

namespace Foobar.Ops.Reporting;

/// <summary>
/// Makes text of servers harmless in the one place for that: what acts on a terminal, a browser or a reader's eye without being
/// seen becomes a visible sign, the same in every format that people read. The formats escape their own characters on top.
/// </summary>
internal static class ReportText
{
    /// <summary>
    /// The text with control characters as their pictures (escape: <c>␛</c>), invisible format characters by number (right-to-left
    /// override: <c>⟨U+202E⟩</c>), and what is no character (half a surrogate pair) as the replacement character.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="multiline">Whether line ends and tabs stay; else they become blanks.</param>
    public static string Visible(string text, bool multiline = true)
    {
        if (!text.Any(c => NeedsWork(c, multiline)))
        {
            return text;
        }

        StringBuilder visible = new(text.Length + 16);
        foreach (Rune rune in text.Replace("\r\n", "\n", StringComparison.Ordinal).EnumerateRunes())
        {
            Append(visible, rune, multiline);
        }

        return visible.ToString();
    }

    /// <summary>The text in one line.</summary>
    public static string Line(string text) => Visible(text, multiline: false);

    private static bool NeedsWork(char c, bool multiline) => c switch
    {
        '\n' or '\t' => !multiline,
        < ' ' => true,
        < '\u007F' => false,
        _ => char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE'
            || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    private static void Append(StringBuilder visible, Rune rune, bool multiline)
    {
        int value = rune.Value;
        switch (value)
        {
            case '\n' or '\t':
                visible.Append(multiline ? (char)value : ' ');
                break;
            case < ' ':
                visible.Append((char)(0x2400 + value));
                break;
            case 0x7F:
                visible.Append('\u2421');
                break;
            case >= 0x80 and < 0xA0:
                visible.Append('\uFFFD');
                break;
            default:
                AppendPrintable(visible, rune);
                break;
        }
    }

    private static void AppendPrintable(StringBuilder visible, Rune rune)
    {
        if ((rune.Value & 0xFFFE) == 0xFFFE)
        {
            visible.Append('\uFFFD');
        }
        else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator)
        {
            visible.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩");
        }
        else
        {
            visible.Append(rune.ToString());
        }
    }
}
