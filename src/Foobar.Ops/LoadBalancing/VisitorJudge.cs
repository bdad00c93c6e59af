using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Judges what visitors are answered.</summary>
internal static class VisitorJudge
{
    /// <summary>Half a year: shorter, and a browser forgets between visits.</summary>
    private const long ShortestHsts = 15_768_000;

    /// <summary>Whether plain HTTP is sent to HTTPS: the first page, and where that is so another one too.</summary>
    public static IEnumerable<Verdict> Redirect(LoadBalancerFacts facts, Site site)
    {
        Verdict[] first = [.. facts.Http.Judge(answer => [Redirect(answer, site)])];
        return first is not [{ Status: FindingStatus.Pass or FindingStatus.Warning }]
            ? first
            : [.. first, .. facts.HttpOther.Judge(answer => [Redirect(answer, site)])
                .Where(static other => other.Status is not (FindingStatus.Pass or FindingStatus.Warning))];
    }

    private static Verdict Redirect(VisitorAnswer answer, Site site)
    {
        string actual = FormattableString.Invariant($"{answer.StatusCode}{(answer.Location is null ? "" : " to " + answer.Location)}");
        bool toHttps = answer.StatusCode is 301 or 302 or 303 or 307 or 308
            && Uri.TryCreate(answer.Location, UriKind.Absolute, out Uri? target) && target.Scheme == Uri.UriSchemeHttps;
        return !toHttps ? Verdict.Fail(answer.Url, $"a redirect to https://{site.Name}/", actual, $"GET {answer.Url}")
            : answer.StatusCode is 301 or 308 ? Verdict.Pass(answer.Url, actual)
            : Verdict.Warning(answer.Url, "a permanent redirect (301 or 308)", actual, $"GET {answer.Url}");
    }

    public static Verdict StrictTransport(VisitorAnswer answer)
    {
        string evidence = $"GET {answer.Url}: {answer.StatusCode}, Strict-Transport-Security: {answer.StrictTransportSecurity ?? "none"}";
        if (answer.StrictTransportSecurity is not { } header)
        {
            return Verdict.Fail(answer.Url, "the header Strict-Transport-Security", "none", evidence);
        }

        return MaxAge(header) switch
        {
            null => Verdict.Fail(answer.Url, "max-age=SECONDS in Strict-Transport-Security", header, evidence),
            0 => Verdict.Fail(answer.Url, "a max-age above 0", $"{header}: browsers are told to forget it", evidence),
            < ShortestHsts => Verdict.Warning(answer.Url, FormattableString.Invariant($"max-age={ShortestHsts} or more"), header, evidence),
            _ => Verdict.Pass(answer.Url, header),
        };
    }

    /// <summary>The max-age of RFC 6797, 6.1: directives are separated by semicolons, the value may be quoted.</summary>
    internal static long? MaxAge(string header) => header.Split(';')
        .Select(directive => directive.Split('=', 2))
        .Where(parts => parts.Length == 2 && parts[0].Trim().Equals("max-age", StringComparison.OrdinalIgnoreCase))
        .Select(
            parts =>
                long.TryParse(parts[1].Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out long age) ? age : (long?)null)
        .FirstOrDefault();
}
