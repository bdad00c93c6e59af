using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>The controls over what the inventory accepts for a while. They look at the findings of all others.</summary>
internal static class SuppressionControls
{
    private static readonly ControlInfo HaveNotExpired = new(
        "INV-001",
        "No suppression of the inventory has expired",
        Area.Inventory,
        Severity.Medium,
        "A suppression is a promise to put something right by a day; once that day is over, its findings count again.",
        "Put right what it was for and take it out of the inventory, or agree on a new day and write that down: policy.suppressions.");

    private static readonly ControlInfo MatchSomething = new(
        "INV-002",
        "Each suppression of the inventory is for a finding that there is",
        Area.Inventory,
        Severity.Low,
        "A suppression that is left over, or mistyped, hides the next finding that it fits, which nobody has accepted.",
        "Take it out of the inventory, or correct its control, server or target: policy.suppressions.");

    private static readonly ControlInfo AreNarrow = new(
        "INV-004",
        "Each suppression of the inventory names what it accepts and ends within a year",
        Area.Inventory,
        Severity.Medium,
        "A suppression of everything, or without a near end, accepts what nobody has looked at: the audit then passes whatever breaks.",
        "Name the control, and the server or target, and a day within a year: policy.suppressions. To judge less of a site, use "
            + "-ExcludeControl or -Server.");

    // A leap year, so that the same day of next year is within it.
    private static readonly TimeSpan LongestTerm = TimeSpan.FromDays(366);

    /// <summary>What is known of the controls, in the order of their ids.</summary>
    public static IReadOnlyList<ControlInfo> All { get; } = [HaveNotExpired, MatchSomething, AreNarrow];

    /// <summary>Judges the suppressions of a snapshot's inventory.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="findings">The findings of all other controls in the scope.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="judged">What is known of the controls that an audit judges, in the scope or not.</param>
    public static IEnumerable<Finding> Judge(
        Snapshot snapshot, IReadOnlyList<Finding> findings, AuditScope scope, IReadOnlyList<ControlInfo> judged)
    {
        IReadOnlyList<Suppression> suppressions = snapshot.Site.Policy.Suppressions;
        return
        [
            .. Apply(HaveNotExpired, suppression => JudgeEnd(suppression, snapshot.Time)),
            .. Apply(MatchSomething, suppression => JudgeMatch(suppression, findings, scope, judged)),
            .. Apply(AreNarrow, suppression => JudgeBreadth(suppression, snapshot, judged)),
        ];

        IEnumerable<Finding> Apply(ControlInfo control, Func<Suppression, Verdict> judge) => !scope.Holds(control) ? [] : suppressions
            .Select(judge)
            .DefaultIfEmpty(Verdict.NotApplicable(actual: "The inventory suppresses nothing."))
            .Select(verdict => control.ToFinding(verdict, null, snapshot.Time));
    }

    private static Verdict JudgeEnd(Suppression suppression, DateTimeOffset time)
    {
        string end = suppression.Until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return suppression.HasExpired(time)
            ? Verdict.Fail(
                suppression.ToString(), "a last day that is not over", $"its last day was {end}",
                $"policy.suppressions: {suppression.Reason}")
            : Verdict.Pass(suppression.ToString(), $"its last day is {end}");
    }

    private static Verdict JudgeMatch(
        Suppression suppression, IReadOnlyList<Finding> findings, AuditScope scope, IReadOnlyList<ControlInfo> judged)
    {
        int count = findings.Count(suppression.Holds);
        if (count > 0)
        {
            return Verdict.Pass(suppression.ToString(), string.Create(CultureInfo.InvariantCulture, $"{count} findings"));
        }

        if (findings.Any(finding => finding.Status == FindingStatus.Unknown && suppression.Names(finding)))
        {
            return Verdict.NotApplicable(suppression.ToString(), "What it is for could not be decided, which it does not accept.");
        }

        // Other servers, other controls and those that are tried, not read, may still have findings that it is for.
        ControlInfo[] meant = [.. AuditRegistry.Tried.Concat(judged).Where(control => Wildcard.Matches(suppression.Control, control.Id))];
        return meant.Length > 0 && meant.Any(control => !judged.Contains(control) || !scope.Holds(control))
            ? Verdict.NotApplicable(suppression.ToString(), "Not all controls that it is for were judged.")
            : Verdict.Warning(
                suppression.ToString(),
                "a finding that it is for",
                meant.Length == 0 ? "no control has such an id" : "no finding",
                $"policy.suppressions: {suppression.Reason}");
    }

    private static Verdict JudgeBreadth(Suppression suppression, Snapshot snapshot, IReadOnlyList<ControlInfo> judged)
    {
        bool all = judged.All(control => Wildcard.Matches(suppression.Control, control.Id))
            && (suppression.Server is not { } server || snapshot.Site.Servers.All(one => Wildcard.Matches(server, one.Name)))
            && (suppression.Target is null || suppression.Target.All(static c => c == '*'));
        bool isLong = suppression.Until.DayNumber - DateOnly.FromDateTime(snapshot.Time.UtcDateTime).DayNumber > LongestTerm.TotalDays;
        string until = suppression.Until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return (all, isLong) switch
        {
            (false, false) => Verdict.Pass(suppression.ToString(), $"its last day is {until}"),
            (true, _) => Verdict.Warning(
                suppression.ToString(), "the control, server or target that is accepted", $"it accepts everything, until {until}",
                $"policy.suppressions: {suppression.Reason}"),
            _ => Verdict.Warning(
                suppression.ToString(), "a last day within a year", $"its last day is {until}",
                $"policy.suppressions: {suppression.Reason}"),
        };
    }
}
