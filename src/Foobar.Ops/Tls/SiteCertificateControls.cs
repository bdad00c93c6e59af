using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Caa;

namespace Foobar.Ops.Tls;

/// <summary>What the certificates of all servers together must be like.</summary>
public static class SiteCertificateControls
{
    /// <summary>Certificates of one renewal end on the same day; further apart one server missed a renewal.</summary>
    private static readonly TimeSpan SameRenewal = TimeSpan.FromDays(1);

    /// <summary>All controls over the site's certificates, in the order of their ids.</summary>
    public static IReadOnlyList<Control<SiteCase<CertificateFacts>>> All { get; } =
    [
        new(
            CertificateControls.Info(
                "TLS-007", Severity.High, "All endpoints serve the same certificate",
                "A certificate renewed on one server only fails on the other, for half of the visitors, on the old one's last day.",
                "Install the newest certificate on every server and reload the services.",
                null),
            JudgeSame),
        new(
            CertificateControls.Info(
                "TLS-009", Severity.Medium, "Traffic behind the load balancer is encrypted",
                "Behind a load balancer that ends TLS, who listens on the internal network reads passwords and sessions.",
                "Encrypt again towards the web servers (server ... ssl verify required), and set policy.tls.backends to Tls.",
                null),
            JudgeBackends),
        new(
            CertificateControls.Info(
                "TLS-016", Severity.Medium,
                "DNS lets the declared authorities issue certificates for the site, and no other",
                "Without CAA records each of some hundred authorities may issue a certificate for the site to whoever deceives it.",
                "Publish a CAA record for each authority of policy.tls.issuers: 0 issue \"letsencrypt.org\".",
                "RFC 8659"),
            JudgeCaa),
    ];

    private static IEnumerable<Verdict> JudgeSame(SiteCase<CertificateFacts> site)
    {
        EndpointAnswer[] answers =
        [
            .. site.Facts.Values.Where(reading => reading.Value is not null)
                .SelectMany(reading => reading.Value!.Endpoints)
                .Where(answer => answer.Endpoint.Audience == EndpointAudience.Visitors),
        ];
        ServedCertificate[] served = [.. answers.Select(answer => answer.Certificate.Value).OfType<ServedCertificate>()];
        string[] unread =
        [
            .. site.Facts.Where(pair => pair.Value.Value is null).Select(pair => pair.Key),
            .. answers.Where(answer => answer.Certificate.Value is null).Select(answer => $"{answer.Endpoint.Via}: {answer.Endpoint}"),
        ];

        // Names may have certificates of their own; of one name all endpoints are to serve the same.
        ServedCertificate[][][] names =
        [
            .. served.GroupBy(one => one.Endpoint.ServerName, StringComparer.OrdinalIgnoreCase)
                .Select(name => name.GroupBy(one => (one.Endpoint.Via, one.Endpoint.ToString())).Select(set => set.ToArray()).ToArray()),
        ];
        Verdict[] differences = [.. names.Where(sets => sets.Length > 1).Select(Difference).OfType<Verdict>()];
        int endpoints = names.Max(sets => (int?)sets.Length) ?? 0;
        return endpoints + unread.Length < 2 ? [Verdict.NotApplicable(actual: "one endpoint only")]
            : differences.Length > 0 ? [differences.MinBy(difference => difference.Status != FindingStatus.Fail)!]
            : unread.Length > 0 ? [Verdict.Unknown(null, $"The certificates of {string.Join(", ", unread)} could not be seen.")]
            : [Verdict.Pass(actual: $"SHA-256 {string.Join(" and ", Fingerprints(names))} on {endpoints} endpoints")];
    }

    private static IEnumerable<string> Fingerprints(ServedCertificate[][][] names) =>
        names.SelectMany(sets => sets[0]).Select(one => one.Leaf.Sha256Fingerprint).Distinct();

