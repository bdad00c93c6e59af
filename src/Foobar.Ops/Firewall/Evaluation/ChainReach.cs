using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Tells of the rules of one chain whether they change nothing. One packet that reaches a rule and would fare otherwise
/// without it is enough to show that the rule matters, and for most rules such a packet is found at once; spaces are made
/// only for the few where it is not.
/// </summary>
internal sealed class ChainReach
{
    private const int MaxReasons = 5;

    // A packet that fails takes out of the search what an earlier rule decides; soon the whole space costs less.
    private const int MaxTries = 4;

    private readonly FirewallModel _model;
    private readonly FirewallChain _chain;
    private readonly OutcomeAlgebra _algebra;
    private readonly Diagram _diagram;
    private readonly RuleSpan _span;
    private readonly int _real;

    public ChainReach(FirewallModel model, FirewallChain chain)
    {
        _model = model;
        _chain = chain;
        _algebra = model.Workspace.Algebra;
        _diagram = model.Workspace.Diagram;
        _span = model.Chains.Span(chain);
        _real = _diagram.FieldIn(PacketField.Family, IntervalSet.From(chain.Family switch
        {
            "ip" => [(PacketValues.Ipv4, PacketValues.Ipv4)],
            "ip6" => [(PacketValues.Ipv6, PacketValues.Ipv6)],
            _ => [(PacketValues.Ipv4, PacketValues.Ipv4), (PacketValues.Ipv6, PacketValues.Ipv6)],
        }));
    }

    private OutcomeTable Table => _algebra.Table;

    /// <summary>The idle rules, in order, each looked for when it is asked for.</summary>
    public IEnumerable<IdleRule> Idle()
    {
        // What a rule has rewritten may be any packet for the rules after it, whatever was decided before.
        int since = 0;
        foreach (RuleSpan rule in _span.Leaves())
        {
            if (Why(rule, since) is { } kind)
            {
                int from = since;
                yield return new IdleRule(_chain.Rules[rule.From], kind, () => Reasons(rule, from, kind));
            }

            since = rule.Rewrites ? rule.To : since;
        }
    }

    /// <summary>The rules that match nothing, in order.</summary>
    public IEnumerable<IdleRule> Dead() => _chain.Rules
        .Where(rule => Matches(rule) == Diagram.False && !RuleReach.Waits(_model, rule, _chain))
        .Select(rule => new IdleRule(rule, IdleKind.Dead, static () => []));

    private int Matches(RuleSpan rule) => Matches(_chain.Rules[rule.From]);

    private int Matches(FirewallRule rule) => _model.Chains.Rules.Matches(rule, _chain).May;

    private int WhateverSetsHold(FirewallRule rule) => rule.Statements.OfType<Statement.Test>()
        .Where(test => !RuleReach.IsOfChangingSet(_model, test.Condition, _chain))
        .Aggregate(Diagram.True, (space, test) => _diagram.And(space, _model.Conditions.Compile(test.Condition, _chain).May));

    private IdleKind? Why(RuleSpan rule, int since)
    {
        // What is in such a set now says little: the rule is idle only if it would be whatever the set held.
        if (RuleReach.Waits(_model, _chain.Rules[rule.From], _chain))
        {
            return Undecided(since, rule.From, _diagram.And(_real, WhateverSetsHold(_chain.Rules[rule.From]))) == Diagram.False
                ? IdleKind.Shadowed
                : null;
        }

        int space = Matches(rule);
        if (space == Diagram.False)
        {
            return IdleKind.Dead;
        }

        space = _diagram.And(_real, space);
        for (int tries = 0; tries < MaxTries && space != Diagram.False; tries++)
        {
            Packet packet = _diagram.Witness(space, Packet.TcpSyn());
            if (Decider(since, rule.From, packet) is not { } decider)
            {
                if (Matters(rule, packet))
                {
                    return null;
                }

                break;
            }

            space = _algebra.Undecided(space, decider.Function);
        }

        int reach = Undecided(since, rule.From, space);
        return reach == Diagram.False ? IdleKind.Shadowed : IsRedundant(rule, reach) ? IdleKind.Redundant : null;
    }

    // The first rule between two places that decides about a packet for certain.
    private RuleSpan? Decider(int from, int to, Packet packet)
    {
        RuleSpan? run = _span.Between(from, to).FirstOrDefault(run => Decides(run, packet));
        while (run is { First: { } first, Second: { } second })
        {
            run = Decides(first, packet) ? first : second;
        }

        return run;
    }

