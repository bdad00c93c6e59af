using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>A rule that changes nothing, and why.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Kind">Why it changes nothing.</param>
/// <param name="Reasons">Looks for the rules that leave nothing for it, or that do the same after it.</param>
/// <param name="Because">Why nothing leads to it, where that is known.</param>
internal sealed record IdleRule(FirewallRule Rule, IdleKind Kind, Func<IReadOnlyList<FirewallRule>> Reasons, string? Because = null);

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
    /// <summary>The idle rules of all chains, each looked for when it is asked for.</summary>
    public static IEnumerable<IdleRule> Idle(FirewallModel model) => Of(model, static reach => reach.Idle());

    /// <summary>The idle rules that match nothing or that nothing leads to; much cheaper than all.</summary>
    public static IEnumerable<IdleRule> Dead(FirewallModel model) => Of(model, static reach => reach.Dead());

    private static IEnumerable<IdleRule> Of(FirewallModel model, Func<ChainReach, IEnumerable<IdleRule>> select)
    {
        HashSet<FirewallChain> reached = Reached(model.Ruleset);
        return model.Ruleset.Chains
            .Where(chain => chain.Family is "ip" or "ip6" or "inet" or "netdev" && chain.Undecided is null)
            .SelectMany(chain => reached.Contains(chain) ? select(new ChainReach(model, chain)) : Unreached(chain));
    }

    private static IEnumerable<IdleRule> Unreached(FirewallChain chain)
    {
        string? because = chain.IsDormant ? $"table {chain.Family} {chain.Table} is dormant: the kernel enters none of its chains" : null;
        return chain.Rules.Select(rule => new IdleRule(rule, IdleKind.Dead, static () => [], because));
    }

    /// <summary>
    /// Tells whether a rule looks something up in a set that packets or programs fill, so that it may later match what it does
    /// not match now.
    /// </summary>
    public static bool Waits(FirewallModel model, FirewallRule rule, FirewallChain chain) =>
        rule.Statements.OfType<Statement.Test>().Any(test => IsOfChangingSet(model, test.Condition, chain));

    /// <summary>Tells whether a condition looks something up in a set that packets or programs fill.</summary>
    public static bool IsOfChangingSet(FirewallModel model, Condition condition, FirewallChain chain) =>
        condition is Condition.In { Set: { } name } && model.Ruleset.FindSet(chain, name) is { } set && model.Conditions.IsChanging(set);

    /// <summary>The chains that the kernel enters, and those that their rules lead to.</summary>
    public static HashSet<FirewallChain> Reached(Ruleset ruleset)
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
        Statement.Lookup lookup => (lookup.Elements ?? ruleset.FindSet(chain, lookup.Map!)?.Elements ?? [])
            .Select(element => element.Result)
            .OfType<Statement.Verdict>()
            .Select(verdict => verdict.Chain)
            .OfType<string>(),
        _ => [],
    };
}
