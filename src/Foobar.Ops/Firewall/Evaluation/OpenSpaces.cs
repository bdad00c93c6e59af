using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Says of a space that should be closed which rules open it, one verdict a rule, each with a packet that shows it.</summary>
internal static class OpenSpaces
{
    private const int MaxVerdicts = 25;

    /// <summary>The verdicts on what passes of a space.</summary>
    /// <param name="analysis">The server.</param>
    /// <param name="space">What should be closed.</param>
    /// <param name="function">What becomes of packets in a model: <see cref="FirewallModel.Delivered"/> or the like.</param>
    /// <param name="expected">What was wanted.</param>
    /// <param name="hooks">The hooks on the way, for the explanation.</param>
    public static IEnumerable<Verdict> Judge(
        FirewallAnalysis analysis, int space, Func<FirewallModel, int> function, string expected, params string[] hooks)
    {
        Diagram diagram = analysis.Diagram;
        Match passing = analysis.Model.Passing(function(analysis.Model));
        int open = diagram.And(space, passing.Must);
        int unsure = diagram.Except(diagram.And(space, passing.May), passing.Must);
        return Parts(analysis, open, function, sure: true, hooks, (part, decider) => Open(analysis, part, expected, decider, hooks))
            .Concat(Parts(analysis, unsure, function, sure: false, hooks, (part, decider) => Unsure(analysis, part, decider, hooks)));
    }

    // A packet of the space is followed to the rule that decides about it; what that rule matches is its part, and the
    // search goes on with the rest. A packet that was rewritten before it came to its rule is no longer what the rule
    // matches: then the model tells which packets the rule decides about.
    private static List<Verdict> Parts(
        FirewallAnalysis analysis,
        int space,
        Func<FirewallModel, int> function,
        bool sure,
        string[] hooks,
        Func<int, TraceStep?, Verdict> describe)
    {
        List<Verdict> verdicts = [];
        while (analysis.Diagram.And(space, analysis.Real()) is var real && real != Diagram.False && verdicts.Count < MaxVerdicts)
        {
            Packet witness = analysis.AnyPacket(real);
            TraceStep? decider = analysis.Decider(witness, sure, hooks);
            int part = analysis.Diagram.And(space, Reach(analysis, decider));
            if (decider is not null && !analysis.Diagram.Contains(part, witness))
            {
                part = analysis.Diagram.And(space, analysis.DecidedBy(decider, function));
            }

            part = analysis.Diagram.Contains(part, witness) ? part : space;
            verdicts.Add(describe(part, decider));
            space = analysis.Diagram.Except(space, part);
        }

        return !analysis.Diagram.Overlap(space, analysis.Real())
            ? verdicts
            : [
                .. verdicts,
                Verdict.Fail(
                    "further rules", "closed, and decided", $"more than {MaxVerdicts} rules; the rest: {analysis.Text.Text(space, 1)}") with
                {
                    Extent = SpaceDigest.Of(analysis.Diagram, space),
                },
            ];
    }

    private static int Reach(FirewallAnalysis analysis, TraceStep? decider) =>
        decider?.Rule is { } rule ? analysis.Model.Chains.Rules.Matches(rule, decider.Chain).May : Diagram.True;

    private static Verdict Open(FirewallAnalysis analysis, int open, string expected, TraceStep? decider, string[] hooks)
    {
        Packet witness = analysis.Witness(open);
        string source = decider?.Rule is { Source.Length: > 0 } rule ? $" [{Excerpt(rule.Source)}]" : string.Empty;
        return Verdict.Fail(
            Target(decider), expected, $"open: {analysis.Describe(open)}",
            $"{analysis.Text.Text(witness)} passes: {analysis.Explain(witness, hooks)}{source}") with
        {
            Extent = SpaceDigest.Of(analysis.Diagram, open),
        };
    }

    private static Verdict Unsure(FirewallAnalysis analysis, int unsure, TraceStep? decider, string[] hooks)
    {
        Packet witness = analysis.Witness(unsure);
        string why = analysis.Explain(witness, hooks);
        return Verdict.Unknown(
            Target(decider), $"Whether it is open can't be decided: {why}.",
            $"{analysis.Text.Text(witness)}: {analysis.Describe(unsure)}") with
        {
            Extent = SpaceDigest.Of(analysis.Diagram, unsure),
        };
    }

    private static string Target(TraceStep? decider) =>
        decider is null ? "no chain" : decider.Rule?.Words() ?? $"policy {decider.Chain.Policy} of {decider.Chain}";

    private static string Excerpt(string text) => text.Length <= 200 ? text : text[..200] + "...";
}