    private bool Decides(RuleSpan run, Packet packet) => !Table.GoesOn(_diagram.Evaluate(run.Function, packet));

    // The packets of a space that no rule between two places decides about for certain.
    private int Undecided(int from, int to, int space) =>
        _span.Between(from, to).Aggregate(space, (left, run) => _algebra.Undecided(left, run.Function));

    // A rule without a verdict is only asked whether packets reach it.
    private bool GivesVerdict(RuleSpan rule) =>
        _chain.Rules[rule.From].Statements is [.., Statement.Verdict { Kind: VerdictKind.Accept or VerdictKind.Drop }];

    // Whether a packet that reaches the rule would surely fare otherwise without it.
    private bool Matters(RuleSpan rule, Packet packet)
    {
        if (!GivesVerdict(rule))
        {
            return true;
        }

        int fate = _diagram.Evaluate(rule.Function, packet);
        int without = Table.Continue;
        foreach (RuleSpan run in _span.Between(rule.To, _span.To).TakeWhile(_ => Table.GoesOn(without)))
        {
            without = _algebra.Then(without, _diagram.Evaluate(run.Function, packet));
            if (_algebra.Rewrites(without))
            {
                return false;
            }
        }

        return !Table.GoesOn(fate) && without != fate;
    }

    // A verdict is redundant if handing its packets on gives the same fate by a later rule. A final drop before a drop
    // policy is good practice and no finding.
    private bool IsRedundant(RuleSpan rule, int reach)
    {
        if (!GivesVerdict(rule))
        {
            return false;
        }

        int fate = _diagram.Evaluate(rule.Function, _diagram.Witness(reach, Packet.TcpSyn()));
        if (Table.GoesOn(fate))
        {
            return _algebra.Undecided(Diagram.True, rule.Function) != Diagram.True && IsRedundantByFunction(rule, reach);
        }

        bool oneFate = _algebra.Undecided(reach, rule.Function) == Diagram.False
            && _algebra.Otherwise(reach, rule.Function, fate) == Diagram.False;
        int differing = oneFate ? Differing(rule.To, reach, fate) : reach;
        return differing == Diagram.False
            || !Matters(rule, _diagram.Witness(differing, Packet.TcpSyn())) && IsRedundantByFunction(rule, reach);
    }

    // Packets of a space that the rules from some place on do not plainly give a fate.
    private int Differing(int from, int space, int fate)
    {
        foreach (RuleSpan run in _span.Between(from, _span.To))
        {
            int other = _algebra.Otherwise(space, run.Function, fate);
            if (other != Diagram.False)
            {
                return other;
            }

            space = _algebra.Undecided(space, run.Function);
        }

        return space;
    }

    // The same for rules that rewrite packets or whose verdict is not certain: by all that may become of the packets.
    private bool IsRedundantByFunction(RuleSpan rule, int reach)
    {
        int going = rule.Rewrites ? Table.Continue : _algebra.Restrict(reach, Table.Continue);
        int without = _span.Between(rule.To, _span.To).Aggregate(going, (before, run) => _algebra.Then(before, run.Function));
        return without != going && _algebra.Restrict(reach, _algebra.Then(rule.Function, without)) == _algebra.Restrict(reach, without);
    }

    private List<FirewallRule> Reasons(RuleSpan rule, int since, IdleKind kind)
    {
        List<FirewallRule> reasons = [];
        (int from, int to) = kind == IdleKind.Shadowed ? (since, rule.From) : (rule.To, _span.To);
        FirewallRule about = _chain.Rules[rule.From];
        int space = RuleReach.Waits(_model, about, _chain) ? WhateverSetsHold(about) : Matches(about);
        foreach (RuleSpan run in _span.Between(from, to))
        {
            space = Gather(run, space, kind == IdleKind.Shadowed, reasons);
        }

        return reasons;
    }

    // The rules of a run that decide about packets of a space; halves that do not are passed over at once.
    private int Gather(RuleSpan run, int space, bool shrinks, List<FirewallRule> found)
    {
        if (found.Count == MaxReasons || !run.Rewrites && !_algebra.Decides(space, run.Function))
        {
            return space;
        }

        if (run is { First: { } first, Second: { } second })
        {
            return Gather(second, Gather(first, space, shrinks, found), shrinks, found);
        }

        if (_algebra.Decides(space, run.Function))
        {
            found.Add(_chain.Rules[run.From]);
        }

        return shrinks ? _algebra.Undecided(space, run.Function) : space;
    }
}
