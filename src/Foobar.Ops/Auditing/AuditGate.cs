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

    /// <summary>Tells whether a finding fails.</summary>
    public bool Stops(Finding finding) => Statuses.Contains(finding.Status) && finding.Severity >= MinimumSeverity;

    /// <summary>
    /// The exit code for a pipeline: 0 if nothing fails; 1 if something that was decided does; 2 if only what could not be
    /// decided does.
    /// </summary>
    public int ExitCode(IEnumerable<Finding> findings)
    {
        Finding[] stopping = [.. findings.Where(Stops)];
        return stopping.Length == 0 ? 0 : stopping.All(finding => finding.Status == FindingStatus.Unknown) ? 2 : 1;
    }
}
