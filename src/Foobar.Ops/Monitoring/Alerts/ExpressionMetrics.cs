namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>Finds the metrics that an expression of PromQL uses (prometheus.io, "Querying basics", "Operators"): its names that are no
/// function, no operator and no label.</summary>
internal static class ExpressionMetrics
{
    private static readonly HashSet<string> Words = new(
        [
            "and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "atan2", "inf", "nan",
                "start", "end",
            "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile", "limitk",
                "limit_ratio",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> LabelLists = new(["by", "without", "on", "ignoring", "group_left", "group_right"],
        StringComparer.OrdinalIgnoreCase);

    // An alert on a missing series says nothing of its value.
    private static readonly HashSet<string> Absences = new(["absent", "absent_over_time"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The metrics, each once; those whose absence alone is asked for are left out. A metric named by a matcher
    /// (<c>{__name__="up"}</c>) is found, one by a pattern is not.</summary>
    public static IReadOnlyList<string> Of(string expression)
    {
        List<string> found = [];
        int at = 0;
        while (at < expression.Length)
        {
            char next = expression[at];
            at = next switch
            {
                '"' or '\'' or '`' => AfterText(expression, at),
                '#' => expression.IndexOf('\n', at) is >= 0 and int line ? line : expression.Length,
                '{' => AfterMatchers(expression, at, found),
                '[' => expression.IndexOf(']', at) is >= 0 and int close ? close + 1 : expression.Length,
                _ when char.IsAsciiDigit(next) => AfterName(expression, at),
                _ when IsName(next) => AfterWord(expression, at, found),
                _ => at + 1,
            };
        }

        return [.. found.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The metrics of an expression and, for those that rules record, of the rules' expressions, however deep.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="recorded">The expressions of the recording rules, by the name recorded.</param>
    /// <returns>Each metric with the expression that names it.</returns>
    public static IReadOnlyList<(string Metric, string Expression)> Deep(string expression, ILookup<string, string> recorded)
    {
        List<(string, string)> found = [];
        HashSet<string> seen = [];
        Queue<string> waiting = new([expression]);
        while (waiting.TryDequeue(out string? one))
        {
            foreach (string metric in Of(one))
            {
                found.Add((metric, one));
                foreach (string source in seen.Add(metric) ? recorded[metric] : [])
                {
                    waiting.Enqueue(source);
                }
            }
        }

        return found;
    }

    private static int AfterWord(string text, int at, List<string> found)
    {
        int end = AfterName(text, at);
        string word = text[at..end];
        int next = end;
        while (next < text.Length && char.IsWhiteSpace(text[next]))
        {
            next++;
        }

        bool opens = next < text.Length && text[next] == '(';
        if (opens && Absences.Contains(word))
        {
            return AfterParenthesis(text, next);
        }

        if (opens && LabelLists.Contains(word))
        {
            return text.IndexOf(')', next) is >= 0 and int close ? close + 1 : text.Length;
        }

        if (!opens && !Words.Contains(word))
        {
            found.Add(word);
        }

        return end;
    }

    private static int AfterParenthesis(string text, int at)
    {
        int depth = 0;
        while (at < text.Length)
        {
            depth += text[at] switch { '(' => 1, ')' => -1, _ => 0 };
            at = text[at] is '"' or '\'' or '`' ? AfterText(text, at) : at + 1;
            if (depth == 0)
            {
                return at;
            }
        }

        return text.Length;
    }

    private static int AfterMatchers(string text, int at, List<string> found)
    {
        int end = at + 1;
        while (end < text.Length && text[end] != '}')
        {
            int after = text[end] is '"' or '\'' or '`' ? AfterText(text, end) : end + 1;
            if (after > end + 1 && text[at..end].Replace(" ", "", StringComparison.Ordinal).EndsWith("__name__=", StringComparison.Ordinal))
            {
                found.Add(text[(end + 1)..(after - 1)]);
            }

            end = after;
        }

        return end + 1;
    }

    private static int AfterText(string text, int at)
    {
        int end = at + 1;
        while (end < text.Length && text[end] != text[at])
        {
            end += text[end] == '\\' && text[at] != '`' ? 2 : 1;
        }

        return Math.Min(end + 1, text.Length);
    }

    private static int AfterName(string text, int at)
    {
        int end = at;
        while (end < text.Length && (IsName(text[end]) || char.IsAsciiDigit(text[end]) || text[end] == '.'))
        {
            end++;
        }

        return end;
    }

    private static bool IsName(char one) => char.IsAsciiLetter(one) || one is '_' or ':';
}
