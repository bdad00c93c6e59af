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

    /// <summary>Servers of which no facts could be read, with the names of their sites; empty where only findings are known.</summary>
    public IReadOnlyList<(string Site, string Server)> Unread { get; init; } = [];

    /// <summary>
    /// What was not judged: servers (the site as a whole is <c>the site</c>) that were not read or of which nothing could be decided, and
    /// those that are missing.
    /// </summary>
    public IReadOnlyList<string> Unjudged => (string[])
    [
        .. Findings.GroupBy(finding => (finding.Site, Server: finding.Server?.ToUpperInvariant()))
            .Where(place => IsUnjudged([.. place]))
            .Select(place => Name(place.First().Site, place.First().Server))
            .Concat(Unread.Select(place => Name(place.Site, place.Server)))
            .Distinct(StringComparer.OrdinalIgnoreCase),
        .. Missing,
    ];

    /// <summary>Whether anything was decided: a rule passes, fails or warns.</summary>
    private bool IsAnythingDecided => Findings.Any(finding => IsDecided(finding) && !ReadingControls.IsOne(finding));

    /// <summary>
    /// The exit code for a pipeline: <see cref="Passed"/>, <see cref="Failed"/>, <see cref="Undecided"/> or <see cref="NotJudged"/>.
    /// </summary>
    public int ExitCode =>
        Stopping.Any(finding => finding.Status != FindingStatus.Unknown) ? Failed
        : Stopping.Count > 0 ? Undecided
        : !IsAnythingDecided || Unjudged.Count > 0 ? NotJudged
        : Passed;

    /// <summary>Why the audit does not pass: <c>AuditFailed</c>, <c>AuditIncomplete</c>; <see langword="null"/> if it does.</summary>
    public FoobarException? Error => ExitCode switch
    {
        Passed => null,
        NotJudged => new FoobarException(
            "AuditIncomplete", ErrorKind.Failed,
            Findings.Count == 0 ? "Nothing was judged: no control looked at any server."
                : Unjudged.Count > 0 ? $"Not judged: {string.Join(", ", Unjudged)}."
                : "Nothing was judged: no control that was meant applies.")
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

    // Controls over several servers may decide something of a server that nothing was read of; one that judges it alone may not.
    private static bool IsUnjudged(Finding[] place)
    {
        Finding[] judged = [.. place.Where(finding => finding.Area != Area.Inventory)];
        Finding[] own = [.. judged.Where(finding => AuditRegistry.OfOneServer.Contains(finding.ControlId))];
        return place.Any(ReadingControls.TellsUnread)
            || (own.Length > 0
                ? own.All(finding => finding.Status == FindingStatus.Unknown)
                : judged.Any(finding => finding.Status == FindingStatus.Unknown) && !judged.Any(IsDecided));
    }

    private static bool IsDecided(Finding finding) => finding.Status is FindingStatus.Pass or FindingStatus.Warning or FindingStatus.Fail;

    private string Name(string? ofSite, string? ofServer) => (ofServer, ofSite) switch
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
