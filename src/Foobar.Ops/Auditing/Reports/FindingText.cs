using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing.Reports;

/// <summary>Findings in words.</summary>
internal static class FindingText
{
    /// <summary>Where: <c>web-01: nginx.service</c>; <see langword="null"/> for the site as a whole.</summary>
    public static string? Place(Finding finding) => (finding.Server, finding.Target) switch
    {
        ({ } server, { } target) => $"{server}: {target}",
        var (server, target) => server ?? target,
    };

    /// <summary>What is wrong, in a line.</summary>
    public static string Short(Finding finding) => finding.Status == FindingStatus.Unknown
        ? $"Could not be decided: {finding.Reason}"
        : string.Join("; ", new[] { finding.Expected is { } expected ? $"expected {expected}" : null, finding.Actual is { } actual ? $"found {actual}" : null }.OfType<string>().DefaultIfEmpty(finding.Title));

    /// <summary>All that a finding says, a line each.</summary>
    public static string Long(Finding finding) => string.Join('\n', new (string Name, string? Text)[]
    {
        ("Where", Place(finding)),
        ("Expected", finding.Expected),
        ("Actual", finding.Actual),
        ("Reason", finding.Reason),
        ("Evidence", finding.Evidence),
        ("Remediation", finding.Remediation),
    }.Where(line => line.Text is not null).Select(line => $"{line.Name}: {line.Text}"));
}
