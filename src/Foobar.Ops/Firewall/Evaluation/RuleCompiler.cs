using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Turns a rule's steps into the function they are: what becomes of each packet.</summary>
/// <param name="algebra">The algebra of functions.</param>
/// <param name="conditions">Makes spaces of conditions.</param>
/// <param name="translations">Makes functions of translations.</param>
/// <param name="ruleset">The ruleset the rules are of.</param>
/// <param name="chainFunction">The function of a chain that is jumped to.</param>
/// <param name="namesRules">Whether outcomes name the rule that decided; without, rules that share a large set share its function.</param>
internal sealed class RuleCompiler(
    OutcomeAlgebra algebra,
    ConditionCompiler conditions,
    TranslationCompiler translations,
    Ruleset ruleset,
    Func<FirewallChain, int> chainFunction,
    bool namesRules)
{
    private const int MaxMarks = 32;

    private readonly Dictionary<FirewallRule, int> _deciders = new(ReferenceEqualityComparer.Instance);

    private readonly Dictionary<FirewallRule, Match> _matches = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(FirewallChain, OutcomeKind), int> _calls = [];
    private UInt128[]? _marks;

    private OutcomeTable Table => algebra.Table;

    /// <summary>What a rule does with each packet that reaches it.</summary>
    public int Compile(FirewallRule rule, FirewallChain chain)
    {
        if (IsPlain(rule) && Matches(rule, chain) is var match && match.Must == match.May)
        {
            return algebra.When(match.Must, Step(rule.Statements[^1], Table.Continue, rule, chain));
        }

        // From the last step to the first: a step's function is what it does, then what the steps after it do. A failed
        // test and the end of the rule both mean that the packet goes on to the next rule.
        int function = Table.Continue;
        for (int index = rule.Statements.Count - 1; index >= 0; index--)
        {
            function = Step(rule.Statements[index], function, rule, chain);
        }

        return function;
    }

    /// <summary>
    /// The packets a rule's leading tests let through, for certain and possibly; rewriting within the rule is not followed.
    /// </summary>
    public Match Matches(FirewallRule rule, FirewallChain chain)
    {
        if (_matches.TryGetValue(rule, out Match known))
        {
            return known;
        }

        // Addresses are tested first and stand last in the diagrams: from the back the conjunction grows at its top.
        Match result = Match.Exact(Diagram.True);
        for (int index = rule.Statements.Count - 1; index >= 0; index--)
        {
            if (rule.Statements[index] is Statement.Test test)
            {
                Match match = conditions.Compile(test.Condition, chain);
                bool exact = match.Must == match.May && result.Must == result.May;
                int must = algebra.Diagram.And(result.Must, match.Must);
                result = new Match(must, exact ? must : algebra.Diagram.And(result.May, match.May));
            }
        }

        _matches.Add(rule, result);
        return result;
    }

    /// <summary>
    /// Tells whether a rule is made of tests and one verdict that ends it, so that it decides about all that it matches for certain.
    /// </summary>
    public static bool IsPlain(FirewallRule rule)
    {
        if (rule.Statements is not [.., Statement.Verdict { Kind: not (VerdictKind.Jump or VerdictKind.Goto or VerdictKind.Continue) }])
        {
            return false;
        }

        for (int index = rule.Statements.Count - 2; index >= 0; index--)
        {
            if (rule.Statements[index] is not (Statement.Test or Statement.NoEffect or Statement.Fill))
            {
                return false;
            }
        }

        return true;
    }

    private int Step(Statement step, int rest, FirewallRule rule, FirewallChain chain) => step switch
    {
        Statement.Test { Condition: Condition.Sometimes } => algebra.Join(rest, Table.Continue),
        Statement.Test test when conditions.Changing(test.Condition, chain) is not null =>
            Changing(conditions.Compile(test.Condition, chain), rest),
        Statement.Test test => Tested(conditions.Compile(test.Condition, chain), rest),
        Statement.Verdict verdict => Verdict(verdict, rest, rule, chain),
        Statement.Lookup lookup => Lookup(lookup, rest, rule, chain),
        Statement.Assign assign => Assigned(assign.Field, Transform.Assign(assign.Field, assign.Keep, assign.Flip), rest),
        Statement.AssignUnknown assign => Assigned(assign.Field, Transform.Choose(assign.Field, 0, FieldLayout.Max(assign.Field)), rest),
        Statement.NoTrack => algebra.After(Table.Number(Transform.Assign(PacketField.State, 0, PacketValues.Untracked)), rest),
        Statement.Nat nat => translations.Compile(nat, Decider(rule)),
        Statement.Copy copy => Copied(copy, rest),
        Statement.NoEffect or Statement.Fill => rest,
        _ => algebra.Join(algebra.Join(algebra.Perhaps(rest), Anything(rule)), algebra.Perhaps(translations.Unknown(Decider(rule)))),
    };

    // A mark is 0 until a rule sets it, so that mostly one of few values is copied.
    private int Copied(Statement.Copy copy, int rest)
    {
        int known = Diagram.False;
        List<int> parts = [];
        foreach (UInt128 mark in _marks ??= Marks())
        {
            int space = algebra.Diagram.FieldIs(copy.From, mark);
            known = algebra.Diagram.Or(known, space);
            parts.Add(algebra.Restrict(space, Assigned(copy.To, Transform.Assign(copy.To, copy.Left, copy.Added(mark)), rest)));
        }

        parts.Add(
            algebra.Restrict(algebra.Diagram.Not(known), Assigned(copy.To, Transform.Choose(copy.To, 0, FieldLayout.Max(copy.To)), rest)));
        return JoinAll(parts);
    }

    // What marks can be that begin with 0, as far as it is few values.
    private UInt128[] Marks()
    {
        Statement[] steps = [.. ruleset.Rules.SelectMany(static rule => rule.Statements)
            .SelectMany(
                static step =>
                    step is Statement.Lookup { Elements: { } elements }
                        ? elements.Select(static element => element.Result).OfType<Statement>()
                        : [step])];
        Statement.Assign[] sets =
        [
            .. steps.OfType<Statement.Assign>().Where(static step => step.Field is PacketField.Mark or PacketField.ConnectionMark),
        ];
        Statement.Copy[] copies = [.. steps.OfType<Statement.Copy>()];
        List<UInt128> marks = [0];
        for (int next = 0; next < marks.Count && marks.Count < MaxMarks; next++)
        {
            UInt128 mark = marks[next];
            IEnumerable<UInt128> made = sets.Select(step => (mark & step.Keep) ^ step.Flip)
                .Concat(copies.SelectMany(step => marks.ToArray().SelectMany(other => (UInt128[])
                    [(mark & step.Left) ^ step.Added(other), (other & step.Left) ^ step.Added(mark)])));
            marks.AddRange(made.Distinct().Except(marks).Take(MaxMarks - marks.Count).ToArray());
        }

        return [.. marks];
    }

    // A packet without a connection has no connection mark to set; the rule goes on all the same (nft_ct_set_eval).
    private int Assigned(PacketField field, Transform transform, int rest)
    {
        int assigned = algebra.After(Table.Number(transform), rest);
        if (field != PacketField.ConnectionMark)
        {
            return assigned;
        }

        int tracked = algebra.Diagram.FieldIn(PacketField.State, IntervalSet.Range(PacketValues.New, PacketValues.Related));
        return algebra.Join(algebra.Restrict(tracked, assigned), algebra.Restrict(algebra.Diagram.Not(tracked), rest));
    }

    // Met at one time and not at another, as rules fill the set: both happen.
    private int Changing(Match match, int rest)
    {
        int open = algebra.Diagram.Except(match.May, match.Must);
        return algebra.Join(
            algebra.Restrict(algebra.Diagram.Not(open), algebra.When(match.Must, rest)),
            algebra.Restrict(open, algebra.Join(rest, Table.Continue)));
    }

    private int Tested(Match match, int rest)
    {
        int certain = algebra.When(match.Must, rest);
        if (match.Must == match.May)
        {
            return certain;
        }

        int open = algebra.Diagram.Except(match.May, match.Must);
        return algebra.Join(
            algebra.Restrict(algebra.Diagram.Not(open), certain),
            algebra.Restrict(open, algebra.Perhaps(algebra.Join(rest, Table.Continue))));
    }

    private int Verdict(Statement.Verdict verdict, int rest, FirewallRule rule, FirewallChain chain) => verdict.Kind switch
    {
        VerdictKind.Accept => Table.Terminal(new Outcome(OutcomeKind.Accept, Decider(rule))),
        VerdictKind.Drop => Table.Terminal(new Outcome(OutcomeKind.Drop, Decider(rule))),
        VerdictKind.Reject => Table.Terminal(new Outcome(OutcomeKind.Drop, namesRules ? Decider(rule) : OutcomeTable.AnyRejection)),
        VerdictKind.Return => Table.Terminal(new Outcome(OutcomeKind.Return)),
        VerdictKind.Continue => rest,
        VerdictKind.Jump or VerdictKind.Goto => Call(verdict, rule, chain),
        _ => Table.Join(
            Table.Terminal(new Outcome(OutcomeKind.Accept, Decider(rule), Perhaps: true)),
            Table.Terminal(new Outcome(OutcomeKind.Drop, Decider(rule), Perhaps: true))),
    };

    private int Call(Statement.Verdict verdict, FirewallRule rule, FirewallChain chain)
    {
        if (ruleset.FindChain(chain, verdict.Chain!) is not { } target)
        {
            return Anything(rule);
        }

        // After a jump the packet comes back here, after a goto it goes back to where this chain was called from.
        OutcomeKind back = verdict.Kind == VerdictKind.Jump ? OutcomeKind.Continue : OutcomeKind.Return;
        if (!_calls.TryGetValue((target, back), out int function))
        {
            function = algebra.Map(
                chainFunction(target),
                outcome => outcome.Kind is OutcomeKind.Continue or OutcomeKind.Return ? outcome with { Kind = back } : outcome);
            _calls.Add((target, back), function);
        }

        return function;
    }

    private int Lookup(Statement.Lookup lookup, int rest, FirewallRule rule, FirewallChain chain)
    {
        IReadOnlyList<SetElement>? elements = lookup.Elements;
        if (elements is null)
        {
            NamedSet? map = ruleset.FindSet(chain, lookup.Map!);
            if (ConditionCompiler.Trouble(map, lookup.Map!, lookup.Key) is not null || conditions.IsFilled(map!))
            {
                return Anything(rule);
            }

            elements = map!.Elements;
        }

        int taken = Diagram.False;
        List<int> parts = [];
        foreach (IGrouping<Statement?, SetElement> group in elements.GroupBy(element => element.Result))
        {
            Statement? step = group.Key is null || lookup.Shape is null ? group.Key : lookup.Shape(group.Key);
            int space = algebra.Diagram.Except(conditions.Elements(lookup.Key, [.. group]), taken);
            taken = algebra.Diagram.Or(taken, space);
            int function = step is null or Statement.Data ? Anything(rule) : Step(step, rest, rule, chain);
            parts.Add(algebra.Restrict(space, function));
        }

        parts.Add(algebra.Restrict(algebra.Diagram.Not(taken), Table.Continue));
        return JoinAll(parts);
    }

    private int JoinAll(List<int> parts)
    {
        while (parts.Count > 1)
        {
            parts = [.. parts.Chunk(2).Select(pair => pair.Length == 2 ? algebra.Join(pair[0], pair[1]) : pair[0])];
        }

        return parts[0];
    }

    private int Anything(FirewallRule rule)
    {
        int decider = Decider(rule);
        return Table.Terminal([
            new Outcome(OutcomeKind.Continue, Perhaps: true),
            new Outcome(OutcomeKind.Accept, decider, Perhaps: true),
            new Outcome(OutcomeKind.Drop, decider, Perhaps: true),
        ]);
    }

    private int Decider(FirewallRule rule)
    {
        if (!namesRules)
        {
            return OutcomeTable.AnyRule;
        }

        if (!_deciders.TryGetValue(rule, out int number))
        {
            number = Table.AddDecider(rule);
            _deciders.Add(rule, number);
        }

        return number;
    }
}
