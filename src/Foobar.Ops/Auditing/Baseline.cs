using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Earlier findings, beside which only what is new counts. A finding is known if one of the same control, server, target and
/// extent was as bad; the findings of another site are not looked at. Pure.
/// </summary>
public sealed class Baseline
{
    private readonly Dictionary<Key, Finding> _known;
    private readonly Dictionary<(Key Key, string? Extent), int> _badness;

    /// <summary>Takes the earlier findings; those that are no pass count.</summary>
    public Baseline(IEnumerable<Finding> findings)
    {
        Finding[] bad = [.. findings.Where(finding => Badness(finding.Status) > 0)];
        _known = bad.GroupBy(Key.Of).ToDictionary(same => same.Key, same => same.MaxBy(finding => Badness(finding.Status))!);
        _badness = bad.GroupBy(finding => (Key.Of(finding), finding.Extent))
            .ToDictionary(same => same.Key, same => same.Max(finding => Badness(finding.Status)));
    }

    /// <summary>The findings that are new: no pass, and not known to be as bad.</summary>
    public IEnumerable<Finding> New(IEnumerable<Finding> findings) => findings
        .Where(finding => Badness(finding.Status) > _badness.GetValueOrDefault((Key.Of(finding), finding.Extent)))
        .Select(finding => finding with { Change = FindingChange.New });

    /// <summary>
    /// What is mended: of each known finding the one of the same control and target that passes now; where there is none of its target any
    /// more, and its control could decide all that it looked at, that is said instead. What could not be seen is not mended.
    /// </summary>
    /// <param name="findings">All findings of now.</param>
    /// <param name="allRead">Whether all facts that were wanted could be read.</param>
    public IEnumerable<Finding> Mended(IReadOnlyList<Finding> findings, bool allRead = true)
    {
        ILookup<Key, Finding> now = findings.ToLookup(Key.Of);
        GoneTargets targets = new(findings, static finding => finding.Site, allRead);
        DateTimeOffset time = findings.Select(finding => finding.Time).DefaultIfEmpty().Max();
        return
            from known in _known
            where now[known.Key].Any() ? now[known.Key].All(finding => Badness(finding.Status) == 0) : targets.IsGone(known.Value)
            select (now[known.Key].FirstOrDefault() ?? Gone(known.Value, time)) with { Change = FindingChange.Mended };
    }

    private static Finding Gone(Finding known, DateTimeOffset time) => known with
    {
        Status = FindingStatus.NotApplicable,
        Extent = null,
        Expected = null,
        Actual = $"no longer found; it was {known.Status}",
        Evidence = null,
        Reason = null,
        Suppressed = null,
        Time = time,
    };

    // What could not be decided may be a failure; a failure that can't be decided any more is nothing new.
    private static int Badness(FindingStatus status) => status switch
    {
        FindingStatus.Warning => 1,
        FindingStatus.Unknown => 2,
        FindingStatus.Fail => 3,
        _ => 0,
    };

    private sealed record Key(string? Site, string Control, string? Server, string? Target)
    {
        public static Key Of(Finding finding) => new(finding.Site, finding.ControlId, finding.Server?.ToUpperInvariant(), finding.Target);
    }
}
