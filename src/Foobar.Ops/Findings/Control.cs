namespace Foobar.Ops.Findings;

/// <summary>
/// One rule: what is known of it, and a pure judge from facts to verdicts. A judge does no input or output and reads no
/// clock; a fact it needs and does not have makes a verdict <see cref="FindingStatus.Unknown"/>.
/// </summary>
/// <typeparam name="TFacts">The facts it judges, its policy among them.</typeparam>
/// <param name="Info">What is known of the control without running it.</param>
/// <param name="Judge">From facts to one verdict a target; never empty (say <see cref="Verdict.NotApplicable"/> instead).</param>
public sealed record Control<TFacts>(ControlInfo Info, Func<TFacts, IEnumerable<Verdict>> Judge)
{
    /// <summary>Judges facts and stamps the verdicts as findings.</summary>
    /// <param name="facts">The facts to judge.</param>
    /// <param name="server">The server the facts are of; <see langword="null"/> for facts of the whole site.</param>
    /// <param name="time">When the facts were read.</param>
    public IEnumerable<Finding> Apply(TFacts facts, string? server, DateTimeOffset time) =>
        Judge(facts).Select(verdict => Info.ToFinding(verdict, server, time));
}

/// <summary>Turns verdicts into findings.</summary>
public static class ControlInfoExtensions
{
    /// <summary>Stamps a verdict with what is known of its control.</summary>
    public static Finding ToFinding(this ControlInfo info, Verdict verdict, string? server, DateTimeOffset time) => new()
    {
        ControlId = info.Id,
        Title = info.Title,
        Area = info.Area,
        Severity = info.Severity,
        Status = verdict.Status,
        Server = verdict.Server ?? server,
        Target = verdict.Target,
        Extent = verdict.Extent,
        Expected = verdict.Expected,
        Actual = verdict.Actual,
        Evidence = verdict.Evidence,
        Reason = verdict.Reason,
        Remediation = verdict.Remediation ?? info.Remediation,
        Time = time,
    };
}
