using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Faults;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>Whether an audit saw each fault that is in force, by its control, and nothing else.</summary>
internal static class FaultVerdict
{
    /// <summary>What is amiss with the findings; <see langword="null"/> if nothing is.</summary>
    /// <param name="faults">The faults in force.</param>
    /// <param name="trouble">The findings that fail or could not be decided.</param>
    public static string? Of(IReadOnlyList<Fault> faults, IReadOnlyList<Finding> trouble)
    {
        string? missed = faults.Select(fault => Missed(fault, trouble)).FirstOrDefault(verdict => verdict is not null);
        Finding[] others = [.. trouble.Where(finding => !faults.SelectMany(Seers).Contains(finding.ControlId))];
        return missed
            ?? (others.Length == 0
                ? null
                : $"{(faults.Count == 0 ? "no fault is in force, and there are" : $"others see {string.Join(", ", faults.Select(fault => fault.Name))} too:")}\n{Lines(others)}");
    }

    private static string? Missed(Fault fault, IReadOnlyList<Finding> trouble)
    {
        Finding[] own = [.. trouble.Where(finding => finding.ControlId == fault.Control)];
        if (!own.Any(finding => finding.Status == FindingStatus.Fail))
        {
            return $"{fault.Name}: {fault.Control} does not fail; these do:\n{Lines(trouble)}";
        }

        // A finding that fails for another reason is no proof that the fault was seen.
        if (fault.Witness?.Split('|') is { } parts
            && !own.Any(finding => parts.All(part => Shown(finding).Contains(part, StringComparison.Ordinal))))
        {
            string evidence = string.Join('\n', own.Select(finding => $"{LabAudit.Text(finding)} | {finding.Evidence}"));
            return $"{fault.Name}: no finding of {fault.Control} shows '{fault.Witness}':\n{evidence}";
        }

        return null;
    }

    /// <summary>The controls that may see a fault.</summary>
    public static IEnumerable<string> Seers(Fault fault) => fault.AlsoSeenBy.Prepend(fault.Control);

    private static string Shown(Finding finding) => $"{finding.Target} {finding.Actual} {finding.Evidence}";

    private static string Lines(IEnumerable<Finding> findings) => string.Join('\n', findings.Select(LabAudit.Text));
}
