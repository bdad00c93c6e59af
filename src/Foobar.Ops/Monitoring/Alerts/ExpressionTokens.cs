namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>Splits an expression of PromQL into words, numbers, texts and signs (prometheus.io, "Querying basics").</summary>
internal static class ExpressionTokens
{
    private static readonly string[] Pairs = ["==", "!=", "<=", ">=", "=~", "!~"];

    /// <summary>The tokens, without spaces and comments.</summary>
    /// <exception cref="FormatException">A text does not end, or a sign is none of PromQL's.</exception>
    public static IReadOnlyList<string> Of(string expression)
    {
        List<string> tokens = [];
        int at = 0;
        while (at < expression.Length)
        {
            char next = expression[at];
            if (char.IsWhiteSpace(next))
            {
                at++;
            }
            else if (next == '#')
            {
                at = expression.IndexOf('\n', at) is >= 0 and int line ? line : expression.Length;
            }
            else
            {
                int end = End(expression, at);
                tokens.Add(expression[at..end]);
                at = end;
            }
        }

        return tokens;
    }

    /// <summary>Tells whether a token is a name or a word.</summary>
    public static bool IsWord(string token) => token.Length > 0 && (char.IsAsciiLetter(token[0]) || token[0] is '_' or ':')
        && token != ":";

    /// <summary>Tells whether a token is a number or a duration.</summary>
    public static bool IsNumber(string token) => token.Length > 0 && (char.IsAsciiDigit(token[0]) || (token[0] == '.' && token.Length > 1));

    /// <summary>Tells whether a token is a text in quotation marks.</summary>
    public static bool IsText(string token) => token.Length > 1 && token[0] is '"' or '\'' or '`';

    private static int End(string text, int at) => text[at] switch
    {
        '"' or '\'' or '`' => AfterText(text, at),
        ':' when at + 1 >= text.Length || !IsNamePart(text[at + 1]) || char.IsAsciiDigit(text[at + 1]) => at + 1,
        '.' => AfterName(text, at),
        _ when IsNamePart(text[at]) => AfterName(text, at),
        _ when Pairs.Contains(text[at..Math.Min(at + 2, text.Length)]) => at + 2,
        '+' or '-' or '*' or '/' or '%' or '^' or '=' or '<' or '>' or '(' or ')' or '{' or '}' or '[' or ']' or ',' or '@' => at + 1,
        _ => throw new FormatException($"'{text[at]}' is no sign of PromQL."),
    };

    private static int AfterName(string text, int at)
    {
        bool isNumber = char.IsAsciiDigit(text[at]) || text[at] == '.';
        int end = at + 1;
        while (end < text.Length && (isNumber ? char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '_' : IsNamePart(text[end])))
        {
            end++;
        }

        return end;
    }

    private static int AfterText(string text, int at)
    {
        int end = at + 1;
        while (end < text.Length && text[end] != text[at])
        {
            end += text[end] == '\\' && text[at] != '`' ? 2 : 1;
        }

        return end < text.Length ? end + 1 : throw new FormatException("a text does not end.");
    }

    private static bool IsNamePart(char one) => char.IsAsciiLetterOrDigit(one) || one is '_' or ':';
}
