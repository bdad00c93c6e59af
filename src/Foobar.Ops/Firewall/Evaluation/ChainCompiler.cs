using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Turns chains into functions: their rules one after another, and a base chain's policy at the end.</summary>
internal sealed class ChainCompiler
{
    private const int MaxDepth = 64;

    private readonly OutcomeAlgebra _algebra;
    private readonly InterfaceAtoms _atoms;
    private readonly Dictionary<FirewallChain, RuleSpan> _spans = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<FirewallChain> _open = new(ReferenceEqualityComparer.Instance);

    public ChainCompiler(
        OutcomeAlgebra algebra, InterfaceAtoms atoms, ConditionCompiler conditions, TranslationCompiler translations, Ruleset ruleset,
        bool namesRules)
    {
        _algebra = algebra;
        _atoms = atoms;
        Rules = new RuleCompiler(algebra, conditions, translations, ruleset, Called, namesRules);
    }

    /// <summary>Makes functions of single rules.</summary>
    public RuleCompiler Rules { get; }

    /// <summary>
    /// What a chain does with packets that enter it; they leave it by <see cref="OutcomeKind.Continue"/> or
    /// <see cref="OutcomeKind.Return"/>.
    /// </summary>
    public int Body(FirewallChain chain) => Span(chain).Function;

    /// <summary>The rules of a chain as one run, which holds the function of each rule and of many runs of neighbours.</summary>
    public RuleSpan Span(FirewallChain chain)
    {
        if (_spans.TryGetValue(chain, out RuleSpan? known))
        {
            return known;
        }

        _open.Add(chain);
        RuleSpan span = RuleSpan.Of(_algebra, [.. chain.Rules.Select(rule => Rules.Compile(rule, chain))]);
        _open.Remove(chain);
        _spans.Add(chain, span);
        return span;
    }

    /// <summary>What a base chain does: accepted packets go on to the next base chain.</summary>
    public int Base(FirewallChain chain)
    {
        int decider = _algebra.Table.AddDecider(new ChainPolicy(chain));
        if (chain.Undecided is not null)
        {
            return _algebra.When(Entering(chain), Anything(decider));
        }

        bool drops = chain.Policy == "drop";
        int function = _algebra.Map(Body(chain), outcome => outcome.Kind switch
        {
            OutcomeKind.Continue or OutcomeKind.Return =>
                outcome with { Kind = drops ? OutcomeKind.Drop : OutcomeKind.Continue, Decider = decider },
            OutcomeKind.Accept => outcome with { Kind = OutcomeKind.Continue },
            _ => outcome,
        });
        return _algebra.When(Entering(chain), function);
    }

    /// <summary>The packets with which the kernel enters a base chain: of its family, at its devices.</summary>
    public int Entering(FirewallChain chain) => chain.Hook switch
    {
        "ingress" => _algebra.Diagram.And(OwnFamily(chain), At(PacketField.InInterface, chain.Devices)),
        "egress" => _algebra.Diagram.And(OwnFamily(chain), At(PacketField.OutInterface, chain.Devices)),
        _ => OwnFamily(chain),
    };

    private int At(PacketField field, IReadOnlyList<string> devices) =>
        _algebra.Diagram.FieldIn(field, IntervalSet.Union(devices.Select(_atoms.Matching)));

    private int Anything(int decider) => _algebra.Table.Terminal(
    [
        new Outcome(OutcomeKind.Continue, Perhaps: true), new Outcome(OutcomeKind.Drop, decider, Perhaps: true),
    ]);

    private int OwnFamily(FirewallChain chain) => chain.Family switch
    {
        "arp" => _algebra.Diagram.FieldIs(PacketField.Family, PacketValues.Ipv4),
        "ip" => _algebra.Diagram.FieldIs(PacketField.Family, PacketValues.Ipv4),
        "ip6" => _algebra.Diagram.FieldIs(PacketField.Family, PacketValues.Ipv6),
        _ => Diagram.True,
    };

    // The kernel refuses loops; a file that holds one is judged as if anything might happen there.
    private int Called(FirewallChain chain) => _open.Contains(chain) || _open.Count > MaxDepth
        ? _algebra.Table.Terminal([
            new Outcome(OutcomeKind.Continue, Perhaps: true),
            new Outcome(OutcomeKind.Accept, Perhaps: true),
            new Outcome(OutcomeKind.Drop, Perhaps: true),
        ])
        : Body(chain);
}

/// <summary>A base chain's policy as what decided about a packet.</summary>
internal sealed record ChainPolicy(FirewallChain Chain)
{
    public override string ToString() => $"policy {Chain.Policy} of {Chain}";
}
