using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>
/// Faults of handshakes, of HTTP on top of them and of the legs. What visitors are spoken with is set by HAProxy, or by nginx on
/// both web servers where TLS ends there; it shows in a scan (<c>Test-FoobarTls</c>), not in an audit.
/// </summary>
internal static class TlsFaults
{
    private const string BalancerFile = "/etc/haproxy/haproxy.cfg", WebFile = "/etc/nginx/nginx.conf";

    private const string Application = "/usr/local/lib/foobar-app/app.py", SavedApplication = "/var/lib/foobar-lab/app.py.saved";

    // An RSA certificate in a file of its own, and a prime.
    private const string OtherCertificate = "/var/lib/foobar-lab/other.pem", Prime = "/var/lib/foobar-lab/prime.pem";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Visitors("tls-10-offered", "TLS-020", "TLS 1.0 and 1.1 are offered",
            "s/ssl-min-ver TLSv1.2 no-tls-tickets/ssl-min-ver TLSv1.0 no-tls-tickets/; "
            + $"{BalancerSuites("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")}",
            $"s/ssl_protocols .*/ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;/; {WebSuites("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")}",
            "TLS-022", "TLS-031") with
            {
                // A line of HAProxy's list of certificates has a least version of its own.
                AppliesTo = static options => !options.Grown || options.Tls == TlsVariant.Web,
            },
        Visitors("suite-without-encryption", "TLS-021", "A cipher suite that does not encrypt is offered",
            BalancerSuites("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"), WebSuites("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"), "TLS-022", "TLS-031"),
        Visitors("suite-beyond-profile", "TLS-022", "A cipher suite is offered that the profile of the policy does not have",
            BalancerSuites("ECDHE-ECDSA-AES128-SHA256"), WebSuites("ECDHE-ECDSA-AES128-SHA256")),
        Rsa("short-dh-prime", "TLS-023", "Diffie-Hellman is offered with a prime of 1024 bits",
            $"{BalancerSuites("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")}; "
            + $"/ssl-default-bind-ciphersuites/a\\    ssl-security-level 0\\n    ssl-dh-param-file {Prime}",
            $"{WebSuites("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")}; /ssl_protocols/a\\        ssl_dhparam {Prime};",
            "TLS-022", "TLS-031") with
            { AppliesTo = static options => !options.Grown && (options.Tls == TlsVariant.Web || HasNewBalancer(options)) },
        Rsa("no-forward-secrecy", "TLS-024", "Who steals the certificate's key reads what was recorded before",
            BalancerSuites("AES128-GCM-SHA256"), WebSuites("AES128-GCM-SHA256"), "TLS-022"),
        Visitors("handshakes-signed-with-sha1", "TLS-031", "Handshakes are signed with SHA-1 for who asks for it",
            BalancerSuites("@SECLEVEL=0"), WebSuites("@SECLEVEL=0")),
        Visitors("hsts-too-short", "TLS-051", "Browsers forget after five minutes to use HTTPS only",
            "s/max-age=63072000; includeSubDomains/max-age=300/", "s/max-age=63072000; includeSubDomains/max-age=300/"),
        Visitors("cookie-without-secure", "TLS-052", "A session's cookie goes over plain HTTP too",
            "/Strict-Transport-Security/a\\    http-response add-header Set-Cookie \"session=1; Path=/; HttpOnly\"",
            "/Strict-Transport-Security/a\\        add_header Set-Cookie \"session=1; Path=/; HttpOnly\" always;"),
        Reencrypted("balancer-verifies-nobody", "TLS-041", "The load balancer takes any certificate for that of a web server",
            "s/ ssl verify required ca-file [^ ]*/ ssl verify none/", "verify none"),
        Reencrypted("balancer-checks-no-name", "TLS-041",
            "The load balancer takes any certificate of its authority for that of a web server",
            "s/ verifyhost [^ ]* sni [^ ]*/ /", "no name is checked"),
        File("tls-gone-after-reload", "TLS-043", "HAProxy's configuration has lost TLS, and nobody has reloaded it yet", ["lb-01"],
            BalancerFile,
            "s/:443 ssl crt[^ ]* [^ ]* alpn [^ ]*/:443/", "true") with
            { AppliesTo = static options => options.Tls != TlsVariant.Web, Witness = "visitors -> lb-01:443",
                AlsoSeenBy = ["LB-004", "LB-011", "LB-013", "LB-014"] },
        Shell("database-takes-plain-text", "TLS-042", "The primary lets the application in without TLS", "web-01", Open("app"),
            Close("app")) with
            { Witness = "app@" },
        Shell("application-in-plain-text", "TLS-040", "The application on web-01 talks to the database in plain text", "web-01",
            $"""
            {Open("app")}
            cp --preserve=all {Application} {SavedApplication}
            sed -i 's/ssl_ca=CONFIG\["ca"\], ssl_verify_cert=True, ssl_verify_identity=False,/ssl_disabled=True,/' {Application}
            {RestartApplication}
            """,
            $"""
            if [ -e {SavedApplication} ]; then cp --preserve=all {SavedApplication} {Application}; rm {SavedApplication}; fi
            {Close("app")}
            {RestartApplication}
            """) with
            { AlsoSeenBy = ["TLS-042", "TOP-011"], Witness = "in plain text (app)" },
        new FaultOfTwo(
            Shell("replication-in-plain-text", "TLS-040", "The replica receives every row in plain text", "web-01", Open("repl"),
                Close("repl")),
            Shell("replication-in-plain-text", "TLS-040", "The replica receives every row in plain text", "web-02",
                Source("SOURCE_SSL = 0, SOURCE_SSL_VERIFY_SERVER_CERT = 0, GET_SOURCE_PUBLIC_KEY = 1",
                    "MASTER_SSL = 0, MASTER_SSL_VERIFY_SERVER_CERT = 0"),
                Source("SOURCE_SSL = 1, SOURCE_SSL_VERIFY_SERVER_CERT = 1, GET_SOURCE_PUBLIC_KEY = 0",
                    "MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 1")))
        {
            AlsoSeenBy = ["TLS-042", "DB-014"],
            Witness = "web-02 -> web-01:3306",
            ShowsOn = "web-02",
            ShowsWhen = "mysql -e 'SHOW REPLICA STATUS' --vertical | grep -qE '(Replica|Slave)_IO_Running: Yes'",
            AppliesTo = static options => options.Cluster == ClusterVariant.None,
        },
        Shell("replica-verifies-nobody", "TLS-041", "The replica takes any certificate for that of its source", "web-02",
            Source("SOURCE_SSL_VERIFY_SERVER_CERT = 0"), Source("SOURCE_SSL_VERIFY_SERVER_CERT = 1")) with
            {
                Witness = "SOURCE_SSL_VERIFY_SERVER_CERT = 0",
                AppliesTo = static options => options.Cluster == ClusterVariant.None,
            },
    ];

    // HAProxy 3.0 and later: ssl-security-level.
    private static bool HasNewBalancer(LabOptions options) =>
        options.Suite is DebianSuite.Unstable or DebianSuite.Trixie || (options.Suite is null && options.Database == DatabaseFlavour.MySql);

    private const string RestartApplication =
        "systemctl restart foobar-app.service; for i in $(seq 100); do "
        + "curl --silent --fail --output /dev/null http://127.0.0.1:8080/healthz && break; sleep 0.1; done";

    private static string BalancerSuites(string more) => $"s/ssl-default-bind-ciphers .*/&:{more}/";

    private static string WebSuites(string more) => $"s/\\(ssl_ciphers [^;]*\\);/\\1:{more};/";

    private static VariantFault Visitors(
        string name, string control, string description, string balancer, string web, params IReadOnlyList<string> alsoSeenBy) => Either(
            File(name, control, description, ["web-01", "web-02"], WebFile, web, ServiceReload.Nginx),
            File(name, control, description, ["lb-01"], BalancerFile, balancer, ServiceReload.Haproxy), alsoSeenBy);

    // With a certificate for RSA, which the usual suites of the lab have none for.
    private static VariantFault Rsa(
        string name, string control, string description, string balancer, string web, params IReadOnlyList<string> alsoSeenBy)
    {
        // HAProxy reads no parameters in the form that -dsaparam writes.
        string prepare = $"umask 077; cat > {OtherCertificate}; openssl dhparam -out {Prime} 1024 2>/dev/null; ";
        FileFault With(FileFault fault) =>
            fault with { Edit = prepare + fault.Edit, NewContent = static lab => lab.Authority.IssueSite(rsa: true).ChainAndKey };
        return Either(
            With(File(name, control, description, ["web-01", "web-02"], WebFile,
                $"s#ssl_certificate\\(_key\\)\\? .*#ssl_certificate\\1 {OtherCertificate};#; {web}", ServiceReload.Nginx)),
            With(File(name, control, description, ["lb-01"], BalancerFile,
                $"s#ssl crt[^ ]* [^ ]*#ssl crt {OtherCertificate}#; {balancer}", ServiceReload.Haproxy)),
            alsoSeenBy) with { AppliesTo = static options => !options.Grown };
    }

    private static VariantFault Either(FileFault web, FileFault balancer, IReadOnlyList<string> alsoSeenBy) =>
        new(web with { AppliesTo = static options => options.Tls == TlsVariant.Web }, balancer) { AlsoSeenBy = alsoSeenBy };

    private static FileFault Reencrypted(string name, string control, string description, string edit, string witness) =>
        File(name, control, description, ["lb-01"], BalancerFile, edit, ServiceReload.Haproxy) with
        {
            AppliesTo = static options => options.Tls == TlsVariant.Reencrypt,
            Witness = witness,
        };

    private static FileFault File(
        string name, string control, string description, string[] servers, string path, string edit, string reload) =>
        new(name, Area.Tls, control, description, servers, path, $"sed -i '{edit}' \"$file\"", reload);

    private static ShellFault Shell(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Tls, control, description, server, commandToBreak, commandToHeal) { Thing = "TLS of the database" };

    // It is replicated: members whose accounts differ are a fault of their own.
    private static string Open(string account) => Admit(account, "NONE", "OFF");

    private static string Close(string account) => Admit(account, "SSL", "ON");

    private static string Admit(string account, string requires, string secure) => $"""
        host=$(mysql -N -e "SELECT Host FROM mysql.user WHERE User = '{account}'")
        mysql -e "SET GLOBAL require_secure_transport = {secure}; ALTER USER {account}@'$host' REQUIRE {requires}"
        """;

    // The same change in the words of MySQL, else of MariaDB.
    private static string Source(string change, string? other = null) =>
        $"mysql -e 'STOP REPLICA; CHANGE REPLICATION SOURCE TO {change}; START REPLICA' 2>/dev/null || "
        + $"mysql -e 'STOP REPLICA; CHANGE MASTER TO {other ?? change.Replace("SOURCE_", "MASTER_", StringComparison.Ordinal)}; "
        + "START REPLICA'";
}
