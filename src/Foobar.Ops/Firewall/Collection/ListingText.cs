using System.Text.RegularExpressions;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>Compares listings of rules as text, apart from what passes: handles, counters, and comments, which tell the time.</summary>
internal static partial class ListingText
{
    private static readonly string[] Introductions =
    [
        "\"handle\":", "\"handle\": ", "\"packets\":", "\"packets\": ", "\"bytes\":", "\"bytes\": ",
    ];

    /// <summary>Tells whether two listings say the same.</summary>
    public static bool Same(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (true)
        {
            int same = left.CommonPrefixLength(right);
            if (same == left.Length && same == right.Length)
            {
                return true;
            }

            // What passes begins alike in both, before the first character that differs.
            int start = StartOfPassing(left, same);
            int leftLength = start < 0 ? 0 : PassingLength(left[start..]);
            int rightLength = start < 0 ? 0 : PassingLength(right[start..]);
            if (leftLength == 0 || rightLength == 0)
            {
                return false;
            }

            left = left[(start + leftLength)..];
            right = right[(start + rightLength)..];
        }
    }

    // Where the comment, the pair of counters or the number begins that a place is in or at the end of; -1 if it is in none.
    private static int StartOfPassing(ReadOnlySpan<char> text, int place)
    {
        int line = text[..place].LastIndexOf('\n') + 1;
        if (line < place && text[line] == '#')
        {
            return line;
        }

        int bracket = text[..place].LastIndexOf('[');
        if (bracket >= 0 && PassingLength(text[bracket..]) > place - bracket)
        {
            return bracket;
        }

        int number = text[..place].LastIndexOfAnyExceptInRange('0', '9') + 1;
        foreach (string introduction in Introductions)
        {
            if (text[..number].EndsWith(introduction, StringComparison.Ordinal))
            {
                return number;
            }
        }

        return -1;
    }

    private static int PassingLength(ReadOnlySpan<char> text)
    {
        foreach (ValueMatch match in Passing().EnumerateMatches(text))
        {
            return match.Length;
        }

        return 0;
    }

    [GeneratedRegex(@"^(?:#.*|\[\d+:\d+\]|\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Passing();
}
