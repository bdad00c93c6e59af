using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Which findings fail a pipeline: those with one of the statuses and at least the severity. By default every Fail and
/// every Unknown does, since what could not be decided is no pass.
/// </summary>
public sealed record AuditGate
{
    /// <summary>The gate that is used where nothing else is said.</summary>
    public static AuditGate Default { get; } = new();

    /// <summary>The statuses that fail; none lets everything through.</summary>
    public IReadOnlyList<FindingStatus> Statuses { get; init; } = [FindingStatus.Fail, FindingStatus.Unknown];

    /// <summary>Findings of a lower severity are let through, whatever their status.</summary>
    public Severity MinimumSeverity { get; init; } = Severity.Info;

    /// <summary>Tells whether a finding fails; one that the inventory accepts does not.</summary>
    public bool Stops(Finding finding) =>
        finding.Suppressed is null && Statuses.Contains(finding.Status) && finding.Severity >= MinimumSeverity;

    /// <summary>What the findings of an audit mean for a pipeline.</summary>
    /// <param name="findings">The findings.</param>
    /// <param name="missing">Servers that were meant and that the inventory does not hold.</param>
    public AuditVerdict Judge(IReadOnlyList<Finding> findings, IReadOnlyList<string>? missing = null) => new()
    {
        Findings = findings,
        Stopping = [.. findings.Where(Stops)],
        Missing = missing ?? [],
    };
}
