using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the certificate that visitors see: on lb-01, or on both web servers where TLS ends there.</summary>
internal static class CertificateFaults
{
    private const string BalancerFile = "/etc/haproxy/certs/www.foobar.com.pem";

    private const string WebFile = "/etc/nginx/tls/site.pem";

    private const string BalancerConfiguration = "/etc/haproxy/haproxy.cfg";

    private const string WebConfiguration = "/etc/nginx/nginx.conf";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Certificate("certificate-expired", "TLS-002", "The site's certificate expired yesterday", lab =>
            lab.Authority.Issue(
                Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-91), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) })),
        Certificate("certificate-expires-soon", "TLS-003", "The site's certificate expires in ten days", lab =>
            lab.Authority.Issue(
                Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-80), NotAfter = DateTimeOffset.UtcNow.AddDays(10) })),
        Certificate("certificate-for-another-name", "TLS-001", "The site's certificate names shop.foobar.com only", lab =>
            lab.Authority.Issue(Site with { CommonName = "shop.foobar.com", DnsNames = ["shop.foobar.com"] })),
        Certificate("certificate-without-intermediate", "TLS-004", "The site's certificate is served without its intermediate", lab =>
            lab.Authority.IssueSite() with { Intermediate = string.Empty }),
        Certificate("certificate-of-a-stranger", "TLS-004", "The site's certificate was issued by an authority nobody trusts", _ =>
            LabAuthority.Create().IssueSite()),
        Certificate(
            "certificate-missed-its-renewal", "TLS-003",
            "The site's certificate of six days has one day left: its renewal did not run",
            lab =>
                lab.Authority.Issue(
                    Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-5), NotAfter = DateTimeOffset.UtcNow.AddDays(1) })),
        Certificate(
            "certificate-demands-a-staple", "TLS-012",
            "The site's certificate demands an OCSP response, and none is sent along",
            lab =>
                lab.Authority.Issue(Site with { MustStaple = true })),
        Either("chain-out-of-order", "TLS-011", "The root stands before the intermediate in the site's chain", FileFault.Replace, lab =>
            lab.Authority.IssueSite().MisorderedAndKey(lab.Authority.RootPem)),
        Either("chain-superfluous", "TLS-011", "A stranger's intermediate stands in the site's chain", FileFault.Replace, lab =>
            lab.Authority.IssueSite() is var issued ? issued.Chain + LabAuthority.Create().IssueSite().Intermediate + issued.Key : ""),
        NotLoaded,
        Weak("key-too-short", "TLS-005", "The site's certificate has an RSA key of 1024 bits", lab =>
            lab.Authority.Issue(Site with { HasRsaKey = true, RsaBits = 1024 })),
        Weak("signature-of-sha1", "TLS-006", "The site's certificate is signed with SHA-1", lab =>
            lab.Authority.Issue(Site with { HasOldSignature = true })),
        Default,
        Revoked,
        Either(
            "private-key-of-another-account", "TLS-008",
            "The site's private key belongs to the account www-data",
            "chown www-data \"$file\"", null),
        Either("private-key-readable", "TLS-008", "Everybody on the server can read the site's private key", "chmod 0644 \"$file\"", null),
        new FileFault(
            "certificates-differ", Area.Tls, "TLS-007",
            "web-02 missed the last renewal and serves an older certificate than web-01",
            ["web-02"], WebFile, FileFault.Replace, ServiceReload.Nginx)
        {
            NewContent = lab =>
                lab.Authority.Issue(
                    Site with { NotBefore = DateTimeOffset.UtcNow.AddDays(-50), NotAfter = DateTimeOffset.UtcNow.AddDays(40) }).ChainAndKey,
            AppliesTo = EndsAtWeb,
        },
        new FileFault(
            "tls-off", Area.Tls, "TLS-010", "The site's HTTPS port answers without TLS", ["lb-01"],
            "/etc/haproxy/haproxy.cfg", "sed -i 's/:443 ssl crt[^ ]* [^ ]* alpn [^ ]*/:443/' \"$file\"", ServiceReload.Haproxy)
        {
            AppliesTo = options => !EndsAtWeb(options),

            // There is no certificate to be judged.
            AlsoSeenBy =
            [
                "TLS-001", "TLS-002", "TLS-003", "TLS-004", "TLS-005", "TLS-006", "TLS-007", "TLS-011", "TLS-012", "TLS-013", "TLS-014",
                "TLS-043", "LB-006",
            ],
        },
        new FileFault(
            "web-server-in-plain-text",
            Area.Tls,
            "TLS-009",
            "web-02 answers the load balancer without TLS, though the policy wants it",
            ["web-02"],
            "/etc/nginx/nginx.conf", "sed -i 's/^\\( *listen .*\\) ssl;/\\1;/' \"$file\"", ServiceReload.Nginx)
        {
            AppliesTo = options => options.Tls == TlsVariant.Reencrypt,
            ShowsOn = "lb-01",
            ShowsWhen = "echo show stat | socat - /run/haproxy/admin.sock | grep -q '^web,web-02,.*,DOWN,'",

            // There is no certificate to be judged, and the balancer, which checks with TLS, takes the server out.
            AlsoSeenBy =
            [
                "TLS-002", "TLS-003", "TLS-004", "TLS-005", "TLS-006", "TLS-010", "TLS-011", "TLS-012", "TLS-013", "TLS-043", "LB-002",
            ],
        },
    ];

    private static CertificateRequestDetails Site => new() { CommonName = LabPlan.SiteName, DnsNames = [LabPlan.SiteName, "foobar.com"] };

    private static bool EndsAtWeb(LabOptions options) => options.Tls == TlsVariant.Web;

    private static VariantFault NotLoaded => new(
        Renewed(["web-01", "web-02"], WebFile) with { AppliesTo = EndsAtWeb }, Renewed(["lb-01"], BalancerFile));

    private static FileFault Renewed(string[] servers, string path) =>
        new(
            "certificate-not-loaded", Area.Tls, "TLS-015",
            "The site's certificate was renewed, and the program that serves it was not reloaded",
            servers, path, FileFault.Replace, "true")
        {
            NewContent = static lab => lab.Authority.IssueSite().ChainAndKey,
        };

    /// <summary>
    /// What a library of today loads at its lowest level of security only. HAProxy sets that from 3.0 on, and Bookworm's is older.
    /// </summary>
    private static VariantFault Weak(string name, string control, string description, Func<RaisedLab, IssuedCertificate> issue) => new(
        new FileFault(
            name, Area.Tls, control, description, ["web-01", "web-02"], WebConfiguration,
            "cat > $extra; sed -i \"s#ssl_certificate\\(_key\\)* [^;]*;#ssl_certificate\\1 $extra;#; s/ssl_ciphers "
                + "/&@SECLEVEL=0:ECDHE-RSA-AES128-GCM-SHA256:/\" \"$file\"",
            ServiceReload.Nginx)
        {
            NewContent = lab => issue(lab).ChainAndKey, Extra = "/etc/nginx/tls/weak.pem", AppliesTo = EndsAtWeb,
        },
        new FileFault(
            name, Area.Tls, control, description, ["lb-01"], BalancerConfiguration,
            "cat > $extra; sed -i \"s# ssl crt[^ ]* [^ ]*# ssl crt $extra#; s/ssl-default-bind-ciphers /ssl-security-level 0\\n    "
                + "&ECDHE-RSA-AES128-GCM-SHA256:/\" \"$file\"",
            ServiceReload.Haproxy)
        {
            NewContent = lab => issue(lab).ChainAndKey, Extra = "/etc/haproxy/certs/weak.pem",
        })
    {
        AppliesTo = static options =>
            EndsAtWeb(options) || options.Database == DatabaseFlavour.MySql || options.Suite is not (null or DebianSuite.Bookworm),
    };

    private static VariantFault Default => new(
        new FileFault(
            "default-certificate-of-another-name", Area.Tls, "TLS-014", "Who names no host gets the shop's certificate", [
                "web-01", "web-02",
            ], WebConfiguration,
            "cat > $extra; listen=$(grep -m2 'listen .* ssl;' \"$file\" | tr -s '\\n ' ' '); "
                + "sed -i \"0,/server {/s|server {|server { $listen server_name shop.foobar.com; ssl_certificate $extra; "
                + "ssl_certificate_key $extra; return 404; }\\n server {|\" \"$file\"",
            ServiceReload.Nginx)
        {
            NewContent = Shop, Extra = "/etc/nginx/tls/shop.pem", AppliesTo = EndsAtWeb,
        },
        new FileFault(
            "default-certificate-of-another-name",
            Area.Tls,
            "TLS-014",
            "Who names no host gets the shop's certificate",
            ["lb-01"],
            BalancerConfiguration,
            "cat > $extra; sed -i \"s# ssl crt# ssl crt $extra crt#\" \"$file\"", ServiceReload.Haproxy)
        {
            NewContent = Shop, Extra = "/etc/haproxy/certs/shop.pem",
        });

    // HAProxy refuses such a response; nginx serves what the file holds.
    private static FileFault Revoked => new(
        "certificate-revoked", Area.Tls, "TLS-013", "The site's certificate was revoked, as the OCSP response says that is sent along", [
            "web-01", "web-02",
        ], WebConfiguration,
        "mkdir $extra; cat > $extra/all; sed -n '/BEGIN CERT/,/END PRIVATE/p' $extra/all > $extra/site.pem; sed -n 's/^ocsp //p' "
            + "$extra/all | base64 -d > $extra/site.ocsp; "
            + "sed -i \"s#ssl_certificate\\(_key\\)* [^;]*;#ssl_certificate\\1 $extra/site.pem;#; s#ssl_ciphers#ssl_stapling on; "
            + "ssl_stapling_file $extra/site.ocsp; &#\" \"$file\"",
        ServiceReload.Nginx)
    {
        NewContent = static lab =>
            lab.Authority.IssueSite() is var issued
                ? $"{issued.ChainAndKey}\nocsp {Convert.ToBase64String(lab.Authority.Revoke(issued))}\n"
                : "",
        Extra = "/etc/nginx/tls/revoked",
        AppliesTo = EndsAtWeb,
    };

    private static string Shop(RaisedLab lab) =>
        lab.Authority.Issue(Site with { CommonName = "shop.foobar.com", DnsNames = ["shop.foobar.com"] }).ChainAndKey;

    private static VariantFault Certificate(string name, string control, string description, Func<RaisedLab, IssuedCertificate> issue) =>
        Either(name, control, description, FileFault.Replace, lab => issue(lab).ChainAndKey);

    private static VariantFault Either(string name, string control, string description, string edit, Func<RaisedLab, string>? content) =>
        new(
            new FileFault(
                name, Area.Tls, control, description, ["web-01", "web-02"], WebFile, edit, ServiceReload.Nginx)
                {
                    NewContent = content,
                    AppliesTo = EndsAtWeb,
                },
            new FileFault(
                name, Area.Tls, control, description, ["lb-01"], BalancerFile, edit, ServiceReload.Haproxy) { NewContent = content });
}
