namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>Reads from an expression of PromQL which series it needs (prometheus.io, "Querying basics", "Operators",
/// "Functions").</summary>
internal sealed class ExpressionNeeds
{
    private const int Deepest = 200;

    private static readonly string[][] Levels =
        [["or"], ["and", "unless"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%", "atan2"], ["^"]];

    private readonly IReadOnlyList<string> _tokens;

    private int _at;

    private int _depth;

    private ExpressionNeeds(IReadOnlyList<string> tokens) => _tokens = tokens;

    private string Next => _at < _tokens.Count ? _tokens[_at] : "";

    /// <summary>What the expression needs.</summary>
    /// <exception cref="FormatException">It is not understood.</exception>
    public static SeriesNeed Of(string expression)
    {
        ExpressionNeeds reader = new(ExpressionTokens.Of(expression));
        SeriesNeed need = reader.Operation(0);
        return reader._at == reader._tokens.Count ? need : throw reader.Unexpected();
    }

    private FormatException Unexpected() => new(Next.Length == 0 ? "the expression ends too early." : $"'{Next}' is not expected there.");

    private bool Is(string word) => Next.Equals(word, StringComparison.OrdinalIgnoreCase);

    private bool Takes(string word)
    {
        bool takes = Is(word);
        _at += takes ? 1 : 0;
        return takes;
    }

    private void Take(string word)
    {
        if (!Takes(word))
        {
            throw Unexpected();
        }
    }

    // Operators of one level stand side by side; which of them comes first makes no difference to what is needed, but for 'unless'.
    private SeriesNeed Operation(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        SeriesNeed left = Operation(level + 1);
        while (Levels[level].FirstOrDefault(Is) is { } sign)
        {
            _at++;
            SkipMatching();
            SeriesNeed right = Operation(level + 1);
            left = sign switch
            {
                "or" => new SeriesNeed.Any([left, right]),
                "unless" => left,
                _ => new SeriesNeed.All([left, right]),
            };
        }

        return left;
    }

    private void SkipMatching()
    {
        _ = Takes("bool");
        if (Takes("on") || Takes("ignoring"))
        {
            SkipLabels();
            if (Takes("group_left") || Takes("group_right"))
            {
                SkipLabelsIfAny();
            }
        }
    }

    private void SkipLabelsIfAny()
    {
        if (Is("("))
        {
            SkipLabels();
        }
    }

    private void SkipLabels()
    {
        Take("(");
        while (!Takes(")"))
        {
            if (Next.Length == 0 || !(ExpressionTokens.IsWord(Next) || ExpressionTokens.IsText(Next) || Next == ","))
            {
                throw Unexpected();
            }

            _at++;
        }
    }

    private SeriesNeed Unary()
    {
        while (Takes("-") || Takes("+"))
        {
        }

        if (++_depth > Deepest)
        {
            throw new FormatException("the expression is nested too deeply.");
        }

        SeriesNeed need = Followed(Operand());
        _depth--;
        return need;
    }

    // Ranges, subqueries, offsets and fixed times. Those of a selector are kept, since it may have had no series then.
    private SeriesNeed Followed(SeriesNeed need)
    {
        while (true)
        {
            if (Takes("["))
            {
                SkipRange();
            }
            else if (Is("offset") || Is("@"))
            {
                string modifier = Modifier();
                need = need is SeriesNeed.Some some
                    ? new SeriesNeed.Some(some.Selector with { Modifiers = $"{some.Selector.Modifiers} {modifier}".Trim() })
                    : need;
            }
            else
            {
                return need;
            }
        }
    }

    private void SkipRange()
    {
        while (!Takes("]"))
        {
            if (!(ExpressionTokens.IsNumber(Next) || Next.StartsWith(':')))
            {
                throw Unexpected();
            }

            _at++;
        }
    }

    private string Modifier()
    {
        int from = _at++;
        _ = Takes("-") || Takes("+");
        if (ExpressionTokens.IsNumber(Next))
        {
            _at++;
        }
        else if (Takes("start") || Takes("end"))
        {
            Take("(");
            Take(")");
        }
        else
        {
            throw Unexpected();
        }

        return string.Concat(_tokens.Skip(from).Take(_at - from).Select((token, index) => index == 1 ? " " + token : token));
    }

    private SeriesNeed Operand()
    {
        if (Takes("("))
        {
            SeriesNeed need = Operation(0);
            Take(")");
            return need;
        }

        if (Is("{"))
        {
            return Selector("");
        }

        if (ExpressionTokens.IsNumber(Next) || ExpressionTokens.IsText(Next))
        {
            _at++;
            return SeriesNeed.Nothing;
        }

        if (!ExpressionTokens.IsWord(Next))
        {
            throw Unexpected();
        }

        string word = _tokens[_at++];
        return Is("(") || Is("by") || Is("without") ? Call(word)
            : (word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("nan", StringComparison.OrdinalIgnoreCase))
                && !Is("{") ? SeriesNeed.Nothing
            : Selector(word);
    }

    private SeriesNeed Call(string name)
    {
        SkipGrouping();
        Take("(");
        List<SeriesNeed> arguments = [];
        while (!Takes(")"))
        {
            arguments.Add(Operation(0));
            if (!Is(")"))
            {
                Take(",");
            }
        }

        SkipGrouping();
        return name.Equals("absent", StringComparison.OrdinalIgnoreCase)
            || name.Equals("absent_over_time", StringComparison.OrdinalIgnoreCase)
                ? new SeriesNeed.Absence()
                : new SeriesNeed.All(arguments);
    }

    private void SkipGrouping()
    {
        if (Takes("by") || Takes("without"))
        {
            SkipLabels();
        }
    }

    private SeriesNeed.Some Selector(string metric)
    {
        List<LabelMatcher> matchers = [];
        if (Takes("{"))
        {
            while (!Takes("}"))
            {
                Matcher(matchers, ref metric);
                if (!Is("}"))
                {
                    Take(",");
                }
            }
        }

        return new SeriesNeed.Some(new SeriesSelector(metric, matchers));
    }

    // A quoted name alone is the metric's (UTF-8 names, since Prometheus 3); a quoted name before a sign is a label.
    private void Matcher(List<LabelMatcher> matchers, ref string metric)
    {
        string label = Next;
        if (!ExpressionTokens.IsWord(label) && !ExpressionTokens.IsText(label))
        {
            throw Unexpected();
        }

        _at++;
        string sign = Next;
        if (sign is "=" or "!=" or "=~" or "!~")
        {
            _at++;
            string literal = Next;
            if (!ExpressionTokens.IsText(literal))
            {
                throw Unexpected();
            }

            _at++;
            if (label == "__name__" && sign == "=" && IsPlain(literal[1..^1]))
            {
                metric = literal[1..^1];
            }
            else
            {
                matchers.Add(new LabelMatcher(label, sign, literal));
            }
        }
        else if (ExpressionTokens.IsText(label) && IsPlain(label[1..^1]))
        {
            metric = label[1..^1];
        }
        else
        {
            throw Unexpected();
        }
    }

    private static bool IsPlain(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0])
        && name.All(static one => char.IsAsciiLetterOrDigit(one) || one is '_' or ':');
}
