using System.Globalization;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// HAProxy on lb-01: TLS for the site, the redirect, the web backend, the database's write endpoint, the admin socket, metrics on loopback.
/// </summary>
internal static class BalancerFiles
{
    private const string Certificate = "/etc/haproxy/certs/www.foobar.com.pem";

    private const string SecondCertificate = "/etc/haproxy/certs/www.foobar.com.rsa.pem";

    private const string CertificateList = "/etc/haproxy/certs/list.txt";

    private const string Authorities = "/etc/haproxy/lab-ca.pem";

    /// <summary>The files.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server, LabAuthority authority)
    {
        if (plan.Options.Tls != TlsVariant.Web)
        {
            yield return new ServerFile(Certificate, authority.IssueSite().ChainAndKey) { Mode = ServerFile.OwnerOnly };
        }

        if (plan.Options.Tls != TlsVariant.Web && plan.Options.Grown)
        {
            yield return new ServerFile(SecondCertificate, authority.IssueSite(rsa: true).ChainAndKey) { Mode = ServerFile.OwnerOnly };
            yield return new ServerFile(
                CertificateList,
                $"# Both kinds of keys for each name.\n{Certificate} [alpn h2,http/1.1] {LabPlan.SiteName} foobar.com\n{SecondCertificate} "
                    + $"{LabPlan.SiteName} foobar.com\n");
        }

        if (plan.Options.Tls == TlsVariant.Reencrypt)
        {
            yield return new ServerFile(Authorities, authority.RootPem);
        }

        yield return new ServerFile("/etc/haproxy/haproxy.cfg", Configuration(plan));
        if (plan.IsPair)
        {
            yield return new ServerFile("/etc/keepalived/keepalived.conf", KeepalivedFiles.Configuration(plan, server));
            yield return ServerFile.Enable("keepalived.service");
        }

        yield return ServerFile.Enable("haproxy.service");
    }

    /// <summary>The text of <c>/etc/haproxy/haproxy.cfg</c>.</summary>
    public static string Configuration(LabPlan plan) => $"""
        global
            log /dev/log local0
            chroot /var/lib/haproxy
            user haproxy
            group haproxy
            stats socket /run/haproxy/admin.sock mode 660 user root group haproxy level admin
            stats timeout 30s
            maxconn 2000
            # Mozilla's intermediate profile.
            ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
            ssl-default-bind-ciphers {Ciphers(plan)}
            ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
            ssl-default-server-options ssl-min-ver TLSv1.2

        {(plan.Options.Grown ? Resolvers : string.Empty)}defaults{(plan.Options.Grown ? " www" : string.Empty)}
            log global
            mode http
            option httplog
            option dontlognull
            timeout connect 2s
            timeout client 30s
            timeout server 30s
            timeout queue 5s
        {(plan.Options.Grown ? InheritedChecks : string.Empty)}
        frontend www-http
            bind {On(plan, plan.Addresses.BalancerPublic, 80).V4}
            bind {On(plan, plan.Addresses.BalancerPublic, 80).V6}
            http-request redirect scheme https code 301

        {Visitors(plan)}
        {(plan.Options.Grown ? TcpDefaults : string.Empty)}
        # Where the application writes. Only the primary is enabled; a failover switches by the runtime API.
        frontend mysql
            mode tcp
            option tcplog
            bind {On(plan, plan.Addresses.BalancerInternal, 3306).V4}
            bind {On(plan, plan.Addresses.BalancerInternal, 3306).V6}
            timeout client 1h
            default_backend mysql-write

        backend mysql-write
            mode tcp
            balance first
            timeout server 1h
            default-server check inter 1s fastinter 250ms downinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions
            server web-01 {Address(plan, plan.Primary)}:3306
            server web-02 {Address(plan, plan.Replica)}:3306 disabled
        {FurtherReplicas(plan)}
        frontend metrics
            mode http
            bind 127.0.0.1:8405
            http-request use-service prometheus-exporter if {"{ path /metrics }"}
            http-request deny

        """;

