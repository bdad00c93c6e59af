using Foobar.Ops.Inventory;

namespace Foobar.Ops.Findings;

/// <summary>Makes findings those of a site: its name, and what its inventory accepts for a while.</summary>
public static class FindingSite
{
    /// <summary>The findings with the site's name, those that a suppression which has not expired holds marked with it.</summary>
    public static IEnumerable<Finding> Of(this IEnumerable<Finding> findings, Site site) => findings.Select(finding => finding with
    {
        Site = site.Name,
        Suppressed = site.Policy.Suppressions.Where(suppression => suppression.Holds(finding) && !suppression.HasExpired(finding.Time))
            .MaxBy(suppression => suppression.Until) is { } accepted
            ? new Acceptance { Reason = accepted.Reason, Until = new DateTimeOffset(accepted.Until, TimeOnly.MinValue, TimeSpan.Zero) }
            : null,
    });

    /// <summary>
    /// Tells whether a suppression is for a finding, expired or not; what passes needs none, and what could not be decided is accepted only
    /// by one that says so.
    /// </summary>
    internal static bool Holds(this Suppression suppression, Finding finding) =>
        (finding.Status is FindingStatus.Fail or FindingStatus.Warning
            || (finding.Status == FindingStatus.Unknown && suppression.AcceptsUnknown))
        && suppression.Names(finding);

    /// <summary>Tells whether a suppression names the control, server and target of a finding, whatever its status is.</summary>
    internal static bool Names(this Suppression suppression, Finding finding) =>
        finding.Area != Area.Inventory
        && Wildcard.Matches(suppression.Control, finding.ControlId)
        && (suppression.Server is null || (finding.Server is { } server && Wildcard.Matches(suppression.Server, server)))
        && (suppression.Target is null || (finding.Target is { } target && Wildcard.Matches(suppression.Target, target)));

    /// <summary>Tells whether a suppression's last day is over.</summary>
    internal static bool HasExpired(this Suppression suppression, DateTimeOffset time) =>
        DateOnly.FromDateTime(time.UtcDateTime) > suppression.Until;
}
