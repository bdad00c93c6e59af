using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>How many findings an audit had of each status.</summary>
/// <param name="Time">When the facts were read, in UTC.</param>
/// <param name="Counts">The findings that count, by status.</param>
internal sealed record AuditCounts(DateTimeOffset Time, IReadOnlyDictionary<FindingStatus, int> Counts)
{
    public static AuditCounts Of(DateTimeOffset time, IReadOnlyList<Finding> findings) =>
        new(
            time,
            Enum.GetValues<FindingStatus>().ToDictionary(status => status, status => findings.Count(finding => finding.Status == status)));
}

/// <summary>
/// What became of findings from audit to audit. A finding is open while it fails, warns or can't be decided. It is new if the audit
/// before judged the same control on the same server, could decide it, and did not find it; it is mended if the latest audit did
/// and does not. What was not judged, or could not be decided, is neither. Pure.
/// </summary>
internal sealed class FindingTrend
{
    private readonly Report _report;
    private readonly Judged[] _earlier;
    private readonly Judged _now;

    public FindingTrend(Report report)
    {
        _report = report;
        HashSet<string> sites = [.. report.Sites];
        DateTimeOffset time = report.Time ?? DateTimeOffset.MinValue;
        Audits =
        [
            .. report.Previous.Where(
                audit => audit.Time < time && sites.Contains(audit.Findings.Count > 0 ? audit.Findings[0].Site ?? audit.Site : audit.Site))
                .DistinctBy(audit => (audit.Site, audit.Time))
                .OrderBy(audit => audit.Time),
        ];
        _earlier = [.. Audits.Select(audit => new Judged(audit.Time, audit.Findings, finding => finding.Site ?? audit.Site))];
        _now = new Judged(time, report.Findings, report.SiteOf);
        GoneTargets gone = new(report.Findings, report.SiteOf);
        Mended = _earlier.Length == 0
            ? []
            : [
                .. _earlier[^1].Open.Where(finding => _now.Has(finding.Key) ? !_now.Holds(finding.Key) && _now.Decided(finding.Key)
                        : gone.IsGone(finding.Finding with { Site = finding.Key.Site }))
                    .Select(finding => finding.Finding),
            ];
        New = [.. report.Findings.Where(IsNew)];
    }

    /// <summary>The earlier audits that are compared with, by time.</summary>
    public IReadOnlyList<EarlierAudit> Audits { get; }

    /// <summary>
    /// How many findings each audit had, this one last; of earlier ones those of controls and servers that this one judged, too.
    /// </summary>
    public IReadOnlyList<AuditCounts> Counts =>
    [
        .. _earlier.Select(
            audit => AuditCounts.Of(
                audit.Time, [.. audit.Findings.Where(finding => FindingText.Counts(finding) && _now.Judges(audit.KeyOf(finding)))])),
        AuditCounts.Of(_now.Time, [.. _report.Findings.Where(FindingText.Counts)]),
    ];

    /// <summary>The findings of this audit that are new.</summary>
    public IReadOnlyList<Finding> New { get; }

    /// <summary>The findings of the audit before that are mended.</summary>
    public IReadOnlyList<Finding> Mended { get; }

    /// <summary>Whether a finding is new.</summary>
    public bool IsNew(Finding finding) => _earlier.Length > 0 && Judged.IsOpen(finding)
        && _earlier[^1].Decided(_now.KeyOf(finding)) && !_earlier[^1].Holds(_now.KeyOf(finding));

    /// <summary>Since which audit a finding has been open without a break; <see langword="null"/> if it is not open, or only now.</summary>
    public DateTimeOffset? Since(Finding finding)
    {
        DateTimeOffset? since = null;
        if (Judged.IsOpen(finding))
        {
            for (int index = _earlier.Length - 1; index >= 0 && _earlier[index].Holds(_now.KeyOf(finding)); index--)
            {
                since = _earlier[index].Time;
            }
        }

        return since;
    }

    private readonly record struct Key(string Site, string Control, string? Server, string? Target);

    private sealed class Judged
    {
        private readonly Func<Finding, string> _siteOf;
        private readonly HashSet<Key> _open;
        private readonly HashSet<Key> _targets, _judged, _undecided;

        public Judged(DateTimeOffset time, IReadOnlyList<Finding> findings, Func<Finding, string> siteOf)
        {
            (Time, Findings, _siteOf) = (time, findings, siteOf);
            Open = [.. findings.Where(IsOpen).Select(finding => (KeyOf(finding), finding))];
            _open = [.. Open.Select(finding => finding.Key)];
            _targets = [.. findings.Select(KeyOf)];
            _judged = [.. findings.Select(finding => KeyOf(finding) with { Target = null })];
            _undecided = [.. findings.Where(finding => finding.Status == FindingStatus.Unknown).Select(KeyOf)];
        }

        public DateTimeOffset Time { get; }

        public IReadOnlyList<Finding> Findings { get; }

        public IReadOnlyList<(Key Key, Finding Finding)> Open { get; }

        public static bool IsOpen(Finding finding) =>
            FindingText.Counts(finding) && finding.Status is FindingStatus.Fail or FindingStatus.Warning or FindingStatus.Unknown;

        public Key KeyOf(Finding finding) => new(_siteOf(finding), finding.ControlId, finding.Server, finding.Target);

        public bool Has(Key key) => _targets.Contains(key);

        public bool Holds(Key key) => _open.Contains(key);

        public bool Judges(Key key) => _judged.Contains(key with { Target = null });

        // The control looked at the server, and what it could not decide was another target.
        public bool Decided(Key key) => Judges(key) && !_undecided.Contains(key) && !_undecided.Contains(key with { Target = null });
    }
}
