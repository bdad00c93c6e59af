namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// A run of neighbouring rules of a chain as one function, made of the functions of its halves. Halving keeps the cost of
/// a long chain near its length: each rule is joined with a number of others that grows with the logarithm only, while
/// joining one rule after another to all that follow copies the wide top of their function each time.
/// </summary>
/// <param name="From">The index of the first rule.</param>
/// <param name="To">The index after the last.</param>
/// <param name="Function">What the run does with packets that reach it.</param>
/// <param name="Rewrites">Whether packets may leave it rewritten and go on.</param>
/// <param name="First">The first half; <see langword="null"/> for a single rule.</param>
/// <param name="Second">The second half; <see langword="null"/> for a single rule.</param>
internal sealed record RuleSpan(int From, int To, int Function, bool Rewrites, RuleSpan? First = null, RuleSpan? Second = null)
{
    /// <summary>Makes the run of all rules, given the function of each.</summary>
    public static RuleSpan Of(OutcomeAlgebra algebra, ReadOnlySpan<int> functions, int from = 0)
    {
        if (functions.Length < 2)
        {
            int function = functions.IsEmpty ? algebra.Table.Continue : functions[0];
            return new RuleSpan(from, from + functions.Length, function, algebra.Rewrites(function));
        }

        int half = functions.Length / 2;
        RuleSpan first = Of(algebra, functions[..half], from);
        RuleSpan second = Of(algebra, functions[half..], from + half);
        return new RuleSpan(
            from, second.To,
            algebra.Then(first.Function, second.Function, first.Rewrites),
            first.Rewrites || second.Rewrites, first, second);
    }

    /// <summary>The rules from one place to another in as few runs as there are, in order.</summary>
    /// <param name="from">The index of the first rule.</param>
    /// <param name="to">The index after the last.</param>
    public IEnumerable<RuleSpan> Between(int from, int to)
    {
        if (To <= from || From >= to)
        {
            return [];
        }

        return First is null || Second is null || (From >= from && To <= to)
            ? [this]
            : First.Between(from, to).Concat(Second.Between(from, to));
    }

    /// <summary>Each rule as a run of its own, in order.</summary>
    public IEnumerable<RuleSpan> Leaves()
    {
        Stack<RuleSpan> pending = new([this]);
        while (pending.TryPop(out RuleSpan? run))
        {
            if (run is { First: { } first, Second: { } second })
            {
                pending.Push(second);
                pending.Push(first);
            }
            else if (run.From < run.To)
            {
                yield return run;
            }
        }
    }
}
