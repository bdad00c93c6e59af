using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Failover;

/// <summary>What became of a switchover that was killed.</summary>
/// <param name="Step">The step after which it was.</param>
/// <param name="Left">Who took writes until the resume.</param>
/// <param name="Outcome">What the resume did.</param>
/// <param name="Primary">Who took writes after it.</param>
internal sealed record KillRow(string Step, string Left, PlanOutcome Outcome, string Primary);

/// <summary>The tables in docs/failover-kills.md and docs/emergency-kills.md.</summary>
internal static class KillTable
{
    /// <summary>Holds a row of the document to what was seen, or writes it.</summary>
    public static void Hold(string flavour, KillRow row, string document = "failover-kills.md")
    {
        string path = Path.Combine(Repository.Root, "docs", document);
        string[] lines = File.ReadAllLines(path);
        string line = $"| {flavour} | {row.Step} | {row.Left} | {row.Outcome} | {row.Primary} |";
        int at = Array.FindIndex(lines, one => one.StartsWith($"| {flavour} | {row.Step} |", StringComparison.Ordinal));
        Assert.True(at >= 0, $"docs/{document} has no line for {flavour}, {row.Step}.");
        if (Environment.GetEnvironmentVariable("FOOBAR_UPDATE_DOCS") == "1")
        {
            lines[at] = line;
            File.WriteAllLines(path, lines);
        }

        Assert.Equal(lines[at], line);
    }
}
