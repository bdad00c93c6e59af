using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Http;

/// <summary>Judges what an endpoint answers to visitors.</summary>
internal static class HttpJudge
{
    // Shorter, and it is gone before most visitors come again.
    private const long ShortestAge = 2_592_000;

    private const string NoHttp = "no visitor asks for pages here";

    /// <summary>Whether plain HTTP leads to HTTPS: by the first answer, on the same host, for good.</summary>
    public static Verdict Redirect(ScanCase at)
    {
        if (at.Scan.Http is not { } http)
        {
            return Verdict.NotApplicable(at.Target, NoHttp);
        }

        string target = FormattableString.Invariant($"http://{at.Scan.Endpoint.ServerName}:{HttpFacts.PlainPort}/");
        if (http.Plain.Value is not { } answer)
        {
            return http.IsPlainClosed ? Verdict.NotApplicable(target, "nothing listens for plain HTTP") : http.Plain.ToUnknown(target);
        }

        Verdict first = Redirect(target, answer, http.Plain.Source);
        if (first.Status is not (FindingStatus.Pass or FindingStatus.Warning))
        {
            return first;
        }

        // The first page may be redirected by a rule of its own.
        Verdict other = http.PlainOther.Value is { } elsewhere
            ? Redirect(target, elsewhere, http.PlainOther.Source)
            : http.PlainOther.ToUnknown(target);
        return other.Status == FindingStatus.Pass || first.Status == other.Status ? first : other;
    }

    private static Verdict Redirect(string target, HttpAnswer answer, string? source)
    {
        string actual = FormattableString.Invariant($"{answer.StatusCode}{(answer.Location is null ? "" : $" to {answer.Location}")}");
        Uri asked = new(answer.Url);
        bool isRedirect = answer.StatusCode is 301 or 302 or 303 or 307 or 308 && Uri.TryCreate(asked, answer.Location, out Uri? _);
        Uri? to = isRedirect ? new Uri(asked, answer.Location!) : null;
        return to?.Scheme != Uri.UriSchemeHttps
            ? Verdict.Fail(target, $"a redirect to https://{asked.Host}{asked.PathAndQuery}", actual, source)
            : !to.Host.Equals(asked.Host, StringComparison.OrdinalIgnoreCase) ? Verdict.Warning(
                target, $"first to https://{asked.Host}/, so that its HSTS is seen", actual, source)
            : answer.StatusCode is 301 or 308 ? Verdict.Pass(target, actual)
            : Verdict.Warning(target, "a permanent redirect (301 or 308)", actual, source);
    }

    /// <summary>Whether browsers are told, for long enough, to use HTTPS alone.</summary>
    public static Verdict Hsts(ScanCase at)
    {
        if (at.Scan.Http is not { } http)
        {
            return Verdict.NotApplicable(at.Target, NoHttp);
        }

        if (http.Secure.Value is not { } answer)
        {
            return http.Secure.ToUnknown(at.Target);
        }

        if (answer.StrictTransportSecurity is not { } header)
        {
            string plain = http.Plain.Value?.StrictTransportSecurity is null ? "none"
                : "over plain HTTP alone, where browsers ignore it (RFC 6797, 8.1)";
            return Verdict.Fail(at.Target, "the header Strict-Transport-Security", plain, http.Secure.Source);
        }

        StrictTransport told = StrictTransport.Parse(header);
        return told.MaxAge switch
        {
            null => Verdict.Fail(at.Target, "max-age=SECONDS once", $"{header}: browsers ignore it", http.Secure.Source),
            0 => Verdict.Fail(at.Target, "a max-age above 0", $"{header}: browsers are told to forget it", http.Secure.Source),
            < ShortestAge => Verdict.Fail(
                at.Target, FormattableString.Invariant($"max-age={ShortestAge} or more"), header, http.Secure.Source),
            < StrictTransport.LongAge => Verdict.Warning(
                at.Target, FormattableString.Invariant($"max-age={StrictTransport.LongAge} or more"), header, http.Secure.Source),
            _ when told.Preload && told.PreloadProblems.Count > 0 => Verdict.Warning(
                at.Target, "what browsers' preload list asks for, as the header asks to be on it",
                    $"{header}: {string.Join(", ", told.PreloadProblems)}",
                http.Secure.Source),
            _ => Verdict.Pass(at.Target, header),
        };
    }

    /// <summary>Whether cookies go over TLS alone.</summary>
    public static Verdict Cookies(ScanCase at)
    {
        if (at.Scan.Http is not { } http)
        {
            return Verdict.NotApplicable(at.Target, NoHttp);
        }

        if (http.Secure.Value is not { } answer)
        {
            return http.Secure.ToUnknown(at.Target);
        }

        string[] open = [.. answer.Cookies.Where(static cookie => !cookie.Secure).Select(static cookie => cookie.Name)];
        return answer.Cookies.Count == 0 ? Verdict.NotApplicable(at.Target, "the first page sets no cookie")
            : open.Length > 0 ? Verdict.Fail(
                at.Target, "Secure on every cookie", $"without Secure: {string.Join(", ", open)}", http.Secure.Source)
            : Verdict.Pass(at.Target, string.Join(", ", answer.Cookies));
    }
}
