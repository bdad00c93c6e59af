using Foobar.Ops.Findings;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Sending;

/// <summary>From findings to the events that are sent.</summary>
internal static class FindingMapper
{
    private const int LongestEvidence = 2000;

    /// <summary>The event of a finding.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="labels">Attributes for all.</param>
    public static OutgoingEvent Map(Finding finding, IReadOnlyDictionary<string, string> labels)
    {
        (string Name, string? Value)[] own =
        [
            ("controlId", finding.ControlId),
            ("title", finding.Title),
            ("area", finding.Area.ToString()),
            ("severity", finding.Severity.ToString()),
            ("status", finding.Status.ToString()),
            ("site", finding.Site),
            ("server", finding.Server),
            ("target", finding.Target),
            ("expected", finding.Expected),
            ("actual", finding.Actual),
            ("evidence", finding.Evidence is { Length: > LongestEvidence } evidence ? evidence[..LongestEvidence] : finding.Evidence),
            ("reason", finding.Reason),
            ("remediation", finding.Remediation),
            ("suppressed", finding.Suppressed?.ToString()),
        ];
        Dictionary<string, string> attributes = new(labels, StringComparer.Ordinal);
        foreach ((string name, string? value) in own.Where(static one => !string.IsNullOrEmpty(one.Value)))
        {
            attributes[name] = value!;
        }

        return new OutgoingEvent(
            $"{finding.ControlId} {finding.Status}: "
                + $"{finding.Server ?? finding.Site ?? "site"}{(finding.Target is null ? string.Empty : $" {finding.Target}")}: "
                + $"{finding.Title}",
            finding.Time,
            LevelOf(finding),
            attributes);
    }

    private static EventLevel LevelOf(Finding finding) => finding.Status switch
    {
        _ when finding.Suppressed is not null => EventLevel.Info,
        FindingStatus.Fail => finding.Severity == Severity.Info ? EventLevel.Warning : EventLevel.Error,
        FindingStatus.Warning or FindingStatus.Unknown => EventLevel.Warning,
        _ => EventLevel.Info,
    };
}
