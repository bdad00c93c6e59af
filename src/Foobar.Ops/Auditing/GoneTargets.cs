using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Tells whether a target of which there is no finding any more is gone, or may only not have been seen. It is gone where its control could
/// decide all that it looked at: on the server, or on every server where it looks at several together. Pure.
/// </summary>
internal sealed class GoneTargets
{
    private readonly Func<Finding, string?> _siteOf;
    private readonly HashSet<(string? Site, string Control, string? Server)> _judged;
    private readonly HashSet<(string? Site, string Control, string? Server)> _undecided;
    private readonly HashSet<(string? Site, string Control)> _undecidedAnywhere;
    private readonly HashSet<string?> _partlyRead;
    private readonly bool _allRead;

    /// <summary>Takes the findings of now.</summary>
    /// <param name="findings">All findings of now.</param>
    /// <param name="siteOf">The site of a finding.</param>
    /// <param name="allRead">Whether all facts that were wanted could be read, as far as that is known.</param>
    public GoneTargets(IReadOnlyList<Finding> findings, Func<Finding, string?> siteOf, bool allRead = true)
    {
        (_siteOf, _allRead) = (siteOf, allRead);
        Finding[] undecided = [.. findings.Where(finding => finding.Status == FindingStatus.Unknown)];
        _judged = [.. findings.Where(finding => finding.Status != FindingStatus.Unknown).Select(KeyOf)];
        _undecided = [.. undecided.Select(KeyOf)];
        _undecidedAnywhere = [.. undecided.Select(finding => (siteOf(finding), finding.ControlId))];
        _partlyRead = [.. undecided.Where(ReadingControls.TellsUnread).Select(siteOf)];
    }

    /// <summary>Tells whether the target of an earlier finding, which has no finding now, is gone.</summary>
    public bool IsGone(Finding earlier)
    {
        (string? Site, string Control, string? Server) key = KeyOf(earlier);
        return _judged.Contains(key) && !_undecided.Contains(key)
            && (AuditRegistry.OfOneServer.Contains(earlier.ControlId)
                || (_allRead && !_partlyRead.Contains(key.Site) && !_undecidedAnywhere.Contains((key.Site, key.Control))));
    }

    private (string? Site, string Control, string? Server) KeyOf(Finding finding) =>
        (_siteOf(finding), finding.ControlId, finding.Server?.ToUpperInvariant());
}
