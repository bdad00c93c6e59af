namespace Foobar.Ops.Findings;

/// <summary>
/// What a control's judgement says of one target, before it is stamped with the control's id, title, severity and time.
/// </summary>
public sealed record Verdict
{
    private Verdict(FindingStatus status) => Status = status;

    /// <summary>What the judgement is.</summary>
    public FindingStatus Status { get; }

    /// <summary>The server, where the judge names one itself (judgements over the whole site); else that of the facts is used.</summary>
    public string? Server { get; init; }

    /// <summary>What on the server is meant.</summary>
    public string? Target { get; init; }

    /// <summary>A digest of all that it is about, where its target alone does not tell (<see cref="Finding.Extent"/>).</summary>
    public string? Extent { get; init; }

    /// <summary>What was wanted.</summary>
    public string? Expected { get; init; }

    /// <summary>What was found.</summary>
    public string? Actual { get; init; }

    /// <summary>The command or packet and the excerpt that show it.</summary>
    public string? Evidence { get; init; }

    /// <summary>Why it could not be decided.</summary>
    public string? Reason { get; private init; }

    /// <summary>A remediation for this very target, where it says more than the control's own.</summary>
    public string? Remediation { get; init; }

    /// <summary>The target is as wanted.</summary>
    public static Verdict Pass(string? target = null, string? actual = null) =>
        new(FindingStatus.Pass) { Target = target, Actual = actual };

    /// <summary>The target is not as wanted.</summary>
    public static Verdict Fail(string? target, string expected, string actual, string? evidence = null) =>
        new(FindingStatus.Fail) { Target = target, Expected = expected, Actual = actual, Evidence = evidence };

    /// <summary>The target is acceptable now and will not stay so, or is weaker than it could be.</summary>
    public static Verdict Warning(string? target, string expected, string actual, string? evidence = null) =>
        new(FindingStatus.Warning) { Target = target, Expected = expected, Actual = actual, Evidence = evidence };

    /// <summary>It could not be decided.</summary>
    /// <param name="target">What on the server is meant.</param>
    /// <param name="reason">Why: no privilege, missing tool, unsupported syntax, a time limit.</param>
    /// <param name="evidence">The command and the excerpt that show it.</param>
    public static Verdict Unknown(string? target, string reason, string? evidence = null) =>
        new(FindingStatus.Unknown) { Target = target, Reason = reason, Evidence = evidence };

    /// <summary>The control does not concern the target.</summary>
    public static Verdict NotApplicable(string? target = null, string? actual = null) =>
        new(FindingStatus.NotApplicable) { Target = target, Actual = actual };
}
