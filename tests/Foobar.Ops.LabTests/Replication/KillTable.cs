using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>What became of a switchover that was killed.</summary>
/// <param name="Step">The step after which it was.</param>
/// <param name="Left">Who took writes until the resume.</param>
/// <param name="Outcome">What the resume did.</param>
/// <param name="Primary">Who took writes after it.</param>
internal sealed record KillRow(string Step, string Left, PlanOutcome Outcome, string Primary);

/// <summary>The tables in docs/failover-kills.md, docs/emergency-kills.md and docs/failover-two-operators.md.</summary>
internal static class KillTable
{
    /// <summary>Holds a row of the document to what was seen, or writes it.</summary>
    public static void Hold(string flavour, KillRow row, string document = "failover-kills.md") =>
        Hold($"| {flavour} | {row.Step} | {row.Left} | {row.Outcome} | {row.Primary} |", $"| {flavour} | {row.Step} |", document);

    /// <summary>The same for any row.</summary>
    /// <param name="line">The row.</param>
    /// <param name="key">How it begins.</param>
    /// <param name="document">The document's file name.</param>
    public static void Hold(string line, string key, string document)
    {
        string path = Path.Combine(Repository.Root, "docs", document);
        string[] lines = File.ReadAllLines(path);
        int at = Array.FindIndex(lines, one => one.StartsWith(key, StringComparison.Ordinal));
        Assert.True(at >= 0, $"docs/{document} has no line for {key}");
        if (Environment.GetEnvironmentVariable("FOOBAR_UPDATE_DOCS") == "1")
        {
            lines[at] = line;
            File.WriteAllLines(path, lines);
        }

        Assert.Equal(lines[at], line);
    }
}