    /// <summary>How what the endpoints serve differs; each may serve a certificate for each kind of key.</summary>
    private static Verdict? Difference(ServedCertificate[][] sets)
    {
        if (sets.Select(set => string.Join(',', set.Select(one => one.Leaf.Sha256Fingerprint).Order(StringComparer.Ordinal)))
            .Distinct()
            .Count() == 1)
        {
            return null;
        }

        string actual = string.Join(
            "; ",
            sets.SelectMany(set => set)
                .Select(
                    one => FormattableString.Invariant(
                        $"{one.Endpoint.Via}: {one.Leaf.KeyAlgorithm} until {one.Leaf.NotAfter:yyyy-MM-dd}, {one.Leaf.Sha256Fingerprint[..16]} by {one.Leaf.Issuer}")));
        bool sameKinds = sets.Select(set => string.Join(',', set.Select(one => one.Leaf.KeyAlgorithm).Order(StringComparer.Ordinal)))
            .Distinct().Count() == 1;
        return sameKinds && sets.SelectMany(set => set).GroupBy(one => one.Leaf.KeyAlgorithm).All(AreOfOneRenewal)
            ? Verdict.Warning(
                null, "the same certificate on all endpoints", $"certificates of one renewal with keys of their own: {actual}")
            : Verdict.Fail(null, "the same certificate on all endpoints", actual);
    }

    private static bool AreOfOneRenewal(IEnumerable<ServedCertificate> served)
    {
        Certificate[] leaves = [.. served.Select(one => one.Leaf)];
        return leaves.Max(leaf => leaf.NotAfter) - leaves.Min(leaf => leaf.NotAfter) <= SameRenewal
            && leaves.Select(leaf => leaf.Issuer).Distinct().Count() == 1
            && leaves.Select(leaf => string.Join(',', leaf.DnsNames.Order(StringComparer.Ordinal))).Distinct().Count() == 1;
    }

    /// <summary>Every server sees the same records; the first that was asked for them counts.</summary>
    private static IEnumerable<Verdict> JudgeCaa(SiteCase<CertificateFacts> site)
    {
        IReadOnlyList<string> issuers = site.Site.Policy.Tls.Issuers;
        IReadOnlyList<Reading<CaaSet>>? readings = site.Facts.Values.Select(reading => reading.Value?.Caa)
            .FirstOrDefault(caa => caa is { Count: > 0 });
        return issuers.Count == 0 ? [Verdict.NotApplicable(actual: "policy.tls.issuers names no authority")]
            : readings is null ? [Verdict.Unknown(null, "No server that visitors reach was looked at, so DNS was not asked.")]
            : readings.Select(reading => reading.TryGet(out CaaSet? set) ? CaaJudge.Judge(set, issuers) : reading.ToUnknown(null));
    }

    private static IEnumerable<Verdict> JudgeBackends(SiteCase<CertificateFacts> site)
    {
        TlsPolicy policy = site.Site.Policy.Tls;
        if (!site.Site.WithRole(Role.LoadBalancer).Any() || policy.EndsAt != Role.LoadBalancer)
        {
            return [Verdict.NotApplicable(actual: "TLS does not end at a load balancer")];
        }

        // That the design wants none is a weakness of the design, of which TOP-005 warns.
        if (policy.Backends == BackendEncryption.Plain)
        {
            return [Verdict.NotApplicable(actual: "plain HTTP, as declared in policy.tls.backends")];
        }

        return site.Site.WithRole(Role.Web).Where(server => !server.Is(Role.LoadBalancer)).SelectMany(server => JudgeBackend(server, site));
    }

    private static IEnumerable<Verdict> JudgeBackend(Server server, SiteCase<CertificateFacts> site)
    {
        if (!site.Facts.TryGetValue(server.Name, out Reading<CertificateFacts>? reading) || !reading.TryGet(out CertificateFacts? facts))
        {
            return [Verdict.Unknown(null, reading?.Failure ?? "The server was not looked at.") with { Server = server.Name }];
        }

        EndpointAnswer[] answers = [.. facts.Endpoints.Where(answer => answer.Endpoint.Audience == EndpointAudience.LoadBalancer)];
        return answers.Length == 0
            ? [
                Verdict.Unknown(null, "No declared flow leads from the load balancer to this web server, so its port is not known.") with
                {
                    Server = server.Name,
                },
            ]
            : answers.Select(answer => JudgeAnswer(answer) with { Server = server.Name });
    }

    private static Verdict JudgeAnswer(EndpointAnswer answer) => answer switch
    {
        { Certificate.Value: { } served } => Verdict.Pass(answer.Endpoint.ToString(), served.Protocol ?? "TLS"),
        { ErrorId: "TlsNotSpoken" } =>
            Verdict.Fail(answer.Endpoint.ToString(), "TLS", answer.Certificate.Failure!, answer.Certificate.Source),
        _ => answer.Certificate.ToUnknown(answer.Endpoint.ToString()),
    };
}
