using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of how the parts stand together.</summary>
internal static class TopologyFaults
{
    private const string Application = "/usr/local/lib/foobar-app/app.py";

    private const string Unit = "/usr/lib/systemd/system/nginx.service";

    // systemd makes a unit of this one where there is no other.
    private const string Script = "/etc/init.d/nginx";

    private const string Kept = "/var/lib/foobar-lab/nginx.service.kept", KeptScript = "/var/lib/foobar-lab/nginx.init.kept";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row("stray-web-server", "TOP-001", "A forgotten nginx on fw-01 serves the firewall's own page on loopback", "fw-01",
            "printf 'events {}\\nhttp { server { listen 127.0.0.1:8088; } }\\n' > /run/stray-nginx.conf; "
                + "systemd-run --quiet --unit=firewall-page nginx -c /run/stray-nginx.conf -g 'daemon off; pid /run/stray-nginx.pid;'",
            "systemctl stop firewall-page 2>/dev/null; rm -f /run/stray-nginx.conf") with
            { ShowsOn = "fw-01", ShowsWhen = "ss -Hltn 'sport = :8088' | grep -q .", Witness = "nginx" },
        Row("web-role-empty", "TOP-002", "nginx was removed from web-02, which is declared as a web server", "web-02",
            $"systemctl stop nginx; mv {Unit} {Kept}; mv {Script} {KeptScript}; systemctl daemon-reload",
            $"[ ! -e {Kept} ] || mv {Kept} {Unit}; [ ! -e {KeptScript} ] || mv {KeptScript} {Script}; systemctl daemon-reload; systemctl "
                + "start nginx") with
            {
                AlsoSeenBy = ["SRV-001", "SRV-004", "LB-002", "TLS-043", "TLS-045", .. Fault.OfSilentEndpoint],
                Thing = "nginx",
                Witness = "web",
            },
        Row("connection-to-nowhere", "TOP-003", "A program on fw-01 keeps a connection to a machine outside that no flow names", "fw-01",
            "systemd-run --quiet --unit=beacon --property=Restart=always --property=RestartSec=200ms "
                + "sh -c 'sleep infinity | socat - TCP:$(ip -4 route show default | cut -d\" \" -f3):22'",
            "systemctl stop beacon 2>/dev/null || true") with
            { ShowsOn = "fw-01", ShowsWhen = "ss -Htn state established 'dport = :22' | grep -q .", Witness = "beacon" },
        Row("address-lost", "TOP-004", "web-02 has lost its IPv6 address", "web-02",
            "ip -6 address show dev internal scope global | awk '/inet6/ { print $2 }' > /run/lost-address; ip -6 address del $(cat "
                + "/run/lost-address) dev internal",
            "[ ! -s /run/lost-address ] || ip -6 address replace $(cat /run/lost-address) dev internal nodad; rm -f /run/lost-address") with
            // nginx would not start again, and does not print its configuration: it names the address.
            { Witness = "2001:db8:", Thing = "addresses", AlsoSeenBy =
            [
                "TLS-008", "TLS-015", "TOP-005", "TOP-011", "TOP-012", .. Fault.OfSilentEndpoint,
            ] },
        Row("keepalived-stopped", "TOP-008", "keepalived on lb-02 is stopped: it would take over from nobody", "lb-02",
            "systemctl stop keepalived", "systemctl start keepalived") with
            { AppliesTo = static options => options.Balancers > 1, AlsoSeenBy = ["SRV-001"], Witness = "keepalived" },
        Row("balancers-deaf", "TOP-008", "The load balancers do not hear each other: both have the address of the site", "lb-02",
            "nft insert rule inet filter input ip protocol 112 drop",
            "nft delete rule inet filter input handle $(nft -a list chain inet filter input | sed -n 's/.*ip protocol vrrp drop # handle "
                + "//p;s/.*ip protocol 112 drop # handle //p')") with
            { AppliesTo = static options =>
                options.Balancers > 1, AlsoSeenBy = ["FW-006", "FW-008"], Witness = "at once", Thing = "/etc/nftables.conf",
                ShowsOn = "lb-02", ShowsWhen = "ip -4 -o address | grep -q '\\.[0-9]*/32 '" },
        Row(
            "no-replica-left", "TOP-009", "The only replica follows nobody any more", "web-02", "mysql -e 'STOP REPLICA'",
            "mysql -e 'START REPLICA'") with
            { AppliesTo = static options =>
                options is { Replicas: 1, Cluster: ClusterVariant.None }, AlsoSeenBy =
                [
                    "DB-003", "DB-012",
                ], Thing = "replication", Witness = "web-02" },
        Row("firewall-unwatched", "TOP-010", "No agent watches fw-01, which all visitors pass", "fw-01",
            "systemctl stop prometheus-node-exporter", "systemctl start prometheus-node-exporter") with
            { AppliesTo = static options =>
                !options.Agents, AlsoSeenBy = ["MON-001"], Thing = "prometheus-node-exporter", Witness = "prometheus-node-exporter" },
        new FileFault(
            "app-version-differs", Area.Topology, "TOP-011",
            "web-02 has another version of the application than web-01",
            ["web-02"], Application,
            "echo '# Hotfix of Friday' >> \"$file\"", ":") { Witness = "app.py" },
        new FileFault(
            "app-writable", Area.Topology, "TOP-012",
            "The application's own account may change its program",
            ["web-01", "web-02"], Application,
            "chgrp foobar-app \"$file\"; chmod g+w \"$file\"", ":") { Witness = "app.py" },
    ];

    private static ShellFault Row(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Topology, control, description, server, commandToBreak, commandToHeal);
}
