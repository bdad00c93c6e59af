using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Says of a space that should be closed which rules open it, one verdict a rule, each with a packet that shows it.</summary>
internal static class OpenSpaces
{
    private const int MaxVerdicts = 50;

    /// <summary>The verdicts on what passes of a space.</summary>
    /// <param name="analysis">The server.</param>
    /// <param name="space">What should be closed.</param>
    /// <param name="function">What becomes of packets.</param>
    /// <param name="expected">What was wanted.</param>
    /// <param name="hooks">The hooks on the way, for the explanation.</param>
    public static IEnumerable<Verdict> Judge(FirewallAnalysis analysis, int space, int function, string expected, params string[] hooks)
    {
        OutcomeTable table = analysis.Model.Workspace.Algebra.Table;
        int within = analysis.Model.Workspace.Algebra.Restrict(space, function);
        List<Verdict> verdicts = [];
        foreach (IGrouping<int, int> group in analysis.Diagram.Terminals(within)
            .SelectMany(terminal => table.Outcomes(terminal).Where(FirewallModel.Passes).Select(outcome => (outcome.Decider, terminal)))
            .GroupBy(pair => pair.Decider, pair => pair.terminal))
        {
            HashSet<int> terminals = [.. group];
            int open = analysis.Diagram.Where(within, terminal => terminals.Contains(terminal) && Array.TrueForAll(table.Outcomes(terminal), FirewallModel.Passes));
            int unsure = analysis.Diagram.Where(within, terminal => terminals.Contains(terminal) && !Array.TrueForAll(table.Outcomes(terminal), FirewallModel.Passes));
            string target = table.Decider(group.Key)?.ToString() ?? "no chain";
            verdicts.AddRange(open == Diagram.False ? [] : [Open(analysis, open, target, expected, table.Decider(group.Key), hooks)]);
            verdicts.AddRange(unsure == Diagram.False ? [] : [Unsure(analysis, unsure, target, hooks)]);
        }

        return verdicts.Count <= MaxVerdicts ? verdicts : verdicts.Take(MaxVerdicts).Append(Verdict.Fail("further rules", expected, $"{verdicts.Count - MaxVerdicts} more rules open undeclared flows"));
    }

    private static Verdict Open(FirewallAnalysis analysis, int open, string target, string expected, object? decider, string[] hooks)
    {
        Packet witness = analysis.Witness(open);
        string source = decider is FirewallRule { Source.Length: > 0 } rule ? $" [{Excerpt(rule.Source)}]" : string.Empty;
        return Verdict.Fail(target, expected, $"open: {analysis.Text.Text(open)}", $"{analysis.Text.Text(witness)} passes: {analysis.Explain(witness, hooks)}{source}");
    }

    private static Verdict Unsure(FirewallAnalysis analysis, int unsure, string target, string[] hooks)
    {
        Packet witness = analysis.Witness(unsure);
        string why = analysis.Explain(witness, hooks);
        return Verdict.Unknown(target, $"Whether it is open can't be decided: {why}.", $"{analysis.Text.Text(witness)}: {analysis.Text.Text(unsure)}");
    }

    private static string Excerpt(string text) => text.Length <= 200 ? text : text[..200] + "...";
}
