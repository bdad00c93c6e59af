using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>A rule that adds to a set as packets pass.</summary>
internal sealed record SetFiller(FirewallChain Chain, FirewallRule Rule, Statement.Fill Fill);

/// <summary>Which rules of a ruleset fill which of its sets and maps.</summary>
internal sealed class SetFilling
{
    private readonly Dictionary<NamedSet, List<SetFiller>> _fillers = new(ReferenceEqualityComparer.Instance);

    public SetFilling(Ruleset ruleset)
    {
        HashSet<FirewallChain>? reached = null;
        foreach (FirewallChain chain in ruleset.Chains)
        {
            foreach (FirewallRule rule in chain.Rules)
            {
                foreach (Statement.Fill fill in rule.Statements.OfType<Statement.Fill>())
                {
                    reached ??= RuleReach.Reached(ruleset);
                    if (reached.Contains(chain) && ruleset.FindSet(chain, fill.Set) is { } set)
                    {
                        Add(set, new SetFiller(chain, rule, fill));
                    }
                }
            }
        }
    }

    /// <summary>The rules that add to a set, of chains that the kernel enters.</summary>
    public IReadOnlyList<SetFiller> Of(NamedSet set) => _fillers.TryGetValue(set, out List<SetFiller>? fillers) ? fillers : [];

    /// <summary>What may be in a set besides what is in it now, as packets with such a key.</summary>
    /// <param name="set">The set.</param>
    /// <param name="key">The fields that are looked up in it.</param>
    /// <param name="diagram">The store of spaces.</param>
    /// <param name="must">The packets that surely meet a condition of a rule in a chain.</param>
    /// <param name="may">The packets that may meet it.</param>
    public int Added(
        NamedSet set,
        IReadOnlyList<KeyPart> key,
        Diagram diagram,
        Func<Condition, FirewallChain, int> must,
        Func<Condition, FirewallChain, int> may)
    {
        int added = Diagram.False;
        foreach (SetFiller filler in Of(set))
        {
            int reach = Conjunction(filler.Rule.Statements.TakeWhile(step => step != filler.Fill), filler.Chain, diagram, may);
            foreach (FirewallRule earlier in filler.Chain.Rules.TakeWhile(rule => rule != filler.Rule).Where(RuleCompiler.IsPlain))
            {
                reach = reach == Diagram.False
                    ? reach
                    : diagram.Except(reach, Conjunction(earlier.Statements, filler.Chain, diagram, must));
            }

            added = diagram.Or(added, reach == Diagram.False ? reach : Keys(reach, filler.Fill.Key, key, diagram));
        }

        return added;
    }

    private static int Conjunction(
        IEnumerable<Statement> steps, FirewallChain chain, Diagram diagram, Func<Condition, FirewallChain, int> space) =>
        steps.OfType<Statement.Test>()
            .Where(static test => test.Condition is not Condition.Sometimes)
            .Aggregate(Diagram.True, (all, test) => diagram.And(all, space(test.Condition, chain)));

    // Of the packets that are added only the key is kept; where the key is of other fields, it may be any.
    private static int Keys(int reach, IReadOnlyList<KeyPart>? filled, IReadOnlyList<KeyPart> key, Diagram diagram) =>
        filled is null || !filled.Select(static part => part.Field).SequenceEqual(key.Select(static part => part.Field))
            || key.Any(static part => part.Original || part.Kind == ValueKind.NextHeader)
            ? Diagram.True
            : FieldLayout.Fields.Except(key.Select(static part => part.Field)).Aggregate(reach, diagram.Forget);

    private void Add(NamedSet set, SetFiller filler)
    {
        if (!_fillers.TryGetValue(set, out List<SetFiller>? fillers))
        {
            _fillers.Add(set, fillers = []);
        }

        fillers.Add(filler);
    }
}
