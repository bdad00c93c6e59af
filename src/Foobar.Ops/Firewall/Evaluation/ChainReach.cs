using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Finds the rules of one chain that change nothing. The chain is halved again and again; each half is asked only about
/// the packets that reach it and that it names, so that the spaces shrink as fast as the halves do.
/// </summary>
internal sealed class ChainReach
{
    private const int MaxReasons = 5;

    private readonly FirewallChain _chain;
    private readonly OutcomeAlgebra _algebra;
    private readonly Diagram _diagram;
    private readonly RuleSpan _span;
    private readonly Part[] _parts;
    private readonly Dictionary<RuleSpan, Part> _joined = new(ReferenceEqualityComparer.Instance);

    public ChainReach(FirewallModel model, FirewallChain chain)
    {
        _chain = chain;
        _algebra = model.Workspace.Algebra;
        _diagram = model.Workspace.Diagram;
        _span = model.Chains.Span(chain);
        _parts = [.. chain.Rules.Select(rule => Measure(model, rule))];
    }

    /// <summary>The idle rules, in order.</summary>
    public List<IdleRule> Idle()
    {
        List<IdleRule> idle = [];
        if (_parts.Length > 0)
        {
            Visit(_span, Real(), _algebra.Table.Continue, idle);
        }

        return idle;
    }

    // "reach" is what comes to the run of rules and "rest" what becomes of packets after it: for those of "reach", or,
    // where the run rewrites packets so that they may become any others, for all packets. Others go on in "rest", so that
    // where rules have nothing to do with each other it is soon as small as can be.
    private void Visit(RuleSpan span, int reach, int rest, List<IdleRule> idle)
    {
        Part joined = Joined(span);
        if (joined.IsApart && joined.Matches == reach && rest == _algebra.Table.Continue)
        {
            return;
        }

        if (span.First is null || span.Second is null)
        {
            if (Why(span, reach, rest) is { } kind)
            {
                idle.Add(new IdleRule(_chain.Rules[span.From], kind, () => Reasons(span.From, kind)));
            }

            return;
        }

        int toFirst = _diagram.And(reach, Joined(span.First).Matches);
        int after = span.First.Rewrites ? span.Second.Function : _algebra.When(toFirst, span.Second.Function);
        int restOfFirst = span.First.Rewrites || span.Second.Rewrites ? rest : _algebra.When(toFirst, rest);
        Visit(span.First, toFirst, _algebra.Then(after, restOfFirst, span.Second.Rewrites), idle);
        int passed = span.First.Rewrites ? Real() : _diagram.Except(reach, Joined(span.First).Decides);
        int toSecond = _diagram.And(passed, Joined(span.Second).Matches);
        Visit(span.Second, toSecond, span.Second.Rewrites ? rest : _algebra.When(toSecond, rest), idle);
    }

    private IdleKind? Why(RuleSpan rule, int reach, int rest)
    {
        if (_parts[rule.From].Matches == Diagram.False || reach == Diagram.False)
        {
            return reach == Diagram.False && _parts[rule.From].Matches != Diagram.False ? IdleKind.Shadowed : IdleKind.Dead;
        }

        // A plain verdict is redundant if handing its packets on gives the same fate by a later rule. A final drop before
        // a drop policy is good practice and no finding.
        bool candidate = rest != _algebra.Table.Continue && _parts[rule.From].Decides != Diagram.False
            && _chain.Rules[rule.From].Statements is [.., Statement.Verdict { Kind: VerdictKind.Accept or VerdictKind.Drop }];
        return candidate && _algebra.When(reach, _algebra.Then(rule.Function, rest)) == _algebra.When(reach, rest) ? IdleKind.Redundant : null;
    }

    private int Real() => _chain.Family switch
    {
        "ip" => _diagram.FieldIs(PacketField.Family, PacketValues.Ipv4),
        "ip6" => _diagram.FieldIs(PacketField.Family, PacketValues.Ipv6),
        _ => _diagram.FieldIn(PacketField.Family, IntervalSet.From([(PacketValues.Ipv4, PacketValues.Ipv4), (PacketValues.Ipv6, PacketValues.Ipv6)])),
    };

    // A rule decides where its function does more than hand the packet on; it shadows by what it decides for certain.
    private Part Measure(FirewallModel model, FirewallRule rule)
    {
        Match match = model.Chains.Rules.Matches(rule, _chain);
        if (RuleCompiler.IsPlain(rule))
        {
            return new Part(match.May, match.Must, match.May != Diagram.False);
        }

        OutcomeTable table = _algebra.Table;
        int function = model.Chains.Rules.Compile(rule, _chain);
        int decides = _diagram.Where(function, terminal => Array.TrueForAll(table.Outcomes(terminal), outcome => outcome.Kind != OutcomeKind.Continue));
        return new Part(match.May, decides, match.May != Diagram.False);
    }

    private Part Joined(RuleSpan span)
    {
        if (span.First is null || span.Second is null)
        {
            return _parts[span.From];
        }

        if (!_joined.TryGetValue(span, out Part joined))
        {
            (Part first, Part second) = (Joined(span.First), Joined(span.Second));
            int decides = _diagram.Or(first.Decides, second.Decides);
            bool same = first.Matches == first.Decides && second.Matches == second.Decides;
            bool apart = first.IsApart && second.IsApart && !span.First.Rewrites && !_diagram.Overlap(first.Matches, second.Matches);
            joined = new Part(same ? decides : _diagram.Or(first.Matches, second.Matches), decides, apart);
            _joined.Add(span, joined);
        }

        return joined;
    }

    private List<FirewallRule> Reasons(int index, IdleKind kind)
    {
        List<FirewallRule> reasons = [];
        if (kind == IdleKind.Shadowed)
        {
            Gather(_span, 0, index, _parts[index].Matches, shrinks: true, reasons);
        }
        else if (kind == IdleKind.Redundant)
        {
            Gather(_span, index + 1, _parts.Length, _parts[index].Matches, shrinks: false, reasons);
        }

        return reasons;
    }

    // The rules from one place to another that decide about packets of a space; halves that do not are passed over at once.
    private int Gather(RuleSpan span, int from, int to, int space, bool shrinks, List<FirewallRule> found)
    {
        int decides = Joined(span).Decides;
        if (span.To <= from || span.From >= to || found.Count == MaxReasons || !_diagram.Overlap(space, decides))
        {
            return space;
        }

        if (span.First is null || span.Second is null)
        {
            found.Add(_chain.Rules[span.From]);
            return shrinks ? _diagram.Except(space, decides) : space;
        }

        return Gather(span.Second, from, to, Gather(span.First, from, to, space, shrinks, found), shrinks, found);
    }

    // Apart: no packet meets two of the rules.
    private readonly record struct Part(int Matches, int Decides, bool IsApart);
}
