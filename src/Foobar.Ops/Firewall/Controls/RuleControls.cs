using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall;

/// <summary>Controls over the rules themselves.</summary>
internal static class RuleControls
{
    private const int MaxVerdicts = 50;
    private const string Own = "Foobar.Ops";

    /// <summary>FW-006.</summary>
    public static Control<ServerCase<FirewallFacts>> NoneShadowed { get; } = new(
        FirewallControls.Info(
            "FW-006",
            Severity.Medium,
            "Each rule decides about some packet",
            "A rule that earlier rules leave nothing for does not do what its reader believes: often a drop that came too late.",
            "Move the rule before those that shadow it, or remove it."),
        server => FirewallAnalysis.JudgeRules(server, JudgeIdle));

    /// <summary>FW-007.</summary>
    public static Control<ServerCase<FirewallFacts>> NoneDead { get; } = new(
        FirewallControls.Info(
            "FW-007",
            Severity.Low,
            "Each rule can match some packet",
            "A rule whose matches exclude each other, whose set is empty or whose chain nothing leads to is a mistake or a leftover.",
            "Correct its matches, fill its set, jump to its chain, or remove it."),
        server => FirewallAnalysis.JudgeRules(server, JudgeDead));

    /// <summary>FW-013.</summary>
    public static Control<ServerCase<FirewallFacts>> OneFilter { get; } = new(
        FirewallControls.Info(
            "FW-013",
            Severity.Medium,
            "One packet filter is in charge",
            "Rules of legacy iptables run beside nftables: a packet must pass both, and whoever looks at one of them sees half of it.",
            "Move the legacy rules to nftables (iptables-legacy-save | iptables-nft-restore), flush the legacy tables and use "
                + "iptables-nft.",
            "iptables-nft(8)"),
        server => server.Facts.Ruleset.Judge(JudgeFilters));

    /// <summary>What FW-006 says of the rules.</summary>
    internal static IEnumerable<Verdict> JudgeIdle(FirewallAnalysis analysis) =>
        Judge(analysis, RuleReach.Idle(analysis.Model).Where(static idle => idle.Kind != IdleKind.Dead));

    private static IEnumerable<Verdict> JudgeDead(FirewallAnalysis analysis) => Judge(analysis, RuleReach.Dead(analysis.Model));

    private static IEnumerable<Verdict> JudgeFilters(Ruleset ruleset)
    {
        FirewallRule[] legacy = [.. ruleset.Rules.Where(rule => rule.Origin == RulesetOrigin.LegacyIptables)];
        FirewallChain[] dropping =
        [
            .. ruleset.Chains.Where(chain => chain.Origin == RulesetOrigin.LegacyIptables && chain.Policy == "drop"),
        ];
        bool native = ruleset.Rules.Any(rule => rule.Origin == RulesetOrigin.Nftables);
        string? first = legacy.Length > 0 ? $"{legacy[0]}: {legacy[0].Source}" : dropping.Length > 0 ? $"{dropping[0]}: policy drop" : null;
        return first is not null && native
            ? [Verdict.Fail("legacy iptables", "nftables alone", $"{legacy.Length} rules of legacy iptables beside nftables", first)]
            : [Verdict.Pass(actual: first is null ? "nftables alone" : "legacy iptables alone")];
    }

    // Programs that manage rules by themselves make chains ahead of need; only an operator's own rules are findings. Nor is
    // it one that declared flows overlap, each of which has its rule in a ruleset made from the policy.
    private static IEnumerable<Verdict> Judge(FirewallAnalysis analysis, IEnumerable<IdleRule> rules)
    {
        IdleRule[] idle = [.. rules.Where(idle => idle.Rule.ManagedBy is null or Own
            && !RuntimeRules.IsOfDocker(idle.Rule, analysis.Model.Ruleset)
            && !(idle.Kind != IdleKind.Dead && IsOwn(idle.Rule) && idle.Reasons().All(IsOwn)))];
        return idle.Take(MaxVerdicts).Select(Describe).Concat(Rest(idle[Math.Min(idle.Length, MaxVerdicts)..])).OrPass("no such rule");
    }

    // By the chain, with their places: whoever mends the first ones sees how many are left, and where.
    private static IEnumerable<Verdict> Rest(IdleRule[] rules) => rules
        .GroupBy(static idle => (idle.Kind, Chain: $"{idle.Rule.Family} {idle.Rule.Table} {idle.Rule.Chain}"))
        .Select(static group => group.Key.Kind switch
        {
            IdleKind.Redundant => Verdict.Warning(group.Key.Chain, "changes something", More(group, "redundant")),
            IdleKind.Shadowed => Verdict.Fail(group.Key.Chain, "decides about some packet", More(group, "shadowed")),
            _ => Verdict.Fail(group.Key.Chain, "can match some packet", More(group, "dead")),
        });

    private static string More(IEnumerable<IdleRule> rules, string what)
    {
        int[] places = [.. rules.Select(static idle => idle.Rule.Position)];
        IEnumerable<string> runs = IntervalSet.From(places.Select(static place => ((UInt128)place, (UInt128)place))).Ranges
            .Select(static run => run.Low == run.High ? $"{run.Low}" : $"{run.Low}-{run.High}");
        return string.Create(CultureInfo.InvariantCulture, $"{places.Length} more {what}: rule {string.Join(", ", runs)}");
    }

    private static bool IsOwn(FirewallRule rule) => rule.ManagedBy == Own;

    private static Verdict Describe(IdleRule idle)
    {
        IReadOnlyList<FirewallRule> because = idle.Reasons();
        string others = idle.Because ?? (because.Count == 0 ? "nothing leads here, or nothing can match" : string.Join(", ", because));
        string evidence = string.Join("; ", because.Prepend(idle.Rule).Select(rule => $"{rule}: {rule.Source}"));
        return idle.Kind switch
        {
            IdleKind.Shadowed => Verdict.Fail(idle.Rule.Words(), "decides about some packet", $"shadowed by {others}", evidence),
            IdleKind.Redundant =>
                Verdict.Warning(idle.Rule.Words(), "changes something", $"redundant: {others} would do the same", evidence),
            _ => Verdict.Fail(idle.Rule.Words(), "can match some packet", others, evidence),
        };
    }
}
