using Foobar.Ops.Findings;

namespace Foobar.Ops.Reporting;

/// <summary>Findings in words.</summary>
internal static class FindingText
{
    /// <summary>Where: <c>web-01: nginx.service</c>; <see langword="null"/> for the site as a whole.</summary>
    public static string? Place(Finding finding) => (finding.Server, finding.Target) switch
    {
        ({ } server, { } target) => $"{server}: {target}",
        var (server, target) => server ?? target,
    };

    /// <summary>Whether a finding counts: one that the inventory accepts for a while does not.</summary>
    public static bool Counts(Finding finding) => finding.Suppressed is null;

    /// <summary>What is wrong, in a line.</summary>
    public static string Short(Finding finding) => finding.Status == FindingStatus.Unknown
        ? $"Could not be decided: {finding.Reason}"
        : string.Join(
            "; ",
            new[]
            {
                finding.Expected is { } expected ? $"expected {expected}" : null,
                finding.Actual is { } actual ? $"found {actual}" : null,
            }
                .OfType<string>()
                .DefaultIfEmpty(finding.Title));

    /// <summary>All that a finding says, a line each.</summary>
    public static string Long(Finding finding) => string.Join('\n', Parts(finding).Select(part => $"{part.Name}: {part.Text}"));

    /// <summary>All that a finding says but where and what of, by name.</summary>
    public static IEnumerable<(string Name, string Text)> Parts(Finding finding, bool place = true)
    {
        (string Name, string? Text)[] parts =
        [
            ("Where", place ? Place(finding) : null),
            ("Expected", finding.Expected),
            ("Actual", finding.Actual),
            ("Reason", finding.Reason),
            ("Evidence", finding.Evidence),
            ("Remediation", finding.Remediation),
            ("Suppressed", finding.Suppressed?.ToString()),
        ];
        return parts.Where(part => part.Text is not null).Select(part => (part.Name, part.Text!));
    }
}
