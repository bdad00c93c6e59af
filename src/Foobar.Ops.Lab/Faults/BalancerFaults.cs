using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the load balancer and of what it sees behind it.</summary>
internal static class BalancerFaults
{
    private const string Api = "socat - /run/haproxy/admin.sock";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Edit(
            "admin-socket-gone", "LB-001", "HAProxy has no admin socket",
            "sed -i '/stats socket/d' \"$file\"; rm -f /run/haproxy/admin.sock") with
            { AlsoSeenBy = ["LB-002", "LB-003", "LB-004", "LB-007", "LB-009", "LB-010", "LB-011", "LB-012"] },
        new FileFault(
            "health-check-fails", Area.LoadBalancing, "LB-002", "web-02 fails the load balancer's health check", ["web-02"],
            "/etc/nginx/nginx.conf",
            "sed -i '0,/location \\/ {/s//location = \\/livez { return 503; }\\n        location \\/ {/' \"$file\"",
            ServiceReload.Nginx)
        {
            ShowsOn = "lb-01",
            ShowsWhen = $"echo show stat | {Api} | grep -q '^web,web-02,.*,DOWN,'",
        },
        Edit(
            "one-web-server", "LB-003", "The load balancer knows one web server only",
            "sed -i '/server web-02 .*:\\(80\\|443\\)/d' \"$file\"") with
            { AlsoSeenBy = ["LB-009"] },
        Edit("unknown-web-server", "LB-009", "The load balancer has a web server that nobody declared",
            "sed -i '/server web-02 .*:\\(80\\|443\\)/a\\    server canary 192.0.2.254:80 disabled' \"$file\"") with
            { AlsoSeenBy = ["TLS-041", "TLS-043", "TLS-045"] },
        Edit("no-health-check", "LB-004", "The load balancer does not check its web servers",
            "sed -i '/^backend web$/,/^frontend mysql$/ s/default-server check /default-server /; s/ check-ssl .*//' \"$file\""),
        Edit(
            "check-of-another-port", "LB-004", "The load balancer checks the database's port in place of the web server's",
            "sed -i '/^backend web$/,/^frontend mysql$/ { /httpchk/d; /http-check/d; s/check-ssl/no-check-ssl/; "
                + "/^    server /s/$/ port 3306 no-check-ssl/ }' \"$file\"") with
            {
                AppliesTo = static options => options.Tls != TlsVariant.Web,
            },
        Edit("open-statistics", "LB-014", "HAProxy's statistics page takes orders from visitors",
            "sed -i '/^frontend www-https$/a\\    stats enable\\n    stats uri /hs\\n    stats admin if TRUE' \"$file\"") with
            {
                AppliesTo = static options => options.Tls != TlsVariant.Web,
                AlsoSeenBy = ["LB-013"],
            },
        Edit("no-redirect", "LB-005", "Plain HTTP is answered instead of redirected",
            "sed -i 's/http-request redirect scheme https code 301/http-request return status 200 content-type text\\/plain string hello/' "
                + "\"$file\"") with
            { AlsoSeenBy = ["TLS-050"] },
        new VariantFault(
            new FileFault(
                "no-hsts", Area.LoadBalancing, "LB-006", "Browsers are not told to use HTTPS only", ["web-01", "web-02"],
                "/etc/nginx/nginx.conf", "sed -i '/Strict-Transport-Security/d' \"$file\"", ServiceReload.Nginx)
            {
                AppliesTo = options => options.Tls == TlsVariant.Web,
            },
            Edit("no-hsts", "LB-006", "Browsers are not told to use HTTPS only", "sed -i '/Strict-Transport-Security/d' \"$file\""))
        {
            AlsoSeenBy = ["TLS-051"],
        },
        new ShellFault(
            "writes-switched-off", Area.LoadBalancing, "LB-007", "No database server is enabled in the write endpoint", "lb-01",
            $"for server in $(echo show stat | {Api} | awk -F, '$1 == \"mysql-write\" && $2 != \"BACKEND\" && $18 ~ /^UP/ {{ print $2 "
                + "}'); do "
                + $"echo $server >> /var/lib/foobar-lab/writers; echo \"set server mysql-write/$server state maint\" | {Api}; done; test "
                + "-s /var/lib/foobar-lab/writers",
            "for server in $(cat /var/lib/foobar-lab/writers 2>/dev/null); do echo \"set server mysql-write/$server state ready\" | "
                + $"{Api}; done; rm -f /var/lib/foobar-lab/writers")
        {
            Thing = "/etc/haproxy/haproxy.cfg",
            AlsoSeenBy = ["LB-011", "LB-012"],
        },
        new ShellFault(
            "writes-to-replica", Area.LoadBalancing, "LB-011", "The write endpoint leads to the replica", "lb-01",
            $"for order in 'web-01 state maint' 'web-02 state ready'; do echo \"set server mysql-write/$order\" | {Api}; done",
            $"for order in 'web-01 state ready' 'web-02 state maint'; do echo \"set server mysql-write/$order\" | {Api}; done")
        {
            AppliesTo = static options => options.Cluster != ClusterVariant.Galera,
            Thing = "/etc/haproxy/haproxy.cfg",
            AlsoSeenBy = ["LB-012"],
            ShowsWhen = $"echo show stat | {Api} | grep -q '^mysql-write,web-02,.*,UP,'",
        },
        Edit(
            "writes-split", "LB-011", "A frontend leads the writes of some clients to the replica",
            "sed -i '/^frontend mysql$/a\\    use_backend mysql-other if { src 192.0.2.254 }' \"$file\"; "
                + "printf 'backend mysql-other\\n    mode tcp\\n%s check\\n' "
                + "\"$(grep -m 1 'server web-02 .*:3306' \"$file\" | sed 's/ disabled//')\" >> \"$file\"") with
            {
                AppliesTo = static options => options.Cluster != ClusterVariant.Galera,
            },
        new ShellFault(
            "restart-forgets", Area.LoadBalancing, "LB-012", "A web server was taken out until the next reload of HAProxy only", "lb-01",
            $"echo 'set server web/web-02 state drain' | {Api}", $"echo 'set server web/web-02 state ready' | {Api}")
        {
            Thing = "/etc/haproxy/haproxy.cfg",
            AlsoSeenBy = ["LB-002"],
        },
        Edit(
            "admin-socket-operator", "LB-001", "HAProxy's admin socket takes no orders",
            "sed -i '/stats socket/s/level admin/level operator/' \"$file\""),
    ];

    private static FileFault Edit(string name, string control, string description, string edit) =>
        new(name, Area.LoadBalancing, control, description, ["lb-01"], "/etc/haproxy/haproxy.cfg", edit, ServiceReload.Haproxy);
}