    // Not used by a server: the lab has no name server, and names are looked up in /etc/hosts when HAProxy starts.
    private const string Resolvers = """
        resolvers site
            nameserver local 127.0.0.53:53
            hold valid 10s


        """;

    private const string InheritedChecks = """
            default-server inter 1s fastinter 250ms downinter 250ms fall 3 rise 1

        """;

    private const string TcpDefaults = """

        defaults database from www
            mode tcp
            default-server fall 2 on-marked-down shutdown-sessions

        """;

    // Which of a pair has the addresses that move changes while it runs, so each listens on all of its own.
    private static (string V4, string V6) On(LabPlan plan, LabLink link, int port) => plan.IsPair
        ? (string.Create(
            CultureInfo.InvariantCulture, $"0.0.0.0:{port}"), string.Create(CultureInfo.InvariantCulture, $"[::]:{port} v6only"))
        : (string.Create(
            CultureInfo.InvariantCulture, $"{link.V4}:{port}"), string.Create(CultureInfo.InvariantCulture, $"[{link.V6}]:{port}"));

    private static string Ciphers(LabPlan plan)
    {
        string[] suites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"];
        string[] kinds = plan.Options.Grown ? ["ECDSA", "RSA"] : ["ECDSA"];
        return string.Join(':', from kind in kinds from suite in suites select $"ECDHE-{kind}-{suite}");
    }

    private static string Address(LabPlan plan, LabServer server) => plan.Options.Grown ? $"ipv4@{server.Name}" : $"{server.Links[0].V4}";

    private static string Certificates(LabPlan plan) => plan.Options.Grown ? $"crt-list {CertificateList}" : $"crt {Certificate}";

    private static string Visitors(LabPlan plan) =>
        plan.Options.Tls == TlsVariant.Web ? PassedThrough(plan) : Terminated(plan);

    private static string Terminated(LabPlan plan) => $"""
        frontend www-https
            bind {On(plan, plan.Addresses.BalancerPublic, 443).V4} ssl {Certificates(plan)} alpn h2,http/1.1
            bind {On(plan, plan.Addresses.BalancerPublic, 443).V6} ssl {Certificates(plan)} alpn h2,http/1.1
            option forwardfor
            http-request set-header X-Forwarded-Proto https
            http-response set-header Strict-Transport-Security "max-age=63072000; includeSubDomains"
            default_backend web

        backend web
            balance roundrobin
            option httpchk GET /livez
            http-check expect status 200
            default-server check inter 1s fastinter 250ms downinter 250ms fall 3 rise 1
        {WebServers(plan)}
        """;

    private static string PassedThrough(LabPlan plan) => $"""
        frontend www-https
            mode tcp
            option tcplog
            bind {On(plan, plan.Addresses.BalancerPublic, 443).V4}
            bind {On(plan, plan.Addresses.BalancerPublic, 443).V6}
            default_backend web

        backend web
            mode tcp
            balance roundrobin
            option httpchk
            http-check send meth GET uri /livez ver HTTP/1.1 hdr Host {LabPlan.SiteName}
            http-check expect status 200
            default-server check inter 1s fastinter 250ms downinter 250ms fall 3 rise 1
        {WebServers(plan)}
        """;

    private static string FurtherReplicas(LabPlan plan) =>
        string.Concat(plan.FurtherReplicas.Select(server => $"    server {server.Name} {Address(plan, server)}:3306 disabled\n"));

    private static string WebServers(LabPlan plan) =>
        string.Join('\n', new[] { plan.Primary, plan.Replica }.Select(server => $"    server {server.Name} {WebServer(plan, server)}"));

    private static string WebServer(LabPlan plan, LabServer server)
    {
        string endpoint = $"{Address(plan, server)}:{LabPolicy.WebPort(plan.Options.Tls)}";
        return plan.Options.Tls switch
        {
            TlsVariant.Edge => endpoint,
            TlsVariant.Reencrypt =>
                $"{endpoint} ssl verify required ca-file {Authorities} verifyhost {server.Name} sni str({server.Name}) check-sni "
                    + $"{server.Name}",
            _ => $"{endpoint} check-ssl verify none check-sni {LabPlan.SiteName}",
        };
    }
}
