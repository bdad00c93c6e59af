using System.Text.Json;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares the firewall facts of two snapshots: rulesets by the packets they let pass, so that reordered or rewritten
/// rules with the same effect are no difference; the rest by structure.
/// </summary>
internal static class FirewallComparison
{
    private static readonly Reading<RulesetText> Left = Reading.Unreadable<RulesetText>("compared by meaning");

    /// <summary>
    /// What differs: <c>running.input.opened</c>, <c>running.forward.closed</c>, <c>persisted.input.opened</c> ..., and facts besides the
    /// rules.
    /// </summary>
    public static IEnumerable<FactDifference> Compare(FirewallFacts before, FirewallFacts after) =>
    [
        .. Rulesets("running", before.Ruleset, after.Ruleset, before, after),
        .. Rulesets("persisted", Persisted(before), Persisted(after), before, after),
        .. StructureComparison.Compare(Rest(before), Rest(after)),
    ];

    private static IEnumerable<FactDifference> Rulesets(
        string which, Reading<Ruleset> before, Reading<Ruleset> after, FirewallFacts factsBefore, FirewallFacts factsAfter)
    {
        if (!before.TryGet(out Ruleset? old) || !after.TryGet(out Ruleset? now))
        {
            return State(before) == State(after) ? [] : [new FactDifference(which, State(before), State(after))];
        }

        try
        {
            return
            [
                .. RulesetComparison.Compare(old, now, factsBefore.Network.Value, factsAfter.Network.Value)
                    .SelectMany(difference => Shown(which, difference)),
            ];
        }
        catch (FoobarException error)
        {
            return [new FactDifference(which, null, $"could not be compared: {error.Message}")];
        }
    }

    private static IEnumerable<FactDifference> Shown(string which, HookDifference difference) =>
    [
        .. difference.Opened.Select(space => new FactDifference($"{which}.{difference.Hook}.opened", null, space)),
        .. difference.Closed.Select(space => new FactDifference($"{which}.{difference.Hook}.closed", space, null)),
        .. difference.Limited.Select(space => new FactDifference($"{which}.{difference.Hook}.limited", null, space)),
        .. difference.Uncertain.Select(space => new FactDifference($"{which}.{difference.Hook}.undecided", null, space)),
    ];

    private static Reading<Ruleset> Persisted(FirewallFacts facts) =>
        FirewallFacts.Parsed(facts.Persisted, persisted => persisted.Ruleset.Parse());

    private static string State<T>(Reading<T> reading) => reading.Failure is { } failure ? $"not read: {failure}" : "read";

    private static System.Text.Json.Nodes.JsonNode? Rest(FirewallFacts facts) => JsonSerializer.SerializeToNode(
        facts with
        {
            Running = Left,
            Persisted = facts.Persisted.Value is { } persisted
                ? facts.Persisted with { Value = persisted with { Ruleset = new() } }
                : facts.Persisted,
        },
        SnapshotJson.Lasting);
}
