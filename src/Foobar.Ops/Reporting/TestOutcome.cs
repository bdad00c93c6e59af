using System.Globalization;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>What a finding is as a test.</summary>
internal enum TestResult
{
    /// <summary>It passes.</summary>
    Passed,

    /// <summary>It passes, with something to say: it fails or warns, and the gate lets it through.</summary>
    Warning,

    /// <summary>The gate stops what was decided.</summary>
    Failed,

    /// <summary>The gate stops what could not be decided.</summary>
    Error,

    /// <summary>It does not count: not applicable, undecided and let through, or suppressed.</summary>
    Skipped,
}

/// <summary>A finding as a test of a CI service.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="Site">Its site.</param>
/// <param name="Name">A name that no other test of its site and area has.</param>
/// <param name="Result">What it is.</param>
internal sealed record TestOutcome(Finding Finding, string Site, string Name, TestResult Result)
{
    /// <summary>Why it does not count.</summary>
    public string SkipReason =>
        Finding.Suppressed is { } accepted
            ? $"{Finding.Status}, suppressed {accepted}"
            : Finding.Reason ?? Finding.Actual ?? Finding.Status.ToString();

    /// <summary>The findings of a report, in its order.</summary>
    public static IEnumerable<TestOutcome> Of(Report report)
    {
        Dictionary<(string Site, string Name), int> names = [];
        foreach (Finding finding in report.Findings)
        {
            string site = report.SiteOf(finding);
            string name = FindingText.Place(finding) is { } place
                ? $"{finding.ControlId} {finding.Title} [{place}]"
                : $"{finding.ControlId} {finding.Title}";
            int count = names[(site, name)] = names.GetValueOrDefault((site, name)) + 1;
            yield return new(
                finding, site,
                count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({count})"),
                ResultOf(finding, report));
        }
    }

    private static TestResult ResultOf(Finding finding, Report report) =>
        finding.Suppressed is not null ? TestResult.Skipped : (report.Stops(finding), finding.Status) switch
        {
            (true, FindingStatus.Unknown) => TestResult.Error,
            (true, _) => TestResult.Failed,
            (false, FindingStatus.NotApplicable or FindingStatus.Unknown) => TestResult.Skipped,
            (false, FindingStatus.Fail or FindingStatus.Warning) => TestResult.Warning,
            _ => TestResult.Passed,
        };
}
