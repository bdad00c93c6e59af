using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tls;

/// <summary>What the certificates of a server must be like.</summary>
public static class CertificateControls
{
    private const int MinimumRsaBits = 2048;

    private const int MinimumCurveBits = 256;

    /// <summary>All controls over one server's certificates, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ServerCase<CertificateFacts>>> All { get; } =
    [
        OnVisitors(
            "TLS-001", Severity.Critical, "The certificate covers the site's names",
            "Browsers refuse a certificate for another name; no visitor gets past that page.",
            "Issue a certificate whose subject alternative names hold every name of the site.",
            "RFC 9525, 6", JudgeNames),
        OnAll(
            "TLS-002", Severity.Critical, "The certificate is valid now",
            "Browsers refuse a certificate outside its dates; the site is down for every visitor.",
            "Install a valid certificate; check the server's clock if the dates look right.",
            "RFC 5280, 4.1.2.5", JudgeDates),
        OnAll(
            "TLS-003", Severity.High, "The certificate does not expire soon",
            "What is not renewed in time takes the site down on a known day.",
            "Renew the certificate now and find out why the renewal did not run.",
            "RFC 5280, 4.1.2.5", JudgeMargin),
        OnAll(
            "TLS-004", Severity.Critical, "The chain presented leads to a trusted authority",
            "Browsers that happen to know the missing link still work; others, and most programs, refuse.",
            "Serve the leaf with all its intermediates, issued by a trusted authority.",
            "RFC 5280, 6; RFC 8446, 4.4.2", JudgeChain),
        OnAll(
            "TLS-005", Severity.High, "The certificate's key is strong enough",
            "A short key can be broken, and with it every certificate's promise.",
            "Issue a certificate with a new key: ECDSA P-256, or RSA of 2048 bits or more.",
            "CA/Browser Forum Baseline Requirements, 6.1.5", JudgeKey),
        OnAll(
            "TLS-006", Severity.High,
            "No certificate presented is signed with MD5 or SHA-1",
            "Such signatures can be forged; clients refuse them.",
            "Have the certificate issued again with SHA-256 or better.",
            "RFC 9155; CA/Browser Forum Baseline Requirements, 7.1.3.2",
            JudgeSignature),
        new(
            Info(
                "TLS-008", Severity.High, "Only the service can read its private key",
                "Who reads the key can be the site, and read what visitors send.",
                "chown root: FILE; chmod 0600 FILE (the services read it before they drop privileges).",
                "openssl(1)"),
            JudgeKeyFiles),
        new(
            Info(
                "TLS-010", Severity.Critical, "Each endpoint that should speak TLS does",
                "Visitors who are sent to https and find no TLS there see no site at all.",
                "Start the service that ends TLS, and see that it listens where the policy says.",
                "RFC 8446"),
            JudgeAnswers),
        OnAll(
            "TLS-011", Severity.Low,
            "The certificates presented are in order, and none is superfluous",
            "Clients that do not put a chain in order refuse it; what nobody needs is sent with every handshake.",
            "Let the file hold the leaf, then its intermediates, each behind the one that it issued, and nothing else.",
            "RFC 5246, 7.4.2; RFC 8446, 4.4.2", static (served, _) => PresentedJudge.Order(served)),
        OnAll(
            "TLS-012", Severity.High,
            "A certificate that demands an OCSP response is served with one",
            "Clients that heed the demand refuse the certificate without it.",
            "Let the server send the response along (HAProxy: ocsp-update on, or a file .ocsp; nginx: ssl_stapling on), or issue the "
                + "certificate without must-staple.",
            "RFC 7633",
            static (served, _) => PresentedJudge.Demanded(served)),
        OnAll(
            "TLS-013", Severity.Critical, "The OCSP response sent along is good and current",
            "Browsers refuse a certificate that is revoked, and one with a response that is out of date.",
            "Replace a revoked certificate; else update the response, or send none along.",
            "RFC 6960; RFC 6066, 8",
            static (served, server) => PresentedJudge.Staple(served, server.Time)),
        new(
            Info(
                "TLS-014", Severity.Low,
                "A client that names no host gets the site's certificate, or none",
                "Old clients, monitors and scanners name none; another certificate than the site's breaks them, and shows what else is "
                    + "served there.",
                "Make the site's certificate the first of its listener (HAProxy: the first crt; nginx: listen ... default_server), or "
                    + "refuse the handshake (HAProxy: strict-sni; nginx: ssl_reject_handshake on).",
                "RFC 6066, 3"),
            JudgeUnnamed),
        new(
            Info(
                "TLS-015", Severity.High,
                "Running programs serve the certificates that their files hold",
                "A certificate that was renewed and not loaded takes the site down on the old one's last day, while every look at the file "
                    + "says that all is well.",
                "Reload the program (systemctl reload haproxy or nginx; ALTER INSTANCE RELOAD TLS), and let the renewal do that.",
                null),
            static server => CertificateFileJudge.Judge(server.Facts.Files, server.Facts.FileDoubts)),
    ];

