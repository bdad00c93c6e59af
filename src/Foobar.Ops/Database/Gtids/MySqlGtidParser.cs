using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Foobar.Ops.Database.Gtids;

/// <summary>
/// Reads MySQL's GTID sets as the server itself does (<c>Gtid_set::add_gtid_text</c>): empty parts between commas are
/// skipped, an interval whose end lies before its start is empty.
/// </summary>
internal static class MySqlGtidParser
{
    private const int MaxTagLength = 32;

    /// <summary>Reads a set, or says what is wrong with the text.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MySqlGtidSet? set, out string problem)
    {
        List<(GtidSource, GtidInterval)> parts = [];
        set = null;
        foreach (string written in text.Split(','))
        {
            string part = written.Trim();
            if (part.Length > 0 && !TryPart(part, parts, out problem))
            {
                return false;
            }
        }

        problem = "";
        set = MySqlGtidSet.FromIntervals(parts);
        return true;
    }

    private static bool TryPart(string part, List<(GtidSource, GtidInterval)> parts, out string problem)
    {
        string[] words = part.Split(':', StringSplitOptions.TrimEntries);
        if (!Guid.TryParseExact(words[0], "D", out Guid server))
        {
            problem = $"expected a server UUID at the start of '{Shorten(part)}' in a GTID set";
            return false;
        }

        string tag = "";
        bool interval = false;
        foreach (string word in words.Skip(1))
        {
            if (IsTag(word))
            {
                tag = word.ToLowerInvariant();
                interval = false;
            }
            else if (TryInterval(word, out long first, out long last))
            {
                interval = true;
                if (last >= first)
                {
                    parts.Add((new GtidSource(server, tag), new GtidInterval(first, last)));
                }
            }
            else
            {
                problem = $"expected an interval (7 or 1-42) or a tag where '{Shorten(word)}' stands in a GTID set";
                return false;
            }
        }

        problem = interval ? "" : $"expected an interval at the end of '{Shorten(part)}' in a GTID set";
        return interval;
    }

    private static bool IsTag(string word) =>
        word.Length is > 0 and <= MaxTagLength
        && (char.IsAsciiLetter(word[0]) || word[0] == '_')
        && word.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private static bool TryInterval(string word, out long first, out long last)
    {
        int dash = word.IndexOf('-', StringComparison.Ordinal);
        string start = dash < 0 ? word : word[..dash].Trim();
        last = 0;
        if (!TryNumber(start, out first) || first < 1)
        {
            return false;
        }

        last = first;
        return dash < 0 || TryNumber(word[(dash + 1)..].Trim(), out last);
    }

    // The largest number a transaction can have is 2^63-2.
    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue;

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
