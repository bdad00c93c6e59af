using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// What an audit means for a pipeline. It passes only if every server meant was judged and nothing fails: an audit that
/// could not judge has not passed.
/// </summary>
public sealed record AuditVerdict
{
    /// <summary>Every server meant was judged, and nothing fails.</summary>
    public const int Passed = 0;

    /// <summary>Something that was decided fails.</summary>
    public const int Failed = 1;

    /// <summary>Only what could not be decided fails.</summary>
    public const int Undecided = 2;

    /// <summary>Nothing fails, but nothing was judged, or not every server that was meant.</summary>
    public const int NotJudged = 3;

    /// <summary>All findings.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The findings that fail.</summary>
    public required IReadOnlyList<Finding> Stopping { get; init; }

    /// <summary>Servers that were meant and that the inventory does not hold.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>
    /// What was not judged: servers (the site as a whole is <c>the site</c>) of which nothing could be decided, and those that are missing.
    /// </summary>
    public IReadOnlyList<string> Unjudged => (string[])
    [
        .. Findings.GroupBy(finding => (finding.Site, Server: finding.Server?.ToUpperInvariant()))
            .Where(server => server.All(finding => finding.Status == FindingStatus.Unknown))
            .Select(server => Name(server.First())),
        .. Missing,
    ];

    /// <summary>
    /// The exit code for a pipeline: <see cref="Passed"/>, <see cref="Failed"/>, <see cref="Undecided"/> or <see cref="NotJudged"/>.
    /// </summary>
    public int ExitCode =>
        Stopping.Any(finding => finding.Status != FindingStatus.Unknown) ? Failed
        : Stopping.Count > 0 ? Undecided
        : Findings.Count == 0 || Unjudged.Count > 0 ? NotJudged
        : Passed;

    /// <summary>Why the audit does not pass: <c>AuditFailed</c>, <c>AuditIncomplete</c>; <see langword="null"/> if it does.</summary>
    public FoobarException? Error => ExitCode switch
    {
        Passed => null,
        NotJudged => new FoobarException(
            "AuditIncomplete", ErrorKind.Failed,
            Findings.Count == 0 ? "Nothing was judged: no control looked at any server." : $"Not judged: {string.Join(", ", Unjudged)}.")
        {
            Recommendation =
                "See the errors before this one and the Reason of the Unknown findings; an audit that could not judge has not passed.",
        },
        _ => new FoobarException(
            "AuditFailed", ErrorKind.Failed, $"{Stopping.Count} of {Findings.Count} findings fail the audit: {Summary}.")
        {
            Recommendation = "See the findings; each says how to put it right.",
        },
    };

    private string Name(Finding finding) => (finding.Server, finding.Site) switch
    {
        ({ } server, { } site) when Findings.Any(other => other.Site != site) => $"{server} of {site}",
        ({ } server, _) => server,
        (_, { } site) when Findings.Any(other => other.Site != site) => site,
        _ => "the site",
    };

    private string Summary =>
        string.Join(
            ", ",
            Stopping.GroupBy(finding => finding.ControlId, StringComparer.Ordinal)
                .Select(same => $"{same.Key} ({same.First().Status})")
                .Take(10));
}
