using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the certificate that visitors see: on lb-01, or on both web servers where TLS ends there.</summary>
internal static class CertificateFaults
{
    private const string BalancerFile = "/etc/haproxy/certs/www.foobar.com.pem";

    private const string WebFile = "/etc/nginx/tls/site.pem";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Certificate("certificate-expired", "TLS-002", "The site's certificate expired yesterday", lab =>
            lab.Authority.Issue(Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-91), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) })),
        Certificate("certificate-expires-soon", "TLS-003", "The site's certificate expires in ten days", lab =>
            lab.Authority.Issue(Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-80), NotAfter = DateTimeOffset.UtcNow.AddDays(10) })),
        Certificate("certificate-for-another-name", "TLS-001", "The site's certificate names shop.foobar.com only", lab =>
            lab.Authority.Issue(Site with { CommonName = "shop.foobar.com", DnsNames = ["shop.foobar.com"] })),
        Certificate("certificate-without-intermediate", "TLS-004", "The site's certificate is served without its intermediate", lab =>
            lab.Authority.IssueSite() with { Intermediate = string.Empty }),
        Certificate("certificate-of-a-stranger", "TLS-004", "The site's certificate was issued by an authority nobody trusts", _ =>
            LabAuthority.Create().IssueSite()),
        Either("private-key-readable", "TLS-008", "Everybody on the server can read the site's private key", "chmod 0644 \"$file\"", null),
        new FileFault("certificates-differ", Area.Tls, "TLS-007", "web-02 missed the last renewal and serves an older certificate than web-01", ["web-02"], WebFile, FileFault.Replace, ServiceReload.Nginx)
        {
            NewContent = lab => lab.Authority.Issue(Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-50), NotAfter = DateTimeOffset.UtcNow.AddDays(40) }).ChainAndKey,
            AppliesTo = EndsAtWeb,
        },
        new FileFault(
            "tls-off", Area.Tls, "TLS-010", "The site's HTTPS port answers without TLS", ["lb-01"],
            "/etc/haproxy/haproxy.cfg", "sed -i 's/:443 ssl crt[^ ]* [^ ]* alpn [^ ]*/:443/' \"$file\"", ServiceReload.Haproxy)
        {
            AppliesTo = options => !EndsAtWeb(options),

            // There is no certificate to be judged.
            AlsoSeenBy = ["TLS-001", "TLS-002", "TLS-003", "TLS-004", "TLS-005", "TLS-006", "TLS-011", "TLS-012", "TLS-013", "LB-006"],
        },
        new FileFault(
            "web-server-in-plain-text", Area.Tls, "TLS-009", "web-02 answers the load balancer without TLS, though the policy wants it", ["web-02"],
            "/etc/nginx/nginx.conf", "sed -i 's/^\\( *listen .*\\) ssl;/\\1;/' \"$file\"", ServiceReload.Nginx)
        {
            AppliesTo = options => options.Tls == TlsVariant.Reencrypt,
            ShowsOn = "lb-01",
            ShowsWhen = "echo show stat | socat - /run/haproxy/admin.sock | grep -q '^web,web-02,.*,DOWN,'",

            // There is no certificate to be judged, and the balancer, which checks with TLS, takes the server out.
            AlsoSeenBy = ["TLS-002", "TLS-003", "TLS-004", "TLS-005", "TLS-006", "TLS-010", "TLS-011", "TLS-012", "TLS-013", "LB-002"],
        },
    ];

    private static CertificateRequestDetails Site => new() { CommonName = LabPlan.SiteName, DnsNames = [LabPlan.SiteName, "foobar.com"] };

    private static bool EndsAtWeb(LabOptions options) => options.Tls == TlsVariant.Web;

    private static VariantFault Certificate(string name, string control, string description, Func<RaisedLab, IssuedCertificate> issue) =>
        Either(name, control, description, FileFault.Replace, lab => issue(lab).ChainAndKey);

    private static VariantFault Either(string name, string control, string description, string edit, Func<RaisedLab, string>? content) => new(
        new FileFault(name, Area.Tls, control, description, ["web-01", "web-02"], WebFile, edit, ServiceReload.Nginx) { NewContent = content, AppliesTo = EndsAtWeb },
        new FileFault(name, Area.Tls, control, description, ["lb-01"], BalancerFile, edit, ServiceReload.Haproxy) { NewContent = content });
}