    internal static ControlInfo Info(string id, Severity severity, string title, string rationale, string remediation, string? reference) =>
        new(id, title, Area.Tls, severity, rationale, remediation, reference);

    private static Control<ServerCase<CertificateFacts>> OnAll(
        string id,
        Severity severity,
        string title,
        string rationale,
        string remediation,
        string reference,
        Func<ServedCertificate, ServerCase<CertificateFacts>, Verdict> judge) =>
        new(Info(id, severity, title, rationale, remediation, reference), server => JudgeEach(server, server.Facts.Endpoints, judge));

    private static Control<ServerCase<CertificateFacts>> OnVisitors(
        string id,
        Severity severity,
        string title,
        string rationale,
        string remediation,
        string reference,
        Func<ServedCertificate, ServerCase<CertificateFacts>, Verdict> judge) =>
        new(
            Info(id, severity, title, rationale, remediation, reference),
            server =>
                JudgeEach(server, server.Facts.Endpoints.Where(answer => answer.Endpoint.Audience == EndpointAudience.Visitors), judge));

    private static IEnumerable<Verdict> JudgeEach(
        ServerCase<CertificateFacts> server,
        IEnumerable<EndpointAnswer> answers,
        Func<ServedCertificate, ServerCase<CertificateFacts>, Verdict> judge)
    {
        bool any = false;
        foreach (EndpointAnswer answer in answers)
        {
            any = true;
            yield return answer.Certificate.TryGet(out ServedCertificate? served)
                ? judge(served, server)
                : answer.Certificate.ToUnknown(answer.Endpoint.ToString());
        }

        if (!any)
        {
            yield return Verdict.NotApplicable(actual: "no endpoint of this server should speak TLS");
        }
    }

    private static Verdict JudgeNames(ServedCertificate served, ServerCase<CertificateFacts> server)
    {
        string[] wanted = [.. Wanted(served.Endpoint, server)];
        string[] missing = [.. wanted.Where(name => !HostNames.Covers(served.Leaf, name))];
        string covered = string.Join(", ", served.Leaf.DnsNames.Concat(served.Leaf.IpAddresses));
        return missing.Length == 0
            ? Verdict.Pass(served.Target, covered)
            : Verdict.Fail(
                served.Target, $"covers {string.Join(", ", missing)}",
                covered.Length == 0 ? "no subject alternative names" : $"covers {covered}",
                served.Evidence);
    }

