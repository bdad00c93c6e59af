using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>A rule that changes nothing, and why.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Kind">Why it changes nothing.</param>
/// <param name="Because">The rules that leave nothing for it, or that do the same after it.</param>
internal sealed record IdleRule(FirewallRule Rule, IdleKind Kind, IReadOnlyList<FirewallRule> Because);

/// <summary>Why a rule changes nothing.</summary>
internal enum IdleKind
{
    /// <summary>Rules before it in its chain decide about all packets it names.</summary>
    Shadowed,

    /// <summary>Without it the same packets would meet the same fate further on in its chain.</summary>
    Redundant,

    /// <summary>Its matches exclude each other, its set is empty, or nothing leads to its chain.</summary>
    Dead,
}

/// <summary>Finds the rules of chains that change nothing.</summary>
internal static class RuleReach
{
    private const int MaxReasons = 5;

    /// <summary>The idle rules of all chains.</summary>
    public static IEnumerable<IdleRule> Idle(FirewallModel model)
    {
        HashSet<FirewallChain> reached = Reached(model.Ruleset);
        return model.Ruleset.Chains.Where(chain => chain.Family is "ip" or "ip6" or "inet").SelectMany(chain => reached.Contains(chain)
            ? Idle(model, chain)
            : chain.Rules.Select(rule => new IdleRule(rule, IdleKind.Dead, [])));
    }

    // A rule decides where its function does more than hand the packet on; it shadows by what it decides for certain.
    private static IEnumerable<IdleRule> Idle(FirewallModel model, FirewallChain chain)
    {
        Diagram diagram = model.Workspace.Diagram;
        List<Part> parts = [.. chain.Rules.Select(rule => Measure(model, chain, rule))];
        bool[] redundant = Redundant(model, parts);
        int left = diagram.True(chain);
        for (int index = 0; index < parts.Count; index++)
        {
            Part part = parts[index];
            if (part.Matches == Diagram.False)
            {
                yield return new IdleRule(part.Rule, IdleKind.Dead, []);
            }
            else if (!diagram.Overlap(part.Matches, left))
            {
                yield return new IdleRule(part.Rule, IdleKind.Shadowed, Shadows(diagram, parts, index));
            }
            else if (redundant[index])
            {
                yield return new IdleRule(part.Rule, IdleKind.Redundant, [.. parts.Skip(index + 1).Where(later => diagram.Overlap(later.Decides, part.Matches)).Take(MaxReasons).Select(later => later.Rule)]);
            }

            left = diagram.Except(left, part.Decides);
        }
    }

    private static int True(this Diagram diagram, FirewallChain chain) => chain.Family switch
    {
        "ip" => diagram.FieldIs(PacketField.Family, PacketValues.Ipv4),
        "ip6" => diagram.FieldIs(PacketField.Family, PacketValues.Ipv6),
        _ => diagram.FieldIn(PacketField.Family, IntervalSet.From([(4, 4), (6, 6)])),
    };

    private static Part Measure(FirewallModel model, FirewallChain chain, FirewallRule rule)
    {
        OutcomeTable table = model.Workspace.Algebra.Table;
        int function = model.Chains.Rules.Compile(rule, chain);
        Match match = model.Chains.Rules.Matches(rule, chain);

        // A rule of tests and one verdict decides all that it matches for certain; only others need to be asked packet by packet.
        bool plain = rule.Statements is [.., Statement.Verdict { Kind: not (VerdictKind.Jump or VerdictKind.Goto or VerdictKind.Continue) }]
            && rule.Statements.SkipLast(1).All(step => step is Statement.Test or Statement.NoEffect);
        int decides = plain ? match.Must : model.Workspace.Diagram.Where(function, terminal => Array.TrueForAll(table.Outcomes(terminal), outcome => outcome.Kind != OutcomeKind.Continue));
        return new Part(rule, function, match.May, decides);
    }

    // A plain verdict is redundant if handing its packets on gives the same fate by a later rule. A final drop before a
    // drop policy is good practice and no finding.
    private static bool[] Redundant(FirewallModel model, List<Part> parts)
    {
        OutcomeAlgebra algebra = model.Workspace.Algebra;
        bool[] result = new bool[parts.Count];
        int rest = algebra.Table.Continue;
        int before = Diagram.True;
        int[] reached = new int[parts.Count];
        for (int index = 0; index < parts.Count; index++)
        {
            reached[index] = algebra.Diagram.And(before, parts[index].Matches);
            before = algebra.Diagram.Except(before, parts[index].Decides);
        }

        for (int index = parts.Count - 1; index >= 0; index--)
        {
            int with = algebra.Then(parts[index].Function, rest);
            bool candidate = parts[index].Decides != Diagram.False && parts[index].Rule.Statements is [.., Statement.Verdict { Kind: VerdictKind.Accept or VerdictKind.Drop }];
            result[index] = candidate && reached[index] != Diagram.False && (with == rest
                || algebra.Restrict(reached[index], with) == algebra.Restrict(reached[index], rest));
            rest = with;
        }

        return result;
    }

    private static List<FirewallRule> Shadows(Diagram diagram, List<Part> parts, int index)
    {
        List<FirewallRule> shadows = [];
        int left = parts[index].Matches;
        for (int earlier = 0; earlier < index && left != Diagram.False && shadows.Count < MaxReasons; earlier++)
        {
            if (diagram.Overlap(left, parts[earlier].Decides))
            {
                shadows.Add(parts[earlier].Rule);
                left = diagram.Except(left, parts[earlier].Decides);
            }
        }

        return shadows;
    }

    private static HashSet<FirewallChain> Reached(Ruleset ruleset)
    {
        HashSet<FirewallChain> reached = new(ReferenceEqualityComparer.Instance);
        Stack<FirewallChain> pending = new(ruleset.Chains.Where(chain => chain.IsBase));
        while (pending.TryPop(out FirewallChain? chain))
        {
            if (reached.Add(chain))
            {
                foreach (string target in chain.Rules.SelectMany(rule => rule.Statements).SelectMany(step => Targets(step, ruleset, chain)))
                {
                    if (ruleset.FindChain(chain, target) is { } next)
                    {
                        pending.Push(next);
                    }
                }
            }
        }

        return reached;
    }

    private static IEnumerable<string> Targets(Statement step, Ruleset ruleset, FirewallChain chain) => step switch
    {
        Statement.Verdict { Chain: { } target } => [target],
        Statement.Lookup lookup => (lookup.Elements ?? ruleset.FindSet(chain, lookup.Map!)?.Elements ?? []).Select(element => element.Result).OfType<Statement.Verdict>().Select(verdict => verdict.Chain).OfType<string>(),
        _ => [],
    };

    private sealed record Part(FirewallRule Rule, int Function, int Matches, int Decides);
}
