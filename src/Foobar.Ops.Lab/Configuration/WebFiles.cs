using System.Text.Json;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>nginx and the application on a web server.</summary>
internal static class WebFiles
{
    /// <summary>The loopback port the application listens on.</summary>
    public const int ApplicationPort = 8080;

    private const string Certificate = "/etc/nginx/tls/site.pem";
    private const string SecondCertificate = "/etc/nginx/tls/site-rsa.pem";
    private const string GrownLog = "/srv/logs/nginx/www-access.log";

    /// <summary>The files.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server, LabAuthority authority)
    {
        if (plan.Options.Tls != TlsVariant.Edge)
        {
            IssuedCertificate certificate = plan.Options.Tls == TlsVariant.Web ? authority.IssueSite() : authority.IssueServer(server);
            yield return new ServerFile(Certificate, certificate.ChainAndKey) { Mode = ServerFile.OwnerOnly };
        }

        if (HasTwoKinds(plan))
        {
            yield return new ServerFile(SecondCertificate, authority.IssueSite(rsa: true).ChainAndKey) { Mode = ServerFile.OwnerOnly };
        }

        yield return new ServerFile("/etc/nginx/nginx.conf", Nginx(plan, server));
        if (plan.Options.Grown)
        {
            yield return new ServerFile("/etc/nginx/sites-enabled/shop.foobar.com", OtherHosts(plan, server));
            yield return new ServerFile("/var/log/nginx/access.log", string.Empty) { LinkTo = GrownLog };
            yield return new ServerFile(GrownLog, string.Empty) { Owner = "www-data", Group = "adm", Mode = ServerFile.OwnerAndGroup };
        }

        yield return new ServerFile("/etc/foobar-app/ca.pem", authority.RootPem);
        yield return new ServerFile(
            "/etc/foobar-app/app.json", Application(plan, server)) { Mode = ServerFile.OwnerAndGroup, Group = "foobar-app" };
        yield return ServerFile.Enable("nginx.service");
        yield return new ServerFile("/usr/local/lib/foobar-app/app.py", Resources.Read("server/foobar-app.py"));
        foreach (ServerFile file in ServerFile.OwnUnit("foobar-app.service"))
        {
            yield return file;
        }
    }

    /// <summary>The text of <c>/etc/nginx/nginx.conf</c>.</summary>
    public static string Nginx(LabPlan plan, LabServer server) => $$"""
        user www-data;
        worker_processes auto;
        pid /run/nginx.pid;
        error_log /var/log/nginx/error.log;

        events {
            worker_connections 1024;
        }

        http {
            log_format site '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                            '"$http_referer" "$http_user_agent" rt=$request_time urt=$upstream_response_time';
            access_log /var/log/nginx/access.log site{{(plan.Options.Grown ? " buffer=32k flush=1s" : string.Empty)}};
            server_tokens off;
            keepalive_timeout 65;
            {{string.Join("\n    ", plan.Balancers.Select(static balancer => $"set_real_ip_from {balancer.On(LabNetworkName.Internal).V4};"))}}
            real_ip_header X-Forwarded-For;

            upstream app {
                server 127.0.0.1:{{ApplicationPort}};
                keepalive 32;
            }

            server {
        {{Listen(plan, server)}}
                server_name {{LabPlan.SiteName}};

                location / {
                    proxy_pass http://app;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Host $host;
                    proxy_connect_timeout 2s;
                    proxy_next_upstream off;
                }
            }

            server {
                listen 127.0.0.1:8081;
                access_log off;

                location = /nginx_status {
                    stub_status;
                }
            }
        {{(plan.Options.Grown ? "\n    include /etc/nginx/sites-enabled/*;\n" : string.Empty)}}}

        """;

    // Other names of the same addresses: one that leads to the site, and one for whoever names none.
    private static string OtherHosts(LabPlan plan, LabServer server) => $$"""
        server {
        {{Listen(plan, server)}}
            server_name foobar.com shop.foobar.com;
            return 301 https://{{LabPlan.SiteName}}$request_uri;
        }

        server {
        {{Listen(plan, server)}}
            server_name static.foobar.com *.static.foobar.com;
            access_log /var/log/nginx/static.log site;
            root /var/www/html;
        }

        """;

    private static string Listen(LabPlan plan, LabServer server)
    {
        LabLink link = server.Links[0];
        int port = LabPolicy.WebPort(plan.Options.Tls);
        string listen = plan.Options.Tls == TlsVariant.Edge
            ? $"listen {link.V4}:{port};\nlisten [{link.V6}]:{port};"
            : $"listen {link.V4}:{port} ssl;\nlisten [{link.V6}]:{port} ssl;\n" + Tls(plan);
        if (plan.Options.Tls == TlsVariant.Web)
        {
            listen += "\nadd_header Strict-Transport-Security \"max-age=63072000; includeSubDomains\" always;";
        }

        return string.Join('\n', listen.Split('\n').Select(line => "        " + line));
    }

    // Visitors reach such a site with keys of either kind, whether HAProxy or nginx ends TLS.
    private static bool HasTwoKinds(LabPlan plan) => plan.Options is { Grown: true, Tls: TlsVariant.Web };

    private static string Tls(LabPlan plan)
    {
        string[] certificates = HasTwoKinds(plan) ? [Certificate, SecondCertificate] : [Certificate];
        string[] kinds = HasTwoKinds(plan) ? ["ECDSA", "RSA"] : ["ECDSA"];
        string[] suites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"];
        return $"""
            {string.Join('\n', certificates.Select(static path => $"ssl_certificate {path};\nssl_certificate_key {path};"))}
            ssl_protocols TLSv1.2 TLSv1.3;
            ssl_ciphers {string.Join(':', from kind in kinds from suite in suites select $"ECDHE-{kind}-{suite}")};
            ssl_session_cache shared:tls:2m;
            ssl_session_tickets off;
            """;
    }

    private static string Application(LabPlan plan, LabServer server) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["name"] = server.Name,
        ["port"] = ApplicationPort,
        ["databaseHost"] = plan.SiteInternal.V4.ToString(),
        ["databasePort"] = 3306,
        ["user"] = "app",
        ["password"] = plan.Secrets.Application,
        ["schema"] = "shop",
        ["ca"] = "/etc/foobar-app/ca.pem",
    });
}