    // Each name is asked for by itself, and may have a certificate of its own. One that can't be asked for, a wildcard, is to be
    // covered by the certificate of the site's name.
    private static IEnumerable<string> Wanted(TlsEndpoint endpoint, ServerCase<CertificateFacts> server)
    {
        HashSet<string> asked = server.Facts.Endpoints.Select(static answer => answer.Endpoint.ServerName)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return endpoint.IsFurtherName
            ? [endpoint.ServerName]
            : server.Site.Policy.Tls.Names.Where(name => !asked.Contains(name))
                .Prepend(server.Site.Name)
                .Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private static Verdict JudgeDates(ServedCertificate served, ServerCase<CertificateFacts> server)
    {
        string dates = FormattableString.Invariant(
            $"valid from {served.Leaf.NotBefore:yyyy-MM-dd HH:mm} to {served.Leaf.NotAfter:yyyy-MM-dd HH:mm} UTC");
        return served.Leaf.IsValidAt(server.Time) ? Verdict.Pass(served.Target, dates)
            : Verdict.Fail(
                served.Target,
                FormattableString.Invariant($"valid at {server.Time:yyyy-MM-dd HH:mm} UTC"),
                (server.Time < served.Leaf.NotBefore ? "not yet valid, " : "expired, ") + dates,
                served.Evidence);
    }

    private static Verdict JudgeMargin(ServedCertificate served, ServerCase<CertificateFacts> server)
    {
        // An authority that ends before the leaf takes the site down as well.
        Certificate first = served.FirstToEnd;
        TimeSpan left = first.NotAfter - server.Time;
        (TimeSpan warn, TimeSpan fail) = RenewalMargin.Of(first.Lifetime, server.Site.Policy.Tls);
        string whose = first.NotAfter < served.Leaf.NotAfter ? $"'{first.Subject}', which the chain needs: " : "";
        string actual = whose + FormattableString.Invariant(
            $"{RenewalMargin.Text(left)} of {RenewalMargin.Text(first.Lifetime)} left, until {first.NotAfter:yyyy-MM-dd HH:mm} UTC");
        return !served.Leaf.IsValidAt(server.Time) || left < TimeSpan.Zero ? Verdict.NotApplicable(served.Target, "not valid now")
            : left < fail ? Verdict.Fail(served.Target, $"{RenewalMargin.Text(fail)} or more left", actual, served.Evidence)
            : left < warn ? Verdict.Warning(served.Target, $"{RenewalMargin.Text(warn)} or more left", actual, served.Evidence)
            : Verdict.Pass(served.Target, actual);
    }

    private static Verdict JudgeChain(ServedCertificate served, ServerCase<CertificateFacts> server) =>
        served.IsTrusted ? Verdict.Pass(served.Target, $"issued by {served.Leaf.Issuer}")
        : served.IsChainUndecided
            ? Verdict.Unknown(
                served.Target,
                "The chain has signatures of a kind that this system can't verify (ML-DSA needs OpenSSL 3.5 or later).",
                served.Evidence)
        : served.Endpoint.Audience == EndpointAudience.LoadBalancer && server.Site.Policy.Tls.TrustedAuthorities is null
            ? Verdict.NotApplicable(served.Target, "the load balancer trusts authorities of its own here (ca-file)")
            : Verdict.Fail(served.Target, "a chain to a trusted authority", string.Join("; ", served.ChainProblems), served.Evidence);

    private static Verdict JudgeKey(ServedCertificate served, ServerCase<CertificateFacts> server)
    {
        Certificate leaf = served.Leaf;
        string key = FormattableString.Invariant($"{leaf.KeyAlgorithm}, {leaf.KeySizeBits} bits");
        int? minimum = leaf.KeyAlgorithm switch
        {
            "RSA" => MinimumRsaBits,
            "RSASSA-PSS" => MinimumRsaBits,
            "ECDSA" or "Ed25519" or "Ed448" => MinimumCurveBits,
            _ when AlgorithmNames.IsQuantumSafe(leaf.KeyAlgorithm) => 1,
            _ => null,
        };
        return minimum is not null && leaf.KeySizeBits >= minimum
            ? Verdict.Pass(served.Target, key)
            : Verdict.Fail(
                served.Target,
                FormattableString.Invariant($"RSA of {MinimumRsaBits} bits or more, or an elliptic curve of {MinimumCurveBits}"),
                key, served.Evidence);
    }

    private static Verdict JudgeSignature(ServedCertificate served, ServerCase<CertificateFacts> server)
    {
        // A root is trusted by itself; its signature proves nothing.
        Certificate? weak = served.Intermediates.Where(certificate => !certificate.IsSelfIssued)
            .Prepend(served.Leaf)
            .FirstOrDefault(certificate => IsWeak(certificate.SignatureAlgorithm));
        return weak is null
            ? Verdict.Pass(served.Target, served.Leaf.SignatureAlgorithm)
            : Verdict.Fail(served.Target, "SHA-256 or better", $"{weak.SignatureAlgorithm} on '{weak.Subject}'", served.Evidence);
    }

    private static bool IsWeak(string algorithm) =>
        algorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase)
            || algorithm.Contains("md5", StringComparison.OrdinalIgnoreCase)
            || algorithm.Contains("md2", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<Verdict> JudgeKeyFiles(ServerCase<CertificateFacts> server) => server.Facts.KeyFiles.Judge(files =>
        files.Select(KeyFileJudge.Judge)
            .Concat(
                server.Facts.KeyDoubts.Select(
                    doubt => Verdict.Unknown(null, $"A private key could not be looked at: {doubt}.", KeyFile.Source)))
            .DefaultIfEmpty(Verdict.NotApplicable(actual: "no program loads a private key")));

    private static IEnumerable<Verdict> JudgeUnnamed(ServerCase<CertificateFacts> server) => server.Facts.Unnamed.Count == 0
        ? [Verdict.NotApplicable(actual: "no endpoint of this server is for visitors")]
        : server.Facts.Unnamed.Select(answer => answer.Certificate.TryGet(out ServedCertificate? served)
            ? HostNames.Covers(served.Leaf, server.Site.Name) || IsServedByName(served, server)
                ? Verdict.Pass(served.Target, "the site's certificate")
                : Verdict.Fail(
                    served.Target, $"a certificate for {server.Site.Name}, or none",
                    $"'{served.Leaf.Subject}' for {string.Join(", ", served.Leaf.DnsNames.Concat(served.Leaf.IpAddresses))}",
                    served.Evidence)
            : answer.ErrorId == "TlsHandshakeFailed" ? Verdict.Pass($"{answer.Endpoint}", "refused without a name")
            : answer.Certificate.ToUnknown($"{answer.Endpoint}"));

    // Whether that certificate is for the site at all is the matter of another control.
    private static bool IsServedByName(ServedCertificate unnamed, ServerCase<CertificateFacts> server) =>
        server.Facts.Endpoints.Any(answer =>
            answer.Endpoint.Audience == EndpointAudience.Visitors
                && answer.Certificate.Value?.Leaf.Sha256Fingerprint == unnamed.Leaf.Sha256Fingerprint);

    private static IEnumerable<Verdict> JudgeAnswers(ServerCase<CertificateFacts> server) => server.Facts.Endpoints.Count == 0
        ? [Verdict.NotApplicable(actual: "no endpoint of this server should speak TLS")]
        : server.Facts.Endpoints.Select(JudgeAnswer);

    private static Verdict JudgeAnswer(EndpointAnswer answer)
    {
        string target = answer.Certificate.Value?.Target ?? answer.Endpoint.ToString();
        return answer.Certificate.TryGet(out ServedCertificate? served)
            ? Verdict.Pass(
                target,
                served.KeyKind is not null
                    ? $"a certificate with a key of its own, {served.Leaf.KeyAlgorithm}"
                    : served.Protocol is null ? "TLS, client certificate wanted" : $"{served.Protocol}, {served.CipherSuite}")
            : answer.ErrorId is "AuthoritiesUnreadable" or EndpointAnswer.OtherKindUnread ? answer.Certificate.ToUnknown(target)
            : Verdict.Fail(target, "a TLS handshake", answer.Certificate.Failure ?? "nothing", answer.Certificate.Source);
    }
}
